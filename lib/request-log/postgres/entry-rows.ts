/**
 * Entries as rows of the log's tables.
 *
 * @module
 */
import type { RequestRecord } from "../../record/request-record.ts"
import { keepable } from "../../postgres/statement-values.ts"
import type { Row } from "../../postgres/database.ts"
import type { LogEntry } from "../entry.ts"
import { fieldsOfEntry, type FilterableFields } from "../filterable-fields.ts"
import { slotOf } from "../histogram.ts"
import { type Held, logEntryOf } from "../memory/held.ts"
import { splitCost } from "../money.ts"
import { factNames } from "./schema.ts"

/** An entry to write. */
export interface NewRow {
  readonly scope: number
  readonly facts: FilterableFields
  readonly entry: Readonly<Record<string, string | number | null>>
  readonly detail: {
    readonly created: number
    readonly id: string
    readonly record: string
    readonly payloads: string | null
  }
}

/** The record of an entry as text. */
export const recordText = ({ feedback: _, score: __, ...record }: LogEntry): string => JSON.stringify(record)

const slot = (time: number | null): number | null => time === null ? null : slotOf(time)

/** The rows of an entry. */
export const newRow = (held: Held, scope: number, place: number): NewRow => {
  const entry = logEntryOf(held)
  const facts = fieldsOfEntry(entry)
  const { id, created, cost, duration, first_token: first, speed } = facts
  return {
    scope,
    facts,
    entry: {
      ...facts,
      scope,
      place,
      score: entry.score,
      duration_slot: slot(duration),
      first_token_slot: slot(first),
      speed_slot: slot(speed),
      ...cost === null ? { dollars: null, picos: null } : splitCost(cost),
    },
    detail: {
      created,
      id,
      record: recordText(entry),
      payloads: held.payloads === undefined ? null : JSON.stringify(held.payloads),
    },
  }
}

/** JSON escapes of what Postgres's text type cannot hold. */
const unkeepable = /\\u(?:0000|d[89a-f])/

/** Rows as JSON, with every text in a form that Postgres can store. */
export const rowsText = (rows: ReadonlyArray<Readonly<Record<string, string | number | null>>>): string => {
  const text = JSON.stringify(rows)
  return unkeepable.test(text)
    ? JSON.stringify(rows, (_, value: unknown) => typeof value === "string" ? keepable(value) : value)
    : text
}

/** The details of rows, by column: as JSON, their texts would be escaped and parsed once more. */
export const detailValues = (rows: ReadonlyArray<NewRow>): ReadonlyArray<ReadonlyArray<string>> => [
  rows.map(({ detail: { created } }) => String(created)),
  rows.map(({ detail: { id } }) => keepable(id)),
  rows.map(({ detail: { record } }) => keepable(record)),
  rows.map(({ detail: { payloads } }) => keepable(payloads ?? "")),
]

/** The facts of an entry as a statement selects them. */
export const selectFacts: string = factNames
  .map((name) => name === "created" ? "created::float8 AS created" : name).join(", ")

/** The facts of a row. */
export const factsOf = (row: Row): FilterableFields => row as unknown as FilterableFields

/** The entry of a row. */
export const entryIn = (row: Row): LogEntry => ({
  ...JSON.parse(String(row["record"])) as RequestRecord,
  feedback: row["feedback"] as LogEntry["feedback"],
  score: row["score"] as LogEntry["score"],
})
