/**
 * The values of a statement that is built from parts.
 *
 * @module
 */
import type { Value } from "./database.ts"

/** The types that values have in statements. */
export type ColumnType = "text" | "int4" | "int8" | "float8"

/** Collects the values of one statement; each method returns the SQL that stands for its value. */
export interface StatementValues {
  readonly one: (type: ColumnType, value: string | number | null) => string
  readonly list: (type: ColumnType, values: ReadonlyArray<string | number>) => string
  readonly values: ReadonlyArray<Value>
}

/** Creates an empty collection. Every value is sent as text, which all clients send in the same way. */
export const parameters = (): StatementValues => {
  const values: Array<Value> = []
  return {
    one: (type, value) => {
      values.push(value === null ? null : String(value))
      return type === "text" ? `$${values.length}::text` : `$${values.length}::text::${type}`
    },
    list: (type, all) => {
      values.push(all.map(String))
      return type === "text" ? `$${values.length}::text[]` : `$${values.length}::text[]::${type}[]`
    },
    values,
  }
}

/** A text in a form that Postgres can store: U+FFFD replaces NUL and lone surrogates. */
export const keepable = (text: string): string => text.toWellFormed().replaceAll("\0", "\ufffd")
