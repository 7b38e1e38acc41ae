/**
 * What a proxy adds to a chat completion, one request at a time.
 *
 * @module
 */
import { type Bench, type Measure, type Pair, withRunning } from "../bench.ts"
import type { Times } from "../client/jobs.ts"
import { completion, direct } from "../requests.ts"
import { difference, quantile, summarise } from "../summary.ts"
import type { Row } from "../table.ts"

const row = async (bench: Bench, { runtime, base, gateway }: Pair): Promise<Row> =>
  await withRunning(bench, [base, gateway], async (running) => {
    const targets = [direct(bench.upstream.url), ...running].map(completion)
    const turns = (rounds: number) => bench.client.run({ kind: "turns", targets, rounds, atOnce: 1 })
    await turns(bench.short ? 500 : 2000)
    const blocks: Array<ReadonlyArray<Times>> = []
    for (let block = 0; block < (bench.short ? 5 : 15); block++) {
      blocks.push(await turns(bench.short ? 200 : 400))
    }
    const of = (subject: number, share: number): ReadonlyArray<number> =>
      blocks.map((times) => quantile(times[subject]?.whole ?? [], share))
    return {
      name: runtime,
      cells: {
        [`p50 over ${base.name}, ms`]: difference(of(2, 0.5), of(1, 0.5)),
        "p50 over direct, ms": difference(of(2, 0.5), of(0, 0.5)),
        "p99 over direct, ms": difference(of(2, 0.99), of(0, 0.99)),
        [`${base.name} p50 over direct, ms`]: difference(of(1, 0.5), of(0, 0.5)),
        [`${base.name} p99 over direct, ms`]: difference(of(1, 0.99), of(0, 0.99)),
        "direct p50, ms": summarise(of(0, 0.5)),
      },
    }
  })

export const latency: Measure = {
  name: "latency",
  run: async (bench) => {
    const rows: Array<Row> = []
    for (const pair of bench.pairs) rows.push(await row(bench, pair))
    return {
      measure: "latency",
      title: "Added latency: one chat completion of 0.6 kB at a time, connections kept alive",
      rows,
      doesNotShow:
        "latency under load, or over a network and TLS; a model takes hundreds of milliseconds beside it.",
    }
  },
}
