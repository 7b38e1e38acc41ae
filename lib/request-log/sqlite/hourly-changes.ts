/**
 * Keeps the hourly rows in step with the entries.
 *
 * @module
 */
import type { FilterableFields } from "../filterable-fields.ts"
import {
  addAggregates,
  addFacts,
  addTally,
  type Aggregates,
  emptyAggregates,
  noTally,
  rangeNames,
  type Tally,
  tallyFacts,
} from "../aggregates.ts"
import type { Database } from "../../sqlite/database.ts"
import { figuresOf, figuresText, hourLength, rangesOf, rangesText } from "./hourly.ts"
import { byKind, byToken, kindText } from "./rollup-dimensions.ts"

/** The changes of one hourly row. */
interface PlainChange {
  readonly scope: number
  readonly hour: number
  readonly kind: string
  readonly figures: Aggregates
}
interface Change extends PlainChange {
  readonly added: Tally
  readonly removed: Tally
}

/** Changes that are gathered before they are written. */
export interface Changes {
  readonly note: (scope: number, facts: FilterableFields, sign: 1 | -1) => void
  /** Must be called within the transaction that writes or deletes the entries. */
  readonly write: () => void
}

/** Whether a removed entry was at an end of the ranges, which then have to be recomputed. */
const reached = (ranges: Tally["ranges"], removed: Tally["ranges"]): boolean =>
  rangeNames.some((name) => {
    const [all, gone] = [ranges[name], removed[name]]
    if (all.min === null || all.max === null || gone.min === null || gone.max === null) return false
    return gone.min <= all.min || gone.max >= all.max
  })

/** `null` if the ranges have to be recomputed, which the next query that needs them does. */
const changedRanges = (text: string | null, { added, removed }: Change): string | null => {
  if (text === null) return null
  const tally: Tally = { total: 0, ranges: rangesOf(text) }
  addTally(tally, added)
  return reached(tally.ranges, removed.ranges) ? null : rangesText(tally.ranges)
}

/** Prepares to change the rows. */
export const hourlyChanges = (database: Database): () => Changes => {
  const where = "WHERE scope = ? AND hour = ? AND kind = ?"
  const read = database.prepare(`SELECT ranges, figures FROM hourly ${where}`)
  const remove = database.prepare(`DELETE FROM hourly ${where}`)
  const write = database.prepare("INSERT OR REPLACE INTO hourly VALUES (?, ?, ?, ?, ?, ?)")
  const readToken = database.prepare(`SELECT figures FROM hourly_token ${where}`)
  const removeToken = database.prepare(`DELETE FROM hourly_token ${where}`)
  const writeToken = database.prepare("INSERT OR REPLACE INTO hourly_token VALUES (?, ?, ?, ?, ?)")

  const apply = (change: Change): void => {
    const { scope, hour, kind } = change
    const row = read.get(scope, hour, kind)
    const sum = row === undefined ? emptyAggregates() : figuresOf(String(row["figures"]))
    addAggregates(sum, change.figures)
    if (sum.requests <= 0) return void remove.run(scope, hour, kind)
    const before = row === undefined ? rangesText(noTally().ranges) : row["ranges"] as string | null
    write.run(scope, hour, kind, sum.requests, changedRanges(before, change), figuresText(sum))
  }

  const applyToken = ({ scope, hour, kind, figures }: PlainChange): void => {
    const row = readToken.get(scope, hour, kind)
    const sum = row === undefined ? emptyAggregates() : figuresOf(String(row["figures"]))
    addAggregates(sum, figures)
    if (sum.requests <= 0) removeToken.run(scope, hour, kind)
    else writeToken.run(scope, hour, kind, sum.requests, figuresText(sum))
  }

  const forget = database.prepare("DELETE FROM hourly_division WHERE scope = ? AND hour = ?")

  return () => {
    const changes = new Map<string, Change>()
    const ofTokens = new Map<string, PlainChange>()
    const noteToken = (scope: number, hour: number, facts: FilterableFields, sign: 1 | -1): void => {
      const kind = kindText(byToken, facts)
      const key = `${scope} ${hour} ${kind}`
      let change = ofTokens.get(key)
      if (change === undefined) {
        change = { scope, hour, kind, figures: emptyAggregates() }
        ofTokens.set(key, change)
      }
      addFacts(change.figures, facts, sign)
    }
    return {
      note: (scope, facts, sign) => {
        const hour = Math.floor(facts.created / hourLength) * hourLength
        const kind = kindText(byKind, facts)
        const key = `${scope} ${hour} ${kind}`
        let change = changes.get(key)
        if (change === undefined) {
          change = { scope, hour, kind, figures: emptyAggregates(), added: noTally(), removed: noTally() }
          changes.set(key, change)
        }
        addFacts(change.figures, facts, sign)
        tallyFacts(sign === 1 ? change.added : change.removed, facts)
        noteToken(scope, hour, facts, sign)
      },
      write: () => {
        changes.forEach(apply)
        // Every changed hour has at least one row of tokens.
        for (const change of ofTokens.values()) {
          applyToken(change)
          forget.run(change.scope, change.hour)
        }
      },
    }
  }
}
