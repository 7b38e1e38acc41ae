/**
 * How many chat completions a second, and what each costs the proxy's process.
 *
 * @module
 */
import { type Bench, type Measure, peerRows, subjectsOf } from "../bench.ts"
import { cpuSeconds } from "../process-use.ts"
import { completion } from "../requests.ts"
import { roundsOfRunning } from "../rounds.ts"
import type { Running, Subject } from "../subjects.ts"
import { ratio, summarise, type Summary } from "../summary.ts"
import type { Row } from "../table.ts"

const levels = [16, 64] as const

interface Load {
  readonly perSecond: number
  /** CPU of the proxy, microseconds a request. */
  readonly cost: number
  readonly p99: number
}

const load = async ({ client, short }: Bench, of: Running, connections: number): Promise<Load> => {
  const before = cpuSeconds(of.pid)
  const milliseconds = short ? 300 : 2000
  const { requests, seconds, p99 } = await client.run({
    kind: "load",
    target: completion(of),
    connections,
    milliseconds,
  })
  return { perSecond: requests / seconds, cost: (cpuSeconds(of.pid) - before) * 1e6 / requests, p99 }
}

type Loads = ReadonlyArray<Load>

const rates = (loads: Loads): ReadonlyArray<number> => loads.map(({ perSecond }) => perSecond)
const costs = (loads: Loads): ReadonlyArray<number> => loads.map(({ cost }) => cost)

const cellsOf = (loads: Loads, prefix = ""): Record<string, Summary> => ({
  [`${prefix}req/s`]: summarise(rates(loads)),
  [`${prefix}CPU µs a request`]: summarise(costs(loads)),
  [`${prefix}p99 ms`]: summarise(loads.map(({ p99 }) => p99)),
})

const rowsOf = (
  bench: Bench,
  connections: number,
  loadsOf: (subject: Subject) => Loads,
): ReadonlyArray<Row> => [
  ...bench.pairs.map(({ runtime, base, gateway }): Row => {
    const [ofGateway, ofBase] = [loadsOf(gateway), loadsOf(base)]
    const toPeers = bench.peers.map((
      peer,
    ) => [`to ${peer.name}, ×`, ratio(rates(ofGateway), rates(loadsOf(peer)))])
    return {
      name: `${runtime}, ${connections} connections`,
      cells: {
        [`to ${base.name}, ×`]: ratio(rates(ofGateway), rates(ofBase)),
        ...Object.fromEntries(toPeers),
        [`CPU to ${base.name}, ×`]: ratio(costs(ofGateway), costs(ofBase)),
        ...cellsOf(ofGateway),
        ...cellsOf(ofBase, `${base.name} `),
      },
    }
  }),
  ...peerRows(bench, `, ${connections} connections`, (peer) => cellsOf(loadsOf(peer))),
]

export const throughput: Measure = {
  name: "throughput",
  run: async (bench) => {
    const found = await roundsOfRunning(bench, subjectsOf(bench), bench.short ? 3 : 9, async (of) => {
      const loads: Array<Load> = []
      for (const connections of levels) loads.push(await load(bench, of, connections))
      return loads
    })
    return {
      measure: "throughput",
      title: "Throughput: chat completions of 0.6 kB, as many as the connections carry",
      rows: levels.flatMap((connections, level) =>
        rowsOf(bench, connections, (subject) => found(subject).flatMap((loads) => loads[level] ?? []))
      ),
      doesNotShow:
        "what a proxy does with a machine of its own: client, upstream and proxy share the processors, " +
        "which brings ratios nearer to 1 (CPU a request has no such bias). Nor a network, nor TLS.",
    }
  },
}
