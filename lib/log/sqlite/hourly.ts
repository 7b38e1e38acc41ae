/**
 * What the entries of whole hours come to, by gateway and kind of entry: kept in step with each writing, so that
 * questions about a million entries are answered from some thousand rows.
 *
 * @module
 */
import type { Dimension } from "../query.ts"
import type { Conditions } from "../conditions.ts"
import type { Facts } from "../facts.ts"
import {
  addFacts,
  addFigures,
  addTally,
  type Figures,
  noFigures,
  noTally,
  rangeNames,
  sums,
  type Tally,
  tallyFacts,
} from "../figures.ts"
import { fulfils } from "../filter.ts"
import type { Histogram } from "../histogram.ts"
import type { Database } from "./database.ts"

/** An hour in milliseconds. Hours are told by their beginning, since 1970. */
export const hourLength = 3_600_000

/** The facts that entries of one kind share. */
export type Kind = Pick<Facts, "provider" | "model" | "status" | "success" | "cached">

/** A kind as text, by which its row is found. */
export const kindText = ({ provider, model, status, success, cached }: Kind): string =>
  JSON.stringify([provider, model, status, success, cached])

/** The facts that a kind's text tells. */
export const kindOf = (text: string): Kind => {
  const [provider, model, status, success, cached] = JSON.parse(text) as [
    Kind["provider"],
    Kind["model"],
    Kind["status"],
    Kind["success"],
    Kind["cached"],
  ]
  return { provider, model, status, success, cached }
}

const kindKeys: ReadonlySet<string> = new Set(["provider", "model", "status_code", "success", "cached"])
const kindDimensions: ReadonlySet<string> = new Set(["provider", "model", "status", "cached", "gateway"])

/** Whether conditions ask about kinds alone, and not about single entries. */
export const asksKinds = ({ fields, pairs }: Conditions, search?: string): boolean =>
  (search ?? "") === "" && pairs.length === 0 && fields.every(({ key }) => kindKeys.has(key))

/** Whether dimensions tell kinds apart, and no more. */
export const dividesKinds = (by: ReadonlyArray<Dimension>): boolean =>
  by.every((dimension) => kindDimensions.has(dimension))

/** Whether a kind fulfils conditions; asked once for each text of a kind. */
export const kindFilter = ({ fields }: Conditions): (text: string) => Kind | undefined => {
  const known = new Map<string, Kind | undefined>()
  return (text) => {
    if (known.has(text)) return known.get(text)
    const kind = kindOf(text)
    const answer = fields.every((condition) => fulfils(kind, condition)) ? kind : undefined
    known.set(text, answer)
    return answer
  }
}

const flat = (histogram: Histogram): ReadonlyArray<number> => [...histogram].flat()
const unflat = (counts: ReadonlyArray<number>): Histogram => {
  const histogram: Histogram = new Map()
  for (let index = 0; index < counts.length; index += 2) {
    histogram.set(counts[index] ?? 0, counts[index + 1] ?? 0)
  }
  return histogram
}

const figuresText = (figures: Figures): string =>
  JSON.stringify([sums.map((name) => figures[name]), flat(figures.duration), flat(figures.first_token)])

/** The figures that a row holds. */
export const figuresOf = (text: string): Figures => {
  const [totals, duration, firstToken] = JSON.parse(text) as [Array<number>, Array<number>, Array<number>]
  const figures = { ...noFigures(), duration: unflat(duration), first_token: unflat(firstToken) }
  for (const [index, name] of sums.entries()) figures[name] = totals[index] ?? 0
  return figures
}

type Ranges = Tally["ranges"]

/** Ranges as a row holds them. */
export const rangesText = (ranges: Ranges): string =>
  JSON.stringify(rangeNames.map((name) => [ranges[name].min, ranges[name].max]))

/** The ranges that a row holds. */
export const rangesOf = (text: string): Ranges => {
  const pairs = JSON.parse(text) as Array<[number | null, number | null]>
  const { ranges } = noTally()
  for (const [index, name] of rangeNames.entries()) {
    const [min, max] = pairs[index] ?? [null, null]
    ranges[name] = { min, max }
  }
  return ranges
}

/** What a row is to be changed by. */
interface Change {
  readonly scope: number
  readonly hour: number
  readonly kind: string
  readonly figures: Figures
  readonly added: Tally
  readonly removed: Tally
}

/** Changes that are gathered before they are written. */
export interface Changes {
  readonly note: (scope: number, facts: Facts, sign: 1 | -1) => void
  /** To be called within the transaction that writes or deletes the entries. */
  readonly write: () => void
}

/** Whether what was removed reached to an end of the ranges, which then have to be found anew. */
const reached = (ranges: Ranges, removed: Ranges): boolean =>
  rangeNames.some((name) => {
    const [all, gone] = [ranges[name], removed[name]]
    if (all.min === null || all.max === null || gone.min === null || gone.max === null) return false
    return gone.min <= all.min || gone.max >= all.max
  })

const changedRanges = (text: string | null, added: Tally, removed: Tally): string | null => {
  if (text === null) return null
  const tally: Tally = { total: 0, ranges: rangesOf(text) }
  addTally(tally, added)
  return reached(tally.ranges, removed.ranges) ? null : rangesText(tally.ranges)
}

/** Prepares to change the rows of a database. */
export const hourlyChanges = (database: Database): () => Changes => {
  const where = "WHERE scope = ? AND hour = ? AND kind = ?"
  const read = database.prepare(`SELECT ranges, figures FROM hourly ${where}`)
  const remove = database.prepare(`DELETE FROM hourly ${where}`)
  const write = database.prepare("INSERT OR REPLACE INTO hourly VALUES (?, ?, ?, ?, ?, ?)")
  const apply = ({ scope, hour, kind, figures, added, removed }: Change): void => {
    const row = read.get(scope, hour, kind)
    const sum = row === undefined ? noFigures() : figuresOf(String(row["figures"]))
    addFigures(sum, figures)
    if (sum.requests <= 0) return void remove.run(scope, hour, kind)
    const before = row === undefined ? rangesText(noTally().ranges) : row["ranges"] as string | null
    write.run(scope, hour, kind, sum.requests, changedRanges(before, added, removed), figuresText(sum))
  }
  return () => {
    const changes = new Map<string, Change>()
    return {
      note: (scope, facts, sign) => {
        const hour = Math.floor(facts.created / hourLength) * hourLength
        const kind = kindText(facts)
        const key = `${scope} ${hour} ${kind}`
        let change = changes.get(key)
        if (change === undefined) {
          change = { scope, hour, kind, figures: noFigures(), added: noTally(), removed: noTally() }
          changes.set(key, change)
        }
        addFacts(change.figures, facts, sign)
        tallyFacts(sign === 1 ? change.added : change.removed, facts)
      },
      write: () => changes.forEach(apply),
    }
  }
}
