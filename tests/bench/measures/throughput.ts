/**
 * How many chat completions a second, and what each costs the proxy's process.
 *
 * @module
 */
import { type Bench, type Measure, subjectsOf } from "../bench.ts"
import { cpuSeconds } from "../process-use.ts"
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

const own = (loads: Loads): Row["cells"] => ({
  "req/s": summarise(rates(loads)),
  "CPU µs a request": summarise(costs(loads)),
  "p99, ms": summarise(loads.map(({ p99 }) => p99)),
})

const relative = (gateway: Loads, base: Loads, name: string): Row["cells"] => ({
  [`to ${name}, ×`]: ratio(rates(gateway), rates(base)),
  [`CPU to ${name}, ×`]: ratio(costs(gateway), costs(base)),
})

export const throughput: Measure = {
  name: "throughput",
  run: async (bench) => {
    const found = await roundsOfRunning(bench, subjectsOf(bench), bench.short ? 3 : 9, async (of) => {
      const loads: Array<Load> = []
      for (const connections of levels) loads.push(await load(bench, of, connections))
      return loads
    })
    const { upstream } = bench
    const rows: Array<Row> = []
    for (const [level, connections] of levels.entries()) {
      const loadsOf = (subject: Subject): Loads => found(subject).flatMap((loads) => loads[level] ?? [])
      const alone = await load(bench, { ...direct(upstream.url), pid: upstream.pid }, connections)
      rows.push(
        ...rowsOf(bench, `, ${connections} connections`, {
          own: (of) => own(loadsOf(of)),
          relative: (gateway, base) => ({
            ...relative(loadsOf(gateway), loadsOf(base), base.name),
            ...Object.fromEntries(
              bench.peers.map((
                peer,
              ) => [`to ${peer.name}, ×`, ratio(rates(loadsOf(gateway)), rates(loadsOf(peer)))]),
            ),
          }),
        }),
        { name: `no proxy, ${connections} connections`, cells: own([alone]) },
      )
    }
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
