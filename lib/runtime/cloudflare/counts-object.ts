/**
 * The counts of one gateway in a Durable Object: rates and budgets for all isolates, wherever they run.
 *
 * An object answers one question at a time, so its counts are exact. All rules of a call are in one object, which
 * takes from all or none of them in one round trip; separate objects for rules or callers could not do that.
 *
 * @module
 */
import type { Database } from "../../sqlite/database.ts"
import type { SpendQuery, SpentPage } from "../../store/counter.ts"
import type { Charge, Counted, Lease, Take, Taken } from "../../store/counted.ts"
import { countingStore } from "../../store/counting-store.ts"
import { openSpendTable } from "../../store/sqlite/spend-table.ts"
import { periodsOf } from "../../store/windows.ts"
import type { PeriodLength } from "../../time/calendar.ts"

/** A count as it is sent. */
export interface SentCounted {
  readonly gateway: string
  readonly name: string
  readonly overflow?: string
  readonly rule?: string
  /** The partition in readable form. */
  readonly partition?: ReadonlyArray<string>
  readonly limit: number
  readonly of: PeriodLength
  readonly technique: "fixed" | "sliding"
  readonly reserves?: boolean
}

/** A take as it is sent. */
export interface SentTake extends Omit<Take, "counted"> {
  readonly counted: SentCounted
}
/** A charge as it is sent. */
export interface SentCharge extends Omit<Charge, "counted"> {
  readonly counted: SentCounted
}

/** What the object does. */
export interface CountsObject {
  readonly take: (takes: ReadonlyArray<SentTake>, lease?: Lease) => Taken
  /**
   * Counts charges, once under a mark, and releases what is reserved under it.
   *
   * @param mark empty to count each time that it is called
   * @returns the object's time
   */
  readonly settle: (mark: string, charges: ReadonlyArray<SentCharge>) => number
  readonly list: (query: SpendQuery) => SpentPage
  /** Whether this is the first call with a key within `ttl` milliseconds. */
  readonly once: (key: string, ttl: number) => boolean
  readonly ping: () => number
}

/** The most rows of either kind: beyond it, new partitions of a rule share one budget, and the rates that expire first are forgotten. */
const mostRows = 100_000

const countedOf = (
  { gateway, name, overflow, rule, partition = [], limit, of, technique, reserves = false }: SentCounted,
): Counted => ({
  count: {
    gateway,
    name,
    overflow,
    spend: rule === undefined ? undefined : { rule, partition: () => partition },
  },
  window: {
    limit,
    technique,
    periods: typeof of === "number" ? periodsOf(of / 1000, "UTC") : periodsOf(...of),
  },
  reserves,
})

/** Prepares the counts in a database. */
export const makeCountsObject = (
  database: Database,
  clock: { readonly wall: () => number },
): CountsObject => {
  const table = openSpendTable(database, mostRows, true)
  const store = countingStore({ add: table.add, spent: table.list }, clock, table)
  const charged = (charges: ReadonlyArray<SentCharge>): ReadonlyArray<Charge> =>
    charges.map(({ counted, by }) => ({ counted: countedOf(counted), by }))
  return {
    take: (takes, lease) =>
      store.take(takes.map((each) => ({ ...each, counted: countedOf(each.counted) })), lease),
    settle: (mark, charges) => {
      if (mark === "") store.charge(charged(charges))
      else store.settle(mark, charged(charges))
      return clock.wall()
    },
    list: store.spent,
    once: (key, ttl) => table.once(key, ttl, clock.wall()),
    ping: clock.wall,
  }
}

/** The tables whose rows expire. */
const ending = ["spend", "rates", "holds", "once"]

/** Removes what has expired. Returns when the next row expires; `undefined` if nothing is left. */
export const sweepCounts = (database: Database, now: number): number | undefined => {
  let next: number | undefined
  for (const table of ending) {
    database.prepare(`DELETE FROM ${table} WHERE ends <= ?`).run(now)
    const first = database.prepare(`SELECT min(ends) AS ends FROM ${table}`).get()?.["ends"]
    if (typeof first === "number") next = Math.min(next ?? first, first)
  }
  return next
}
