/**
 * The upstream's process, seen from the bench.
 *
 * @module
 */
import type { Buffer } from "node:buffer"
import { once } from "node:events"
import { startChild } from "./child.ts"

export interface RunningUpstream {
  readonly url: string
  readonly pid: number
  /** How many streams it is sending. */
  readonly open: () => Promise<number>
  readonly stop: () => Promise<void>
}

export const startUpstream = async (): Promise<RunningUpstream> => {
  const child = startChild("node_modules/.bin/bun", ["tests/bench/upstream.ts"], {
    cwd: ".",
    env: {},
    output: "pipe",
  })
  const { stdout } = child.process
  if (stdout === null) throw new Error("the upstream has no pipe")
  const [port] = await once(stdout, "data") as [Buffer]
  const url = `http://127.0.0.1:${String(port).trim()}`
  return {
    url,
    pid: child.pid,
    open: async () => (await (await fetch(url)).json() as { readonly open: number }).open,
    stop: child.stop,
  }
}
