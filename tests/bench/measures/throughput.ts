/**
 * How many chat completions a second, and what each costs the proxy's process.
 *
 * @module
 */
import { type Bench, type Measure, subjectsOf } from "../bench.ts"
import { cpuMeter } from "../process-use.ts"
import { type Asked, completion, direct } from "../requests.ts"
import { roundsOfRunning } from "../rounds.ts"
import { rowsOf } from "../rows.ts"
import type { Running, Subject } from "../subjects.ts"
import { ratio, summarise } from "../summary.ts"
import type { Row } from "../table.ts"

const levels = [16, 64] as const

interface Load {
  readonly perSecond: number
  /** CPU of the proxy, microseconds a request. */
  readonly cost: number
  readonly p99: number
}

const load = async (
  { client, short }: Bench,
  of: Asked & Pick<Running, "pid">,
  connections: number,
): Promise<Load> => {
  const spent = cpuMeter(of.pid)
  const { requests, seconds, p99 } = await client.run({
    kind: "load",
    target: completion(of),
    connections,
    milliseconds: short ? 400 : 1500,
  })
  return { perSecond: requests / seconds, cost: spent() / requests, p99 }
}

type Loads = ReadonlyArray<Load>

const rates = (loads: Loads): ReadonlyArray<number> => loads.map(({ perSecond }) => perSecond)
const costs = (loads: Loads): ReadonlyArray<number> => loads.map(({ cost }) => cost)

const own = (loads: Loads): Row["cells"] => ({
  "req/s": summarise(rates(loads)),
  "CPU µs a request": summarise(costs(loads)),
  "p99, ms": summarise(loads.map(({ p99 }) => p99)),
})

const relative = (gateway: Loads, other: Loads, name: string): Row["cells"] => ({
  [`to ${name}, ×`]: ratio(rates(gateway), rates(other)),
  [`CPU to ${name}, ×`]: ratio(costs(gateway), costs(other)),
})

/** Rows of all that is compared, at each number of connections. */
const rowsUnderLoad = async (bench: Bench): Promise<ReadonlyArray<Row>> => {
  const found = await roundsOfRunning(bench, subjectsOf(bench), bench.short ? 5 : 7, async (of) => {
    const loads: Array<Load> = []
    for (const connections of levels) loads.push(await load(bench, of, connections))
    return loads
  })
  return levels.flatMap((connections, level) => {
    const loadsOf = (subject: Subject): Loads => found(subject).flatMap((loads) => loads[level] ?? [])
    return rowsOf(bench, `, ${connections} connections`, {
      own: (of) => own(loadsOf(of)),
      relative: (gateway, other) => relative(loadsOf(gateway), loadsOf(other), other.name),
      toPeer: (gateway, peer) => ({
        [`to ${peer.name}, ×`]: ratio(rates(loadsOf(gateway)), rates(loadsOf(peer))),
      }),
    })
  })
}

const doesNotShow =
  "what a proxy does with a machine of its own: client, upstream and proxy share the processors, " +
  "which brings ratios nearer to 1 (CPU a request has no such bias). Nor a network, nor TLS."

export const throughput: Measure = {
  name: "throughput",
  run: async (bench) => {
    const { upstream } = bench
    const rows = [...await rowsUnderLoad(bench)]
    for (const connections of levels) {
      const alone = await load(bench, { ...direct(upstream.url), pid: upstream.pid }, connections)
      rows.push({ name: `no proxy, ${connections} connections`, cells: own([alone]) })
    }
    return {
      measure: "throughput",
      title: "Throughput: chat completions of 0.6 kB, as many as the connections carry",
      rows,
      doesNotShow,
    }
  },
}

/** What it takes to observe: the line, the log, metrics and usage. */
export const observed: Measure = {
  name: "observed",
  run: async (bench) => ({
    measure: "observed",
    title: "Observed and unobserved: chat completions with and without log, metrics, traces (Bun and Deno)",
    rows: await rowsUnderLoad({ ...bench, groups: bench.observedGroups, peers: [] }),
    doesNotShow,
  }),
}
