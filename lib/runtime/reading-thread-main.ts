/**
 * The thread that reads the log's file: a module of its own, which `reading-thread.ts` starts.
 *
 * @module
 */
import { answering, type FromThread, type ToThread } from "../request-log/sqlite/questions.ts"
import { findSqlite } from "./sqlite.ts"

interface Modules {
  (name: "node:worker_threads"): {
    readonly parentPort: {
      readonly on: (event: "message", listener: (message: ToThread) => void) => void
      readonly postMessage: (message: FromThread) => void
    } | null
    readonly workerData: { readonly file: string }
  }
}

const { process } = globalThis as unknown as { readonly process: { readonly getBuiltinModule: Modules } }
const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads")
const open = findSqlite()

// What is sent meanwhile is heard in a turn of its own of the event loop.
const rest = () => new Promise<void>((resolve) => setTimeout(resolve, 0))

if (parentPort !== null && open !== undefined) {
  parentPort.on(
    "message",
    answering(open, workerData.file, rest, (message) => parentPort.postMessage(message)),
  )
}
