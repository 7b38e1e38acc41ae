/**
 * How much a server on Node allocates for a call.
 *
 * @module
 */
import process from "node:process"
import { resolve } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { type Bench, type Measure, subjectsOf } from "../bench.ts"
import { type Child, freePort, untilListens } from "../child.ts"
import { completion } from "../requests.ts"
import { rounds } from "../rounds.ts"
import { rowsOf } from "../rows.ts"
import type { Subject } from "../subjects.ts"
import { difference, ratio, summarise } from "../summary.ts"

/** What the probe tells. */
export interface Reading {
  /** Bytes of the heap in use before and after a forced collection. */
  readonly before: number
  readonly after: number
  /** Collections since the reading before, without the forced one. */
  readonly collections: number
}

/** MiB of the young generation: what some thousand calls allocate fits in, so that nothing is collected meanwhile. */
const young = 1024

const flags = [
  "--expose-gc",
  `--min-semi-space-size=${young}`,
  `--max-semi-space-size=${young}`,
  "--import",
  resolve("dist/bench/allocation-probe.mjs"),
]

const readingsOf = (child: Child): ReadonlyArray<Reading> =>
  child.said().split("\n").filter((line) => line.startsWith('{"before"')).map((line) =>
    JSON.parse(line) as Reading
  )

const read = async (child: Child): Promise<Reading> => {
  const earlier = readingsOf(child).length
  // What is told of a call after its answer belongs to the call.
  await sleep(300)
  process.kill(child.pid, "SIGUSR2")
  for (let tries = 0; tries < 1000; tries++) {
    const reading = readingsOf(child)[earlier]
    if (reading !== undefined) return reading
    await sleep(10)
  }
  throw new Error(`the allocation probe does not answer: ${child.said()}`)
}

/** Kilobytes a call, in a fresh process. */
const allocatedBy = async ({ client, short, upstream }: Bench, subject: Subject): Promise<number> => {
  const port = await freePort()
  const child = subject.spawn(upstream.url, port, flags)
  try {
    await untilListens(child, port)
    const target = completion({
      url: `http://127.0.0.1:${port}${subject.path}`,
      headers: subject.headers(upstream.url),
    })
    const load = (atMost: number) =>
      client.run({ kind: "load", target, connections: 16, milliseconds: 60_000, atMost })
    await load(short ? 2000 : 8000)
    const start = await read(child)
    const { requests } = await load(short ? 2000 : 5000)
    const end = await read(child)
    if (end.collections > 0) throw new Error(`${subject.name} collected its heap ${end.collections} times`)
    return (end.before - start.after) / requests / 1000
  } finally {
    await child.stop()
  }
}

export const allocation: Measure = {
  name: "allocation",
  run: async (bench) => {
    const on = { groups: bench.groups.filter(({ name }) => name === "node"), peers: [] }
    const found = await rounds(subjectsOf(on), bench.short ? 1 : 3, (subject) => allocatedBy(bench, subject))
    return {
      measure: "allocation",
      title: "Allocation on Node: what V8's heap grows by for a chat completion, 16 connections, uncollected",
      rows: rowsOf(on, "", {
        own: (of) => ({ "kB a call": summarise(found(of)) }),
        relative: (gateway, other) => ({
          [`over ${other.name}, kB`]: difference(found(gateway), found(other)),
          [`to ${other.name}, ×`]: ratio(found(gateway), found(other)),
        }),
      }),
      doesNotShow: "what lies outside the heap: the bytes of buffers, and what Node's own C++ holds.",
    }
  },
}
