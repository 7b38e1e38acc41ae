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
  /** Turns that are not counted; undefined if each block has fresh processes and counts from their first request on. */
  readonly warmUp?: number
  /** The figures are medians over blocks; a block's are quantiles over its turns. */
  readonly blocks: number
  readonly turns: number
}

interface Added {
  /** The median of each block, in milliseconds. */
  readonly p50: ReadonlyArray<number>
  readonly cells: Row["cells"]
}

type Ways = Readonly<Record<string, Timed>>
type Block = ReadonlyArray<Times>

const take = (
  { client, upstream }: Bench,
  running: ReadonlyMap<Subject, Running>,
  { target, atOnce }: Timed,
  rounds: number,
): Promise<Block> =>
  client.run({
    kind: "turns",
    targets: [direct(upstream.url), ...running.values()].map(target),
    rounds,
    atOnce,
  })

const blocksOf = async (
  bench: Bench,
  running: ReadonlyMap<Subject, Running>,
  timed: Timed,
): Promise<ReadonlyArray<Block>> => {
  await take(bench, running, timed, timed.warmUp ?? 0)
  const blocks: Array<Block> = []
  for (let block = 0; block < timed.blocks; block++) {
    blocks.push(await take(bench, running, timed, timed.turns))
  }
  return blocks
}

const freshBlocksOf = async (
  bench: Bench,
  group: ReadonlyArray<Subject>,
  timed: Timed,
): Promise<ReadonlyArray<Block>> => {
  // The client and the upstream are not what is cold.
  await take(bench, new Map(), timed, timed.turns)
  const blocks: Array<Block> = []
  for (let block = 0; block < timed.blocks; block++) {
    const order = block % 2 === 0 ? group : group.toReversed()
    const [bare, ...times] = await withRunning(
      bench,
      order,
      (running) => take(bench, running, timed, timed.turns),
    )
    blocks.push([...bare === undefined ? [] : [bare], ...block % 2 === 0 ? times : times.toReversed()])
  }
  return blocks
}

/** The blocks of each way; proxies that are warm are started once for all of them. */
const allBlocks = async (
  bench: Bench,
  group: ReadonlyArray<Subject>,
  ways: Ways,
): Promise<Readonly<Record<string, ReadonlyArray<Block>>>> => {
  const found: Record<string, ReadonlyArray<Block>> = {}
  const warm = Object.entries(ways).filter(([, { warmUp }]) => warmUp !== undefined)
  for (const [suffix, timed] of Object.entries(ways)) {
    if (timed.warmUp === undefined) found[suffix] = await freshBlocksOf(bench, group, timed)
  }
  if (warm.length > 0) {
    await withRunning(bench, group, async (running) => {
      for (const target of new Set(warm.map(([, timed]) => timed.target))) {
        await warmedUp(bench, running, target)
      }
      for (const [suffix, timed] of warm) found[suffix] = await blocksOf(bench, running, timed)
    })
  }
  return found
}

/** @param place of a proxy among the targets; the first is the upstream itself */
const addedBy = (blocks: ReadonlyArray<Block>, to: Timed["to"], place: number): Added => {
  const of = (target: number, share: number): ReadonlyArray<number> =>
    blocks.map((times) => quantile(times[target]?.[to] ?? [], share))
  return {
    p50: of(place, 0.5),
    cells: {
      "p50 over direct, ms": difference(of(place, 0.5), of(0, 0.5)),
      "p99 over direct, ms": difference(of(place, 0.99), of(0, 0.99)),
      "direct p50, ms": summarise(of(0, 0.5)),
    },
  }
}

/** Rows of all proxies, for each of some ways to time them; only what is compared runs at a time. */
export const addedTimes = async (bench: Bench, ways: Ways): Promise<ReadonlyArray<Row>> => {
  const compared = [
    ...bench.groups.map(({ base, gateways }) => [base, ...gateways]),
    ...bench.peers.map((peer) => [peer]),
  ]
  const found = new Map(Object.keys(ways).map((suffix) => [suffix, new Map<Subject, Added>()]))
  for (const group of compared) {
    for (const [suffix, blocks] of Object.entries(await allBlocks(bench, group, ways))) {
      const to = ways[suffix]?.to ?? "whole"
      for (const [place, subject] of group.entries()) {
        found.get(suffix)?.set(subject, addedBy(blocks, to, place + 1))
      }
    }
  }
  return [...found].flatMap(([suffix, of]) =>
    rowsOf(bench, suffix, {
      own: (subject) => of.get(subject)?.cells ?? {},
      relative: (gateway, other) => ({
        [`p50 over ${other.name}, ms`]: difference(of.get(gateway)?.p50 ?? [], of.get(other)?.p50 ?? []),
      }),
    })
  )
}
