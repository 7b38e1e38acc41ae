/**
 * Aggregates from Postgres: from the hourly rows if the query concerns rollup dimensions alone, else from the entries.
 *
 * @module
 */
import type { Query, Row } from "../../postgres/database.ts"
import { type Parameters, parameters } from "../../postgres/parameters.ts"
import { counts } from "../aggregates.ts"
import { type Group, groupOf } from "../analytics.ts"
import type { Buckets } from "../buckets.ts"
import { type Conditions, conditionsOf } from "../conditions.ts"
import { count } from "../histogram.ts"
import { picoOfParts } from "../money.ts"
import type { AnalyticsDivision, AnalyticsRow, AnalyticsSelection, Dimension } from "../query.ts"
import { type Part, partsOf, stageOf, stretchesOf } from "../sqlite/divisions.ts"
import { type HeldFigures, hourLength, wholeHours } from "../sqlite/hourly.ts"
import {
  asksOf,
  byKind,
  byToken,
  dividesBy,
  kindFilter,
  type Rollup,
  type RollupKind,
} from "../sqlite/rollup-dimensions.ts"
import { sliceOf, type TimeSlice } from "../time-slice.ts"
import { dimensionOf, whereOf } from "./fragment.ts"

/** A gateway, and the time of the oldest of its entries to be shown. */
export interface Shown {
  readonly scope: number
  readonly gateway: string
  readonly since: number
}

const summed =
  `count(*)::float8 AS requests, sum(1 - success)::float8 AS errors, sum(cached)::float8 AS cached,
  coalesce(sum(tokens_in), 0) AS tokens_in, coalesce(sum(tokens_out), 0) AS tokens_out,
  coalesce(sum(tokens_cached), 0) AS tokens_cached, coalesce(sum(tokens_reasoning), 0) AS tokens_reasoning,
  count(rescued)::float8 AS rescued, sum(estimated)::float8 AS estimated,
  (count(*) - count(cost))::float8 AS unpriced,
  coalesce(sum(dollars), 0)::text AS cost_dollars, coalesce(sum(picos), 0)::text AS cost_picos,
  coalesce(sum(dollars) FILTER (WHERE estimated = 1), 0)::text AS cost_estimated_dollars,
  coalesce(sum(picos) FILTER (WHERE estimated = 1), 0)::text AS cost_estimated_picos`

/** Each time of an entry as a row of its own. */
const timed =
  `CROSS JOIN LATERAL (VALUES (0, duration_slot), (1, first_token_slot), (2, speed_slot)) AS timed(measure, slot)`
const measures = ["duration", "first_token", "speed"] as const

const valueOf = (dimension: Dimension, names: ReadonlyMap<number, string>, value: unknown): string | null => {
  if (dimension === "gateway") return names.get(Number(value)) ?? null
  if (value === null || value === undefined) return null
  if (dimension === "cached") return String(value === 1)
  return dimension.startsWith("metadata.") ? JSON.parse(String(value)) as string : String(value)
}

/** When the bucket of an entry begins. */
const timeOf = (buckets: Buckets, part: TimeSlice, add: Parameters): string => {
  if (buckets.width !== undefined) {
    return `(floor(created::float8 / ${buckets.width}) * ${buckets.width})::float8`
  }
  const starts = buckets.partsOf(part).map(({ since }) => since)
  if (starts.length < 2) return `${add.one("float8", buckets.startOf(part.since))}`
  const list = add.list("int8", starts)
  // Each part lies in one bucket: its own beginning stands for that.
  return `((${list})[width_bucket(created, ${list})])::float8`
}

/** How many hourly rows are added up before others may run. */
const rowsAtOnce = 200
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

/** Gateways that are shown from the same time on. */
const bySince = (
  gateways: ReadonlyArray<Shown>,
  from: number,
): ReadonlyArray<readonly [number, ReadonlyArray<number>]> => {
  const groups = new Map<number, Array<number>>()
  for (const { scope, since } of gateways) {
    const begin = Math.max(from, since)
    const group = groups.get(begin)
    if (group === undefined) groups.set(begin, [scope])
    else group.push(scope)
  }
  return [...groups]
}

/** Asks for the aggregates of entries, divided in one way. */
const askEntries = async (
  ask: Query,
  { by, buckets, into }: Part,
  conditions: Conditions,
  scopes: ReadonlyArray<number>,
  slice: TimeSlice,
  names: ReadonlyMap<number, string>,
): Promise<void> => {
  const asked = (columns: string, join: string, more: string, rest: ReadonlyArray<number>) => {
    const add = parameters()
    const groups = [
      `${timeOf(buckets, slice, add)} AS time`,
      ...by.map((dimension, index) => `${dimensionOf(dimension, add)} AS d${index}`),
    ]
    return ask(
      `SELECT ${[...groups, columns].join(", ")} FROM basegate.entry ${join}
       WHERE scope = ANY(${add.list("int4", scopes)}) AND created >= ${add.one("int8", slice.since)}
         AND created < ${add.one("int8", slice.until)} AND ${whereOf(conditions, undefined, add)}${more}
       GROUP BY ${[...groups.map((_, index) => index + 1), ...rest].join(", ")}`,
      add.values,
    )
  }
  const next = by.length + 2
  const [sums, times] = await Promise.all([
    asked(summed, "", "", []),
    asked("measure, slot, count(*)::float8 AS counted", timed, " AND slot IS NOT NULL", [next, next + 1]),
  ])
  const cellOf = (row: Row) => {
    const group: Group = by.map((name, index) => valueOf(name, names, row[`d${index}`]))
    return into.cell(Number(row["time"]), group)
  }
  for (const row of sums) {
    const cell = cellOf(row)
    for (const name of counts) cell[name] += Number(row[name])
    for (const name of ["cost", "cost_estimated"] as const) {
      cell[name] += picoOfParts(0, BigInt(String(row[`${name}_picos`]))) +
        BigInt(String(row[`${name}_dollars`])) * picoOfParts(1, 0)
    }
  }
  for (const row of times) {
    const measure = measures[Number(row["measure"])]
    if (measure !== undefined) count(cellOf(row)[measure], Number(row["slot"]), Number(row["counted"]))
  }
}

/** What entries of an hour's row have in common. */
interface Hourly {
  readonly scope: number
  readonly kind: RollupKind
}

/** Asks for the aggregates of whole hours, divided in several ways. */
const askHours = async (
  ask: Query,
  rollup: Rollup,
  parts: ReadonlyArray<Part>,
  conditions: Conditions,
  scopes: ReadonlyArray<number>,
  { since, until }: TimeSlice,
  names: ReadonlyMap<number, string>,
): Promise<void> => {
  if (since >= until) return
  const passes = kindFilter(rollup, conditions)
  const rows = await ask(
    `SELECT scope, hour::float8 AS hour, kind, figures FROM basegate.${rollup.table}
     WHERE scope = ANY($1::text[]::int4[]) AND hour >= $2::text::int8 AND hour < $3::text::int8 ORDER BY hour`,
    [scopes.map(String), String(since), String(until)],
  )
  const stage = stageOf<Hourly>(parts, (by, { scope, kind }) => groupOf(by, names.get(scope) ?? "", kind))
  for (const [index, row] of rows.entries()) {
    if (index % rowsAtOnce === rowsAtOnce - 1) await turn()
    const [scope, text] = [Number(row["scope"]), String(row["kind"])]
    const kind = passes(text)
    if (kind === undefined) continue
    const figures = JSON.parse(String(row["figures"])) as HeldFigures
    stage.add(Number(row["hour"]), `${scope} ${text}`, { scope, kind }, figures)
  }
  stage.merge()
}

const isOfHours = ({ buckets: { width = hourLength } }: Part): boolean => width % hourLength === 0

/** Whether no bucket begins within an hour, as the days of some time zones do. */
const areWhole = (slice: TimeSlice, parts: ReadonlyArray<Part>): boolean =>
  parts.every(({ buckets }) => buckets.partsOf(slice).slice(1).every(({ since }) => since % hourLength === 0))

/** Answers questions for figures of some gateways: of each division its rows. */
export const readAnalytics = async (
  ask: Query,
  selection: AnalyticsSelection,
  divisions: ReadonlyArray<AnalyticsDivision>,
  gateways: ReadonlyArray<Shown>,
): Promise<ReadonlyArray<ReadonlyArray<AnalyticsRow>>> => {
  const conditions = conditionsOf(selection.filters)
  const names = new Map(gateways.map(({ scope, gateway }) => [scope, gateway]))
  const parts = partsOf(selection, divisions)
  const rest = new Set(parts)
  const ofHours = [byKind, byToken].map((rollup) => {
    const found = asksOf(rollup, conditions)
      ? [...rest].filter((part) => isOfHours(part) && dividesBy(rollup, part.by))
      : []
    for (const part of found) rest.delete(part)
    return { rollup, found }
  })
  for (const [begin, scopes] of bySince(gateways, Math.max(selection.since, conditions.since))) {
    const slice = sliceOf(begin, Math.min(selection.until, conditions.until))
    if (slice.since >= slice.until) continue
    for (const part of rest) await askEntries(ask, part, conditions, scopes, slice, names)
    for (const { rollup, found } of ofHours) {
      if (found.length === 0) continue
      for (const stretch of areWhole(slice, found) ? [slice] : stretchesOf(slice, found)) {
        const { hours, rest: edges } = wholeHours(stretch)
        await askHours(ask, rollup, found, conditions, scopes, hours, names)
        for (const edge of edges) {
          for (const part of found) await askEntries(ask, part, conditions, scopes, edge, names)
        }
      }
    }
  }
  return parts.map(({ into }) => into.rows())
}
