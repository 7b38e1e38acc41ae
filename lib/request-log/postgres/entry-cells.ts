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
import type { Histogram } from "../histogram.ts"
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

/** Slots are sent as characters, of which this one stands for slot 0; each is a single UTF-16 unit. */
const firstSlot = 33

/** The slots of times are sent as one text: a row for each would cost more than everything else together. */
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
  ...measures.map((name) => `string_agg(chr(${name}_slot + ${firstSlot}), '') AS ${name}_slots`),
].join(", ")

/** SQL for the beginning of an entry's bucket, for buckets of one width. */
export const bucketSql = (width: number): string => `(floor(created::float8 / ${width}) * ${width})::float8`

/** The number of characters that are read before other work may run. */
const charactersAtOnce = 200_000
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

/** Enough for times of up to some hours. */
const usualSlots = 512

const countSlots = async (into: Histogram, text: string): Promise<void> => {
  const counted: Array<number> = new Array(usualSlots).fill(0)
  for (let index = 0; index < text.length; index++) {
    const slot = text.charCodeAt(index) - firstSlot
    counted[slot] = (counted[slot] ?? 0) + 1
    if (index % charactersAtOnce === charactersAtOnce - 1) await turn()
  }
  for (let slot = 0; slot < counted.length; slot++) {
    const many = counted[slot] ?? 0
    if (many > 0) into.set(slot, many)
  }
}

const figuresIn = async (row: Row): Promise<Aggregates> => {
  const figures = emptyAggregates()
  for (const name of counts) figures[name] = Number(row[name])
  for (const name of ["cost", "cost_estimated"] as const) {
    figures[name] = BigInt(String(row[`${name}_dollars`])) * picoOfParts(1, 0) +
      BigInt(String(row[`${name}_picos`]))
  }
  for (const name of measures) {
    const slots = row[`${name}_slots`]
    if (typeof slots === "string") await countSlots(figures[name], slots)
  }
  return figures
}

const valueOf = (dimension: Dimension, names: ReadonlyMap<number, string>, value: unknown): string | null => {
  if (dimension === "gateway") return names.get(Number(value)) ?? null
  if (value === null || value === undefined) return null
  if (dimension === "cached") return String(value === 1)
  return dimension.startsWith("metadata.") ? JSON.parse(String(value)) as string : String(value)
}

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
