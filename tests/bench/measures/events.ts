/**
 * How many events a second pass where a provider writes many at a time.
 *
 * @module
 */
import { type Measure, subjectsOf } from "../bench.ts"
import { cpuMeter } from "../process-use.ts"
import { direct, stream } from "../requests.ts"
import { roundsOfRunning } from "../rounds.ts"
import { rowsOf } from "../rows.ts"
import type { Running, Subject } from "../subjects.ts"
import { ratio, summarise } from "../summary.ts"
import type { Row } from "../table.ts"

const batch = 64
/** Of a stream; some 1.3 MB. */
const events = 100 * batch

interface Passed {
  readonly perSecond: number
  /** CPU of the proxy, microseconds for each thousand events. */
  readonly cost: number
}

const own = (passed: ReadonlyArray<Passed>): Row["cells"] => ({
  "thousand events/s": summarise(passed.map(({ perSecond }) => perSecond / 1000)),
  "CPU µs a thousand": summarise(passed.map(({ cost }) => cost)),
})

export const eventsPerSecond: Measure = {
  name: "events",
  run: async (bench) => {
    const { client, short, upstream } = bench
    const pass = async (of: Pick<Running, "url" | "headers" | "pid">): Promise<Passed> => {
      const spent = cpuMeter(of.pid)
      const { requests, seconds } = await client.run({
        kind: "load",
        target: stream(of, events, 0, batch),
        connections: 1,
        milliseconds: short ? 500 : 1500,
      })
      const passed = requests * events
      return { perSecond: passed / seconds, cost: spent() / passed * 1000 }
    }
    const found = await roundsOfRunning(
      bench,
      subjectsOf(bench),
      short ? 3 : 7,
      pass,
      (of) => stream(of, 2 * batch, 0, batch),
    )
    const rates = (of: Subject) => found(of).map(({ perSecond }) => perSecond)
    const costs = (of: Subject) => found(of).map(({ cost }) => cost)
    const alone = await pass({ ...direct(upstream.url), pid: upstream.pid })
    return {
      measure: "events",
      title: `Events a second: one stream of ${events} events after the other, ${batch} in a write`,
      rows: [
        ...rowsOf(bench, "", {
          own: (of) => own(found(of)),
          relative: (gateway, other) => ({
            [`to ${other.name}, ×`]: ratio(rates(gateway), rates(other)),
            [`CPU to ${other.name}, ×`]: ratio(costs(gateway), costs(other)),
          }),
          toPeer: (gateway, peer) => ({ [`to ${peer.name}, ×`]: ratio(rates(gateway), rates(peer)) }),
        }),
        { name: "no proxy", cells: own([alone]) },
      ],
      doesNotShow:
        "what a proxy does with a machine of its own (see throughput). No model streams this fast: it is what " +
        "remains for everything else when many streams are open.",
    }
  },
}
