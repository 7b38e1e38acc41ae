/**
 * Aggregates from Postgres: from the hourly rows if the query uses rollup dimensions alone; from kept divisions
 * (`kept-divisions.ts`) if it groups by others and has no filters; otherwise from the entries.
 *
 * @module
 */
import type { PostgresDatabase, Query } from "../../postgres/database.ts"
import type { StatementValues } from "../../postgres/statement-values.ts"
import { type Group, groupOf } from "../analytics.ts"
import type { Buckets } from "../buckets.ts"
import { type Conditions, conditionsOf } from "../conditions.ts"
import type { AnalyticsDivision, AnalyticsRow, AnalyticsSelection, Dimension } from "../analytics-query.ts"
import { distinct, divisionParts, type Part, stageOf, stretchesOf } from "../sqlite/divisions.ts"
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
import { forSomeAtOnce, inDays } from "./day-slices.ts"
import { bucketSql, readCells } from "./entry-cells.ts"
import { readDivision } from "./kept-divisions.ts"

/** A gateway, and the earliest time from which its entries are shown. */
interface Shown {
  readonly scope: number
  readonly gateway: string
  readonly since: number
}

/** SQL for the beginning of an entry's bucket. */
const timeOf = (buckets: Buckets, part: TimeSlice, add: StatementValues): string => {
  if (buckets.width !== undefined) return bucketSql(buckets.width)
  const starts = buckets.partsOf(part).map(({ since }) => since)
  if (starts.length < 2) return `${add.one("float8", buckets.startOf(part.since))}`
  const list = add.list("int8", starts)
  // Each part lies in one bucket, so its own beginning identifies the bucket.
  return `((${list})[width_bucket(created, ${list})])::float8`
}

/** The number of hourly rows that are added before other work may run. */
const rowsAtOnce = 200
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

/** Groups gateways by the time from which their entries are shown. */
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

/** Gathers entries for a part, one day at a time. */
const fromEntries = async (
  database: PostgresDatabase,
  { by, buckets, into }: Part,
  conditions: Conditions,
  scopes: ReadonlyArray<number>,
  slice: TimeSlice,
  names: ReadonlyMap<number, string>,
): Promise<void> =>
  await forSomeAtOnce(await inDays(database.query, slice), async (day) => {
    const time = (add: StatementValues) => timeOf(buckets, day, add)
    await database.snapshot((query) =>
      readCells(
        query,
        { scopes, slice: day, conditions, time, by },
        names,
        ({ time, group, figures }) => into.merge(time, group, figures),
      )
    )
  })

/** What the entries of an hourly row have in common. */
interface Hourly {
  readonly scope: number
  readonly kind: RollupKind
}

/** Reads the aggregates of whole hours, for several parts. */
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

/** Gathers whole hours from kept divisions, for parts with the same dimensions and no filters. */
const fromKept = async (
  database: PostgresDatabase,
  parts: ReadonlyArray<Part>,
  scopes: ReadonlyArray<number>,
  hours: TimeSlice,
  gateways: ReadonlyMap<number, string>,
  now: number,
): Promise<void> => {
  if (hours.since >= hours.until) return
  const names = dividing(parts[0] as Part)
  const stage = stageOf<{ readonly scope: number; readonly group: Group }>(
    parts,
    (by, { scope, group }) =>
      by.map((name) => name === "gateway" ? gateways.get(scope) ?? null : group[names.indexOf(name)] ?? null),
  )
  const unread = await readDivision(database, { names, scopes, hours, now }, ({ scope, hour }, cells) => {
    for (const [group, figures] of cells) {
      stage.add(hour, JSON.stringify([scope, group]), { scope, group }, figures)
    }
  })
  stage.merge()
  for (const { scope, slice } of unread) {
    for (const part of parts) await fromEntries(database, part, noConditions, [scope], slice, gateways)
  }
}

/** The dimensions of a part except the gateway, sorted. */
const dividing = ({ by }: Part): ReadonlyArray<Dimension> =>
  by.filter((name) => name !== "gateway").toSorted()

/** Groups parts by their dimensions. */
const alike = (parts: ReadonlyArray<Part>): ReadonlyArray<ReadonlyArray<Part>> => {
  const keys = distinct(parts.map((part) => dividing(part).join()))
  return keys.map((key) => parts.filter((part) => dividing(part).join() === key))
}

const noConditions: Conditions = { since: -Infinity, until: Infinity, fields: [], pairs: [] }

const isOfHours = ({ buckets: { width = hourLength } }: Part): boolean => width % hourLength === 0

/** Whether every bucket begins on a full hour; the days of some time zones do not. */
const areWhole = (slice: TimeSlice, parts: ReadonlyArray<Part>): boolean =>
  parts.every(({ buckets }) => buckets.partsOf(slice).slice(1).every(({ since }) => since % hourLength === 0))

/** A way to read whole hours, and the parts to read them for. */
interface HourReader {
  readonly parts: ReadonlyArray<Part>
  readonly read: (scopes: ReadonlyArray<number>, hours: TimeSlice) => Promise<void>
}

/** Returns the rows of each division for some gateways. `now` is in milliseconds since 1970. */
export const readAnalytics = async (
  database: PostgresDatabase,
  selection: AnalyticsSelection,
  divisions: ReadonlyArray<AnalyticsDivision>,
  gateways: ReadonlyArray<Shown>,
  now: number,
): Promise<ReadonlyArray<ReadonlyArray<AnalyticsRow>>> => {
  const conditions = conditionsOf(selection.filters)
  const isFiltered = conditions.fields.length + conditions.pairs.length > 0
  const names = new Map(gateways.map(({ scope, gateway }) => [scope, gateway]))
  const parts = divisionParts(selection, divisions)
  const rest = new Set(parts)
  const readers: Array<HourReader> = []
  const claim = (found: ReadonlyArray<Part>, read: HourReader["read"]): void => {
    for (const part of found) rest.delete(part)
    if (found.length > 0) readers.push({ parts: found, read })
  }
  for (const rollup of [byKind, byToken]) {
    if (!asksOf(rollup, conditions)) continue
    const found = [...rest].filter((part) => isOfHours(part) && dividesBy(rollup, part.by))
    claim(
      found,
      (scopes, hours) =>
        database.snapshot((query) => askHours(query, rollup, found, conditions, scopes, hours, names)),
    )
  }
  if (!isFiltered) {
    for (const found of alike([...rest].filter(isOfHours))) {
      claim(found, (scopes, hours) => fromKept(database, found, scopes, hours, names, now))
    }
  }
  for (const [begin, scopes] of bySince(gateways, Math.max(selection.since, conditions.since))) {
    const slice = sliceOf(begin, Math.min(selection.until, conditions.until))
    if (slice.since >= slice.until) continue
    for (const part of rest) await fromEntries(database, part, conditions, scopes, slice, names)
    for (const { parts: found, read } of readers) {
      for (const stretch of areWhole(slice, found) ? [slice] : stretchesOf(slice, found)) {
        const { hours, rest: edges } = wholeHours(stretch)
        await read(scopes, hours)
        for (const edge of edges) {
          for (const part of found) await fromEntries(database, part, conditions, scopes, edge, names)
        }
      }
    }
  }
  return parts.map(({ into }) => into.rows())
}
