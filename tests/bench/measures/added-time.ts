/**
 * What proxies add to the times of a request, as the client sees them.
 *
 * @module
 */
import type { Bench } from "../bench.ts"
import type { Target, Times } from "../client/jobs.ts"
import { type Asked, direct } from "../requests.ts"
import { withRunning } from "../rounds.ts"
import type { Subject } from "../subjects.ts"
import { difference, quantile, summarise, type Summary } from "../summary.ts"
import type { Row } from "../table.ts"

/** Which requests are timed, and how often. */
export interface Timed {
  readonly target: (of: Asked) => Target
  /** Up to the first byte of the answer, or the last. */
  readonly to: "first" | "whole"
  readonly atOnce: number
  readonly warmUp: number
  /** The figures are medians over blocks; a block's are quantiles over its turns. */
  readonly blocks: number
  readonly turns: number
}

const row = async (
  bench: Bench,
  name: string,
  subjects: readonly [base: Subject, gateway: Subject] | readonly [peer: Subject],
  { target, to, atOnce, warmUp, blocks, turns }: Timed,
): Promise<Row> =>
  await withRunning(bench, subjects, async (running) => {
    const targets = [direct(bench.upstream.url), ...running.values()].map(target)
    const take = (rounds: number) => bench.client.run({ kind: "turns", targets, rounds, atOnce })
    await take(warmUp)
    const taken: Array<ReadonlyArray<Times>> = []
    for (let block = 0; block < blocks; block++) taken.push(await take(turns))
    const of = (place: number, share: number): ReadonlyArray<number> =>
      taken.map((times) => quantile(times[place]?.[to] ?? [], share))
    const added = (place: number, share: number): Summary => difference(of(place, share), of(0, share))
    const last = subjects.length
    const [base, gateway] = subjects
    return {
      name,
      cells: {
        ...gateway && { [`p50 over ${base.name}, ms`]: difference(of(2, 0.5), of(1, 0.5)) },
        "p50 over direct, ms": added(last, 0.5),
        "p99 over direct, ms": added(last, 0.99),
        ...gateway && {
          [`${base.name} p50 over direct, ms`]: added(1, 0.5),
          [`${base.name} p99 over direct, ms`]: added(1, 0.99),
        },
        "direct p50, ms": summarise(of(0, 0.5)),
      },
    }
  })

/** A row for each pair and peer; only what a row compares runs at its time. */
export const addedTimes = async (bench: Bench, suffix: string, timed: Timed): Promise<ReadonlyArray<Row>> => {
  const rows: Array<Row> = []
  for (const { runtime, base, gateway } of bench.pairs) {
    rows.push(await row(bench, runtime + suffix, [base, gateway], timed))
  }
  for (const peer of bench.peers) rows.push(await row(bench, peer.name + suffix, [peer], timed))
  for (const peer of bench.absent) rows.push({ name: peer + suffix, cells: {} })
  return rows
}
