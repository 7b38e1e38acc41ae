/**
 * The thread that reads the log's file: a module of its own, which `reading-thread.ts` starts.
 *
 * @module
 */
import { answering, type FromThread, type ToThread } from "../request-log/sqlite/questions.ts"
import { findSqlite } from "./sqlite.ts"

interface Modules {
  (name: "node:fs"): { readonly readlinkSync: (path: string) => string }
  (name: "node:os"): { readonly setPriority: (thread: number, priority: number) => void }
  (name: "node:worker_threads"): {
    readonly parentPort: {
      readonly on: (event: "message", listener: (message: ToThread) => void) => void
      readonly postMessage: (message: FromThread) => void
    } | null
    readonly workerData: { readonly file: string }
  }
}

const { process, Deno } = globalThis as unknown as {
  readonly process: { readonly getBuiltinModule: Modules }
  readonly Deno?: unknown
}
const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads")
const open = findSqlite()

// Messages sent meanwhile arrive in a later turn of the event loop.
const rest = () => new Promise<void>((resolve) => setTimeout(resolve, 0))

/**
 * On Linux each thread has its own priority: if every core is busy, calls get ten times as much CPU as this thread.
 * Not on Deno, which would ask for permission.
 */
const giveWay = (): void => {
  if (Deno !== undefined) return
  try {
    const [, thread] =
      /\/task\/(\d+)$/.exec(process.getBuiltinModule("node:fs").readlinkSync("/proc/thread-self")) ?? []
    if (thread !== undefined) process.getBuiltinModule("node:os").setPriority(Number(thread), 10)
  } catch { /* another system, or not allowed */ }
}
giveWay()

if (parentPort !== null && open !== undefined) {
  parentPort.on(
    "message",
    answering(open, workerData.file, rest, (message) => parentPort.postMessage(message)),
  )
}
