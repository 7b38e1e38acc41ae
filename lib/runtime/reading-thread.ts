/**
 * A second thread that reads the log's file, on Bun, Deno and Node: scanning a million entries takes a second of CPU,
 * for which no call should wait.
 *
 * @module
 */
import type {
  FromThread,
  LogAnswer,
  LogQuestion,
  OpenThread,
  ToThread,
} from "../request-log/sqlite/questions.ts"
import { mayRead } from "./deno-permissions.ts"

interface Thread {
  readonly on: (event: "message" | "error" | "exit", listener: (given: unknown) => void) => void
  readonly postMessage: (message: ToThread) => void
  readonly terminate: () => unknown
  readonly unref: () => void
}

interface Modules {
  (name: "node:worker_threads"): {
    readonly Worker: new (
      module: URL,
      options: { readonly name: string; readonly workerData: { readonly file: string } },
    ) => Thread
  }
  (name: "node:fs"): { readonly existsSync: (file: URL) => boolean }
}

const self = globalThis as { readonly process?: { readonly getBuiltinModule?: Modules } }

/** How long an idle thread is kept, in milliseconds: it takes about 20 MB. */
const idleTime = 60_000

/** The thread's module: next to this one, or next to the file into which this one was bundled. */
const findModule = (modules: Modules): URL | undefined => {
  const { url } = import.meta
  if (!url.startsWith("file:")) return undefined
  const module = new URL(url.endsWith(".ts") ? "./reading-thread-main.ts" : "./reading-thread.mjs", url)
  return mayRead(decodeURIComponent(module.pathname)) && modules("node:fs").existsSync(module)
    ? module
    : undefined
}

type OnAnswer = (answer: { readonly value: LogAnswer } | undefined) => void

/** Prepares a thread for a file; `undefined` if its module is missing, or the runtime has no threads. */
export const openReadingThread: OpenThread = (file) => {
  const modules = self.process?.getBuiltinModule
  const module = modules === undefined || file === ":memory:" ? undefined : findModule(modules)
  if (modules === undefined || module === undefined) return undefined
  let thread: Thread | undefined
  let cannotStart = false
  let asked = 0
  let idle: ReturnType<typeof setTimeout> | undefined
  const pending = new Map<number, OnAnswer>()

  const end = (): void => {
    const ended = thread
    thread = undefined
    clearTimeout(idle)
    const left = [...pending.values()]
    pending.clear()
    ended?.terminate()
    for (const onAnswer of left) onAnswer(undefined)
  }
  const settle = (id: number): OnAnswer | undefined => {
    const onAnswer = pending.get(id)
    pending.delete(id)
    if (pending.size === 0) {
      clearTimeout(idle)
      idle = setTimeout(end, idleTime)
      ;(idle as { readonly unref?: () => void }).unref?.()
    }
    return onAnswer
  }
  const started = (): Thread | undefined => {
    if (thread !== undefined || cannotStart) return thread
    try {
      const { Worker } = modules("node:worker_threads")
      const one = new Worker(module, { name: "basegate-log", workerData: { file } })
      let hasAnswered = false
      const failed = (): void => {
        if (thread !== one) return
        // A thread that has never answered would not answer next time either.
        cannotStart = !hasAnswered
        end()
      }
      one.on("message", (given) => {
        hasAnswered = true
        const { id, answer } = given as FromThread
        settle(id)?.(answer)
      })
      one.on("error", failed)
      one.on("exit", failed)
      one.unref()
      thread = one
    } catch {
      cannotStart = true
    }
    return thread
  }
  return {
    ask: (question: LogQuestion, onAnswer: OnAnswer) => {
      const one = started()
      if (one === undefined) {
        onAnswer(undefined)
        return () => {}
      }
      clearTimeout(idle)
      const id = asked++
      pending.set(id, onAnswer)
      one.postMessage({ id, question })
      return () => {
        if (settle(id) !== undefined && thread === one) one.postMessage({ id, givenUp: true })
      }
    },
    end,
  } as ReturnType<OpenThread>
}
