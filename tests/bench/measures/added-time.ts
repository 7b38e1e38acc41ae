/**
 * What proxies add to the times of a request, as the client sees them.
 *
 * @module
 */
import type { Bench } from "../bench.ts"
import type { Target, Times } from "../client/jobs.ts"
import { type Asked, direct } from "../requests.ts"
import { warmedUp, withRunning } from "../rounds.ts"
import { rowsOf } from "../rows.ts"
import type { Running, Subject } from "../subjects.ts"
import { difference, quantile, summarise } from "../summary.ts"
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

interface Added {
  /** The median of each block, in milliseconds. */
  readonly p50: ReadonlyArray<number>
  readonly cells: Row["cells"]
}

/** What is found for each of the subjects that run at a time. */
const addedBy = async (
  bench: Bench,
  running: ReadonlyMap<Subject, Running>,
  { target, to, atOnce, warmUp, blocks, turns }: Timed,
): Promise<ReadonlyMap<Subject, Added>> => {
  const targets = [direct(bench.upstream.url), ...running.values()].map(target)
  const take = (rounds: number) => bench.client.run({ kind: "turns", targets, rounds, atOnce })
  await take(warmUp)
  const taken: Array<ReadonlyArray<Times>> = []
  for (let block = 0; block < blocks; block++) taken.push(await take(turns))
  const of = (place: number, share: number): ReadonlyArray<number> =>
    taken.map((times) => quantile(times[place]?.[to] ?? [], share))
  return new Map([...running.keys()].map((subject, place) => [subject, {
    p50: of(place + 1, 0.5),
    cells: {
      "p50 over direct, ms": difference(of(place + 1, 0.5), of(0, 0.5)),
      "p99 over direct, ms": difference(of(place + 1, 0.99), of(0, 0.99)),
      "direct p50, ms": summarise(of(0, 0.5)),
    },
  }]))
}

/** Rows of all proxies, for each of some ways to time them; only what is compared runs at a time. */
export const addedTimes = async (
  bench: Bench,
  ways: Readonly<Record<string, Timed>>,
): Promise<ReadonlyArray<Row>> => {
  const groups = [
    ...bench.pairs.map(({ base, gateway }) => [base, gateway]),
    ...bench.peers.map((peer) => [peer]),
  ]
  const found = new Map<string, Map<Subject, Added>>()
  for (const group of groups) {
    await withRunning(bench, group, async (running) => {
      for (const [suffix, timed] of Object.entries(ways)) {
        await warmedUp(bench, running, timed.target)
        const of = found.get(suffix) ?? new Map<Subject, Added>()
        for (const [subject, added] of await addedBy(bench, running, timed)) of.set(subject, added)
        found.set(suffix, of)
      }
    })
  }
  return [...found].flatMap(([suffix, of]) =>
    rowsOf(bench, suffix, {
      own: (subject) => of.get(subject)?.cells ?? {},
      relative: (gateway, base) => ({
        [`p50 over ${base.name}, ms`]: difference(of.get(gateway)?.p50 ?? [], of.get(base)?.p50 ?? []),
      }),
    })
  )
}
