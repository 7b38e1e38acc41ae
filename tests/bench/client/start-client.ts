/**
 * The load client's process, seen from the bench.
 *
 * @module
 */
import { once } from "node:events"
import { createInterface } from "node:readline"
import { startChild } from "../child.ts"
import type { Job, Kind, Result } from "./jobs.ts"

/** Runs one job at a time. */
export interface LoadClient {
  /** Rejects where a request was not answered 200, and whole. */
  readonly run: <K extends Kind>(job: Job<K> & { readonly kind: K }) => Promise<Result<K>>
  readonly stop: () => Promise<void>
}

export const startClient = (): LoadClient => {
  const child = startChild("node_modules/.bin/bun", ["tests/bench/client/main.ts"], {
    cwd: ".",
    env: {},
    output: "pipe",
  })
  const { stdin, stdout } = child.process
  if (stdin === null || stdout === null) throw new Error("the load client has no pipes")
  const lines = createInterface({ input: stdout })
  const ended = once(child.process, "exit").then(() =>
    Promise.reject(new Error(`the load client has ended: ${child.said()}`))
  )
  ended.catch(() => {})
  return {
    run: async <K extends Kind>(job: Job<K>) => {
      stdin.write(`${JSON.stringify(job)}\n`)
      const [line] = await Promise.race([once(lines, "line"), ended]) as [string]
      const outcome = JSON.parse(line) as { readonly result?: Result<K>; readonly error?: string }
      if (outcome.result === undefined) throw new Error(outcome.error)
      return outcome.result
    },
    stop: child.stop,
  }
}
