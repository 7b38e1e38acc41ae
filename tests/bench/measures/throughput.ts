/**
 * How many chat completions a second, and what each costs the proxy's process.
 *
 * @module
 */
import { type Bench, interleaved, type Measure, type Pair, withRunning } from "../bench.ts"
import { cpuSeconds } from "../process-use.ts"
import { completion } from "../requests.ts"
import type { Running } from "../subjects.ts"
import { ratio, summarise, type Summary } from "../summary.ts"
import type { Row } from "../table.ts"

interface Round {
  readonly perSecond: number
  /** CPU of the proxy, microseconds a request. */
  readonly cost: number
  readonly p99: number
}

const load = async (bench: Bench, of: Running, connections: number, milliseconds: number): Promise<Round> => {
  const before = cpuSeconds(of.pid)
  const { requests, seconds, p99 } = await bench.client.run({
    kind: "load",
    target: completion(of),
    connections,
    milliseconds,
  })
  return { perSecond: requests / seconds, cost: (cpuSeconds(of.pid) - before) * 1e6 / requests, p99 }
}

type Rounds = ReadonlyArray<Round>

const rates = (rounds: Rounds): ReadonlyArray<number> => rounds.map(({ perSecond }) => perSecond)

const cellsOf = (name: string, rounds: Rounds): Record<string, Summary> => ({
  [`${name}, req/s`]: summarise(rates(rounds)),
  [`${name}, CPU µs a request`]: summarise(rounds.map(({ cost }) => cost)),
  [`${name}, p99 ms`]: summarise(rounds.map(({ p99 }) => p99)),
})

const rowsOf = (
  { pairs, peers }: Bench,
  connections: number,
  found: (group: string, name: string) => Rounds,
): ReadonlyArray<Row> => [
  ...pairs.map(({ runtime, base, gateway }: Pair): Row => {
    const ofGateway = found(runtime, gateway.name)
    const ofBase = found(runtime, base.name)
    const toPeers = peers.map((
      { name },
    ) => [`to ${name}, ×`, ratio(rates(ofGateway), rates(found(name, name)))])
    return {
      name: `${runtime}, ${connections} connections`,
      cells: {
        [`to ${base.name}, ×`]: ratio(rates(ofGateway), rates(ofBase)),
        ...Object.fromEntries(toPeers),
        ...cellsOf(gateway.name, ofGateway),
        ...cellsOf(base.name, ofBase),
      },
    }
  }),
  ...peers.map(({ name }): Row => ({
    name: `${name}, ${connections} connections`,
    cells: cellsOf("gateway", found(name, name)),
  })),
]

export const throughput: Measure = {
  name: "throughput",
  run: async (bench) => {
    const { short, pairs, peers } = bench
    const rounds = short ? 3 : 9
    const milliseconds = short ? 600 : 2000
    const subjects = [...pairs.flatMap(({ base, gateway }) => [base, gateway]), ...peers]
    const rows = await withRunning(bench, subjects, async (running) => {
      for (const of of running) await load(bench, of, 16, milliseconds)
      const all: Array<Row> = []
      for (const connections of [16, 64]) {
        const values = await interleaved(running, rounds, (of) => load(bench, of, connections, milliseconds))
        const found = (group: string, name: string): Rounds =>
          values[running.findIndex((of) => of.group === group && of.name === name)] ?? []
        all.push(...rowsOf(bench, connections, found))
      }
      return all
    })
    return {
      measure: "throughput",
      title: "Throughput: chat completions of 0.6 kB, as many as the connections carry",
      rows,
      doesNotShow:
        "what a proxy does with a machine of its own: client, upstream and proxy share the processors, " +
        "which brings ratios nearer to 1 (CPU a request has no such bias). Nor a network, nor TLS.",
    }
  },
}
