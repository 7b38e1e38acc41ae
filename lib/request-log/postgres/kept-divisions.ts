/**
 * Aggregates of whole hours, grouped by dimensions for which there are no hourly rows, such as a metadata key. Once
 * an hour is over, its aggregates are kept when they are first computed, for all gateways that use the database.
 * Before that, and if there are too many groups to keep, they are computed from the entries.
 *
 * @module
 */
import { type PostgresDatabase, PostgresProblem, type Query } from "../../postgres/database.ts"
import type { Group } from "../analytics.ts"
import type { Conditions } from "../conditions.ts"
import type { Dimension } from "../analytics-query.ts"
import { type HeldFigures, heldFigures, hourLength } from "../sqlite/hourly.ts"
import type { TimeSlice } from "../time-slice.ts"
import { bucketSql, readCells } from "./entry-cells.ts"
import { dayOf } from "./schema.ts"
import { lockHours, type ScopeHour } from "./hour-locks.ts"
import { forSomeAtOnce } from "./day-slices.ts"

/** The longest text that is kept for one hour of one division: a few hundred groups. */
const mostText = 65_536

/** The aggregates of one group within an hour. */
type HourCell = readonly [group: Group, figures: HeldFigures]

/** Receives the aggregates of a gateway's hour. */
export type TakeHour = (of: ScopeHour, cells: ReadonlyArray<HourCell>) => void

/** Which hours to read, and how they are grouped. */
export interface KeptQuestion {
  /** The dimensions, sorted, without the gateway. */
  readonly names: ReadonlyArray<Dimension>
  readonly scopes: ReadonlyArray<number>
  /** A slice of whole hours. */
  readonly hours: TimeSlice
  /** In milliseconds since 1970. Hours that are not over by then are not kept. */
  readonly now: number
}

const all: Conditions = { since: -Infinity, until: Infinity, fields: [], pairs: [] }

/** Hours of a gateway that the caller still has to read from their entries. */
export interface Unread {
  readonly scope: number
  readonly slice: TimeSlice
}

/** The number of hours that are added before other work may run. */
const hoursAtOnce = 200

const keyOf = ({ scope, hour }: ScopeHour): string => `${scope} ${hour}`
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

/** An hour with entries, and its kept aggregates, if any. */
interface KnownHour extends ScopeHour {
  readonly cells: string | undefined
}

/** The hours that have entries, by gateway and time. */
const readKept = async (
  query: Query,
  { scopes, hours }: KeptQuestion,
  division: string,
): Promise<ReadonlyArray<KnownHour>> => {
  // The previous version writes entries without invalidating what was kept, which shows in the number of requests.
  const rows = await query(
    `SELECT known.scope, known.hour::float8 AS hour, cells FROM (
       SELECT scope, hour, sum(requests) AS requests FROM basegate.hourly_token
       WHERE scope = ANY($1::text[]::int4[]) AND hour >= $2::text::int8 AND hour < $3::text::int8 GROUP BY 1, 2
     ) AS known LEFT JOIN basegate.hourly_division AS kept ON kept.scope = known.scope AND kept.hour = known.hour
       AND kept.division = $4::text AND kept.requests = known.requests
     WHERE known.requests > 0 ORDER BY 1, 2`,
    [scopes.map(String), String(hours.since), String(hours.until), division],
  )
  return rows.map(({ scope, hour, cells }) => ({
    scope: Number(scope),
    hour: Number(hour),
    cells: typeof cells === "string" ? cells : undefined,
  }))
}

/** Joins hours that are not kept into as few slices as possible, with no kept hour in between. */
const runsOf = (known: ReadonlyArray<KnownHour>): ReadonlyArray<Unread> => {
  const runs: Array<{ readonly scope: number; readonly slice: { since: number; until: number } }> = []
  let isOpen = false
  for (const { scope, hour, cells } of known) {
    const last = runs.at(-1)
    if (cells !== undefined) isOpen = false
    else if (isOpen && last?.scope === scope) last.slice.until = hour + hourLength
    else {
      runs.push({ scope, slice: { since: hour, until: hour + hourLength } })
      isOpen = true
    }
  }
  return runs
}

/** Groups hours by day, the newest first. */
const byDay = (hours: ReadonlyArray<ScopeHour>): ReadonlyArray<ReadonlyArray<ScopeHour>> => {
  const days = new Map<number, Array<ScopeHour>>()
  for (const each of hours) {
    const day = days.get(dayOf(each.hour))
    if (day === undefined) days.set(dayOf(each.hour), [each])
    else day.push(each)
  }
  return [...days].sort(([one], [other]) => other - one).map(([, each]) => each)
}

interface FoundHour {
  readonly of: ScopeHour
  readonly cells: Array<HourCell>
}

/** An hour with its aggregates in the form in which they are kept. */
interface WrittenHour extends FoundHour {
  readonly text: string
}

/** Reads hours of one day from their entries. */
const readHours = async (
  query: Query,
  names: ReadonlyArray<Dimension>,
  hours: ReadonlyArray<ScopeHour>,
): Promise<ReadonlyArray<FoundHour>> => {
  const found = new Map<string, FoundHour>(hours.map((of) => [keyOf(of), { of, cells: [] }]))
  const times = hours.map(({ hour }) => hour)
  const distinction = {
    scopes: [...new Set(hours.map(({ scope }) => scope))],
    slice: { since: Math.min(...times), until: Math.max(...times) + hourLength },
    conditions: all,
    time: () => bucketSql(hourLength),
    by: names,
    byScope: true,
  }
  await readCells(query, distinction, new Map(), ({ scope, time, group, figures }) => {
    found.get(keyOf({ scope, hour: time }))?.cells.push([group, heldFigures(figures)])
  })
  return [...found.values()]
}

const keep = async (query: Query, division: string, hours: ReadonlyArray<WrittenHour>): Promise<void> => {
  if (hours.length === 0) return
  await query(
    `INSERT INTO basegate.hourly_division (scope, hour, division, requests, cells)
     SELECT scope, hour, $3::text, requests, cells
     FROM unnest($1::text[]::int4[], $2::text[]::int8[], $4::text[]::int8[], $5::text[])
       AS found(scope, hour, requests, cells)
     ON CONFLICT (scope, hour, division) DO UPDATE SET requests = excluded.requests, cells = excluded.cells`,
    [
      hours.map(({ of: { scope } }) => String(scope)),
      hours.map(({ of: { hour } }) => String(hour)),
      division,
      hours.map(({ cells }) => String(cells.reduce((sum, [, [totals]]) => sum + Number(totals[0]), 0))),
      hours.map(({ text }) => text),
    ],
  )
}

/** Reads hours of one day, and keeps those that are over; returns whether one has too many groups to keep. */
const readAndKeep = async (
  database: PostgresDatabase,
  names: ReadonlyArray<Dimension>,
  division: string,
  hours: ReadonlyArray<ScopeHour>,
  now: number,
  take: TakeHour,
): Promise<boolean> => {
  let isTooFine = false
  const read = async (query: Query, locked: ReadonlyArray<ScopeHour>) => {
    const mine = new Set(locked.map(keyOf))
    const found = await readHours(query, names, hours)
    const written = found.map((each) => ({ ...each, text: JSON.stringify(each.cells) }))
    const few = written.filter(({ text }) => text.length <= mostText)
    isTooFine = few.length < written.length
    await keep(query, division, few.filter(({ of }) => mine.has(keyOf(of))))
    return found
  }
  const over = hours.filter(({ hour }) => hour + hourLength <= now)
  const found = await database.transaction(async (query) => await read(query, await lockHours(query, over)))
    .catch((cause: unknown) => {
      // A database user that may not write can still read.
      if (!(cause instanceof PostgresProblem) || !cause.isForbidden) throw cause
      return read(database.query, [])
    })
  for (const { of, cells } of found) take(of, cells)
  return isTooFine
}

/**
 * Passes the aggregates of hours to `take`. Returns the hours left over, if they have too many groups to keep:
 * reading those one by one would cost more than all at once.
 */
export const readDivision = async (
  database: PostgresDatabase,
  question: KeptQuestion,
  take: TakeHour,
): Promise<ReadonlyArray<Unread>> => {
  const { names, now } = question
  const division = JSON.stringify(names)
  const known = await readKept(database.query, question, division)
  for (const [index, { cells, ...of }] of known.entries()) {
    if (index % hoursAtOnce === hoursAtOnce - 1) await turn()
    if (cells !== undefined) take(of, JSON.parse(cells) as ReadonlyArray<HourCell>)
  }
  const [first, ...others] = byDay(known.filter(({ cells }) => cells === undefined))
  if (first === undefined) return []
  if (await readAndKeep(database, names, division, first, now, take)) {
    const read = new Set(first)
    return runsOf(known.map((each) => read.has(each) ? { ...each, cells: "" } : each))
  }
  await forSomeAtOnce(others, async (hours) => {
    await readAndKeep(database, names, division, hours, now, take)
  })
  return []
}
