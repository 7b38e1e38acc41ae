/**
 * The hourly rows that are added when entries are written or removed.
 *
 * Rows are added, never changed, so that gateways that write at once do not wait for each other. `rollup-merge.ts`
 * merges them afterwards.
 *
 * @module
 */
import { addFacts, type Aggregates, emptyAggregates, noTally, type Tally, tallyFacts } from "../aggregates.ts"
import type { FilterableFields } from "../filterable-fields.ts"
import { figuresText } from "../sqlite/hourly.ts"
import { byKind, byToken, kindText } from "../sqlite/rollup-dimensions.ts"
import type { Query } from "../../postgres/database.ts"
import { forgetHours, hourOf, type ScopeHour } from "./hour-locks.ts"
import { rangeColumns } from "./schema.ts"

/** The figures of an hour's entries of one kind, with their ranges. */
export interface HourlyFigures {
  readonly scope: number
  readonly hour: number
  readonly kind: string
  readonly figures: Aggregates
  readonly tally: Tally
  /** Whether the ranges have to be recomputed, since entries were removed. */
  stale: boolean
}

/** A range as its two columns. */
const rangesOf = ({ ranges }: Tally): Record<string, number | null> =>
  Object.fromEntries(rangeColumns.flatMap((name) => {
    const { min, max } = ranges[name === "tokens" ? "total_tokens" : name]
    return [[`min_${name}`, min], [`max_${name}`, max]]
  }))

const rowOf = ({ scope, hour, kind, figures }: HourlyFigures, merged: boolean) => ({
  scope,
  hour,
  kind,
  requests: figures.requests,
  figures: figuresText(figures),
  merged,
})

/** Adds rows. */
export const insertHourly = async (
  query: Query,
  all: ReadonlyArray<HourlyFigures>,
  merged: boolean,
): Promise<void> => {
  if (all.length === 0) return
  const rows = all.map((each) => ({ ...rowOf(each, merged), stale: each.stale, ...rangesOf(each.tally) }))
  await query(
    "INSERT INTO basegate.hourly SELECT * FROM json_populate_recordset(NULL::basegate.hourly, $1::text::json)",
    [JSON.stringify(rows)],
  )
}

/** Adds rows by token, which have no ranges. */
export const insertHourlyTokens = async (
  query: Query,
  all: ReadonlyArray<HourlyFigures>,
  merged: boolean,
): Promise<void> => {
  if (all.length === 0) return
  await query(
    "INSERT INTO basegate.hourly_token SELECT * FROM " +
      "json_populate_recordset(NULL::basegate.hourly_token, $1::text::json)",
    [JSON.stringify(all.map((each) => rowOf(each, merged)))],
  )
}

/** Gathers the rows of entries. */
export interface HourlyRows {
  readonly note: (scope: number, facts: FilterableFields) => void
  /** Must be called within the transaction that writes or deletes the entries. */
  readonly write: (query: Query) => Promise<void>
}

/** Begins to gather; `sign` is -1 for entries that are removed. */
export const gatherHourlyRows = (sign: 1 | -1): HourlyRows => {
  const kinds = new Map<string, HourlyFigures>()
  const tokens = new Map<string, HourlyFigures>()
  const hours = new Map<string, ScopeHour>()
  const noteIn = (
    into: Map<string, HourlyFigures>,
    scope: number,
    kind: string,
    facts: FilterableFields,
  ): HourlyFigures => {
    const { hour } = hourOf(scope, facts.created)
    const key = `${scope} ${hour} ${kind}`
    const found = into.get(key) ??
      { scope, hour, kind, figures: emptyAggregates(), tally: noTally(), stale: sign < 0 }
    into.set(key, found)
    addFacts(found.figures, facts, sign)
    return found
  }
  return {
    note: (scope, facts) => {
      const { tally } = noteIn(kinds, scope, kindText(byKind, facts), facts)
      if (sign > 0) tallyFacts(tally, facts)
      const { hour } = noteIn(tokens, scope, kindText(byToken, facts), facts)
      hours.set(`${scope} ${hour}`, { scope, hour })
    },
    write: async (query) => {
      await forgetHours(query, [...hours.values()])
      await insertHourly(query, [...kinds.values()], false)
      await insertHourlyTokens(query, [...tokens.values()], false)
    },
  }
}
