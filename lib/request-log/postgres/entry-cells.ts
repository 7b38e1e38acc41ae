/**
 * Aggregates of entries that share a bucket of time and the values of some dimensions, from the entries themselves.
 *
 * @module
 */
import type { Query, Row } from "../../postgres/database.ts"
import { parameters, type StatementValues } from "../../postgres/statement-values.ts"
import { type Aggregates, counts, emptyAggregates } from "../aggregates.ts"
import type { Group } from "../analytics.ts"
import type { Conditions } from "../conditions.ts"
import { addToSlot, type Histogram } from "../histogram.ts"
import { picoOfParts } from "../money.ts"
import type { Dimension } from "../analytics-query.ts"
import type { TimeSlice } from "../time-slice.ts"
import { dimensionOf, whereOf } from "./fragment.ts"

/** Which entries are read, and how they are grouped. */
interface Distinction {
  readonly scopes: ReadonlyArray<number>
  readonly slice: TimeSlice
  readonly conditions: Conditions
  /** The bucket of an entry as SQL. */
  readonly time: (add: StatementValues) => string
  readonly by: ReadonlyArray<Dimension>
  /** Whether gateways are told apart as well. */
  readonly byScope?: boolean
}

/** A group of entries. */
interface Cell {
  /** 0 unless entries are grouped by gateway. */
  readonly scope: number
  readonly time: number
  readonly group: Group
  readonly figures: Aggregates
}

const measures = ["duration", "first_token", "speed"] as const

/** Slots are sent as characters, of which this one stands for slot 0; each is a single UTF-16 unit. The one before means none. */
const firstSlot = 33

const slotText = (name: string): string =>
  `coalesce(chr(${name}_slot + ${firstSlot}), '${String.fromCharCode(firstSlot - 1)}')`

/**
 * The slots of all times are sent as one text, those of an entry together: a row for each would cost more than everything
 * else together, and a text for each measure twice as much.
 */
const summed = [
  "count(*)::float8 AS requests, sum(1 - success)::float8 AS errors, sum(cached)::float8 AS cached",
  ...["tokens_in", "tokens_out", "tokens_cached", "tokens_reasoning"]
    .map((name) => `coalesce(sum(${name}), 0) AS ${name}`),
  "count(rescued)::float8 AS rescued, sum(estimated)::float8 AS estimated",
  "(count(*) - count(cost))::float8 AS unpriced",
  ...["", " FILTER (WHERE estimated = 1)"].flatMap((rows, index) =>
    ["dollars", "picos"].map((part) =>
      `coalesce(sum(${part})${rows}, 0)::text AS ${["cost", "cost_estimated"][index]}_${part}`
    )
  ),
  `string_agg(${measures.map(slotText).join(" || ")}, '') AS slots`,
].join(", ")

/** SQL for the beginning of an entry's bucket, for buckets of one width. */
export const bucketSql = (width: number): string => `(floor(created::float8 / ${width}) * ${width})::float8`

/** The number of characters that are read before other work may run: those of whole entries. */
const charactersAtOnce = 100_000 * measures.length
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

/** Enough for times of up to some hours, and for none. */
const usualSlots = 512

const countSlots = (into: Histogram, text: string, begin: number, end: number): void => {
  const counted = new Uint32Array(usualSlots)
  for (let index = begin; index < end; index += measures.length) {
    const slot = text.charCodeAt(index) - firstSlot
    if (slot < usualSlots - 1) counted[slot + 1]!++
    else addToSlot(into, slot, 1)
  }
  for (let index = 1; index < usualSlots; index++) {
    const many = counted[index] ?? 0
    if (many > 0) addToSlot(into, index - 1, many)
  }
}

const figuresIn = async (row: Row): Promise<Aggregates> => {
  const figures = emptyAggregates()
  for (const name of counts) figures[name] = Number(row[name])
  for (const name of ["cost", "cost_estimated"] as const) {
    figures[name] = BigInt(String(row[`${name}_dollars`])) * picoOfParts(1, 0) +
      BigInt(String(row[`${name}_picos`]))
  }
  const slots = String(row["slots"])
  for (let begin = 0; begin < slots.length; begin += charactersAtOnce) {
    if (begin > 0) await turn()
    const end = Math.min(slots.length, begin + charactersAtOnce)
    for (const [nth, name] of measures.entries()) countSlots(figures[name], slots, begin + nth, end)
  }
  return figures
}

const valueOf = (dimension: Dimension, names: ReadonlyMap<number, string>, value: unknown): string | null => {
  if (dimension === "gateway") return names.get(Number(value)) ?? null
  if (value === null || value === undefined) return null
  if (dimension === "cached") return String(value === 1)
  return dimension.startsWith("metadata.") ? JSON.parse(String(value)) as string : String(value)
}

/** For the rest of a transaction: within the usual 4 MB, a day's entries are sorted on the disk. */
const moreMemory =
  "SELECT set_config('work_mem', '32MB', true) WHERE pg_size_bytes(current_setting('work_mem')) < 33554432"

/** The number of cells that are built before other work may run. */
const cellsAtOnce = 500

/**
 * Reads cells.
 *
 * @param names the names of gateways, by their numbers
 */
export const readCells = async (
  ask: Query,
  { scopes, slice, conditions, time, by, byScope = false }: Distinction,
  names: ReadonlyMap<number, string>,
  take: (cell: Cell) => void,
): Promise<void> => {
  await ask(moreMemory)
  const add = parameters()
  const groups = [
    `${time(add)} AS time`,
    ...byScope ? ["scope"] : [],
    ...by.map((dimension, index) => `${dimensionOf(dimension, add)} AS d${index}`),
  ]
  const rows = await ask(
    `SELECT ${[...groups, summed].join(", ")} FROM basegate.entry
     WHERE scope = ANY(${add.list("int4", scopes)}) AND created >= ${add.one("int8", slice.since)}
       AND created < ${add.one("int8", slice.until)} AND ${whereOf(conditions, undefined, add)}
     GROUP BY ${groups.map((_, index) => index + 1).join(", ")}`,
    add.values,
  )
  for (const [index, row] of rows.entries()) {
    if (index % cellsAtOnce === cellsAtOnce - 1) await turn()
    take({
      scope: byScope ? Number(row["scope"]) : 0,
      time: Number(row["time"]),
      group: by.map((name, index) => valueOf(name, names, row[`d${index}`])),
      figures: await figuresIn(row),
    })
  }
}
