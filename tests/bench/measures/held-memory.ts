/**
 * How much memory a proxy holds while something is asked of it, in a fresh process each time.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises"
import type { Bench } from "../bench.ts"
import { residentMebibytes } from "../process-use.ts"
import { completion, download, stream } from "../requests.ts"
import { withRunning } from "../rounds.ts"
import type { Running, Subject } from "../subjects.ts"

const gigabyte = 1_000_000_000

/** Memory in MiB, of a stream in KiB. */
export interface Held {
  readonly idle: number
  readonly perStream: number
  readonly served: number
  /** Milliseconds until the upstream has no stream left, once the clients are gone; at most `patience`. */
  readonly gone: number
  readonly paused: number
  readonly long: number
}

const patience = 5000

/** Runs `use` with a fresh process that has served requests and rested, and with its memory then. */
const rested = (
  bench: Bench,
  subject: Subject,
  warmUp: (of: Running) => Promise<unknown>,
  use: (of: Running, idle: number) => Promise<Partial<Held>>,
): Promise<Partial<Held>> =>
  withRunning(bench, [subject], async (running) => {
    const of = running.get(subject)
    if (of === undefined) return {}
    await warmUp(of)
    await sleep(bench.short ? 500 : 1500)
    return await use(of, residentMebibytes(of.pid))
  })

const whole = ({ client }: Bench, of: Running, bytes: number) =>
  client.run({ kind: "turns", targets: [download(of, bytes)], rounds: 1, atOnce: 1 })

const untilGone = async ({ upstream }: Bench): Promise<number> => {
  const left = performance.now()
  while (await upstream.open() > 0 && performance.now() - left < patience) await sleep(5)
  return performance.now() - left
}

/** Many streams that are open at a time. */
export const manyStreams = (bench: Bench, subject: Subject, streams: number): Promise<Partial<Held>> => {
  const { client } = bench
  const warmUp = (of: Running) =>
    client.run({ kind: "turns", targets: [completion(of)], rounds: 100, atOnce: 1 })
  return rested(bench, subject, warmUp, async (of, idle) => {
    const { served } = await client.run({
      kind: "hold",
      target: stream(of, 1000, 300),
      streams,
      patience: 2 * patience,
      pause: false,
    })
    await sleep(bench.short ? 200 : 1000)
    const perStream = (residentMebibytes(of.pid) - idle) * 1024 / streams
    await client.run({ kind: "leave" })
    return { idle, perStream, served, gone: await untilGone(bench) }
  })
}

const pausedReader = (bench: Bench, subject: Subject): Promise<Partial<Held>> =>
  rested(bench, subject, (of) => whole(bench, of, gigabyte / 20), async (of, idle) => {
    await bench.client.run({
      kind: "hold",
      target: download(of, gigabyte),
      streams: 1,
      patience,
      pause: true,
    })
    await sleep(2500)
    const paused = residentMebibytes(of.pid) - idle
    await bench.client.run({ kind: "leave" })
    return { paused }
  })

const longStream = (bench: Bench, subject: Subject): Promise<Partial<Held>> =>
  rested(bench, subject, (of) => whole(bench, of, gigabyte / 20), async (of, idle) => {
    let peak = idle
    const sampling = setInterval(() => peak = Math.max(peak, residentMebibytes(of.pid)), 100)
    await whole(bench, of, gigabyte)
    clearInterval(sampling)
    return { long: peak - idle }
  })

/** Streams of a gigabyte: one behind a reader that pauses, one that is read as fast as it comes. */
export const longStreams = async (bench: Bench, subject: Subject): Promise<Partial<Held>> => ({
  ...await pausedReader(bench, subject),
  ...await longStream(bench, subject),
})
