/**
 * Conditions as SQL over a row of `entry`, with every value a parameter; `filter.ts` has the same in memory.
 *
 * @module
 */
import {
  type Conditions,
  type FieldCondition,
  fields,
  type Operand,
  type PairCondition,
  type TextTest,
} from "../conditions.ts"
import type { OrderKey } from "../query.ts"
import { type Dimension, fixedDimensions } from "../analytics-query.ts"
import type { Value } from "../../sqlite/database.ts"

/** A part of a statement, and the values of its parameters. */
export interface Fragment {
  readonly sql: string
  readonly values: ReadonlyArray<Value>
}

const fragment = (sql: string, ...values: ReadonlyArray<Value>): Fragment => ({ sql, values })

/**
 * The most conditions joined without parentheses: each is a level of the parse tree, of which a Durable Object allows
 * 100.
 */
const mostBeside = 16

const joined = (parts: ReadonlyArray<Fragment>, word: "AND" | "OR", none: "0" | "1"): Fragment => {
  if (parts.length > mostBeside) {
    const half = Math.ceil(parts.length / 2)
    return joined(
      [joined(parts.slice(0, half), word, none), joined(parts.slice(half), word, none)],
      word,
      none,
    )
  }
  return parts.length === 0
    ? fragment(none)
    : fragment(`(${parts.map(({ sql }) => sql).join(` ${word} `)})`, ...parts.flatMap(({ values }) => values))
}

/** The column of a key for filters or orders. */
export const columnOf = (key: FieldCondition["key"] | OrderKey): string => {
  const { fact, constant = null } = fields[key]
  if (fact === "constant") return String(constant ?? "NULL")
  return fact === "compat" ? "(substr(coalesce(route, ''), 1, 6) = 'compat')" : fact
}

/**
 * The longest `LIKE` pattern that every SQLite accepts, in bytes: this is a Durable Object's limit; others have
 * 50,000.
 */
const longestPattern = 50

/** `LIKE` is twice as fast as `lower`, but does not support NUL. */
const contains = (column: string, part: string): Fragment => {
  const pattern = `%${part.replaceAll(/[\\%_]/g, "\\$&")}%`
  return part.includes("\0") || new TextEncoder().encode(pattern).length > longestPattern
    ? fragment(`instr(lower(${column}), lower(?)) > 0`, part)
    : fragment(`${column} LIKE ? ESCAPE '\\'`, pattern)
}

const containsAny = (column: string, values: ReadonlyArray<Operand>): Fragment =>
  joined(
    values.filter((value) => typeof value === "string").map((value) => contains(column, value)),
    "OR",
    "0",
  )

/** `IN` does not match NULL, which filters treat as a value. */
const isAmong = (column: string, all: ReadonlyArray<Operand>, negated: boolean): Fragment => {
  const values = all.filter((value) => value !== null)
  const marks = values.map(() => "?").join(", ")
  const hasNull = values.length < all.length
  if (!negated) {
    return fragment(`(${column} IN (${marks})${hasNull ? ` OR ${column} IS NULL` : ""})`, ...values)
  }
  return fragment(
    `(${column} NOT IN (${marks}) ${hasNull ? "AND" : "OR"} ${column} IS ${hasNull ? "NOT " : ""}NULL)`,
    ...values,
  )
}

const fieldFragment = ({ key, operator, values }: FieldCondition): Fragment => {
  const column = columnOf(key)
  const numbers = values.filter((value) => typeof value === "number")
  switch (operator) {
    case "eq":
    case "neq":
      return isAmong(column, values, operator === "neq")
    case "contains":
      return containsAny(column, values)
    case "lt":
      return numbers.length === 0 ? fragment("0") : fragment(`${column} < ?`, Math.max(...numbers))
    case "gt":
      return numbers.length === 0 ? fragment("0") : fragment(`${column} > ?`, Math.min(...numbers))
  }
}

const textFragment = (column: string, test: TextTest | undefined): Fragment => {
  if (test === undefined) return fragment("1")
  const { operator, values } = test
  if (operator === "contains") return containsAny(column, values)
  return operator === "eq" || operator === "neq" ? isAmong(column, values, operator === "neq") : fragment("0")
}

const isEq = (test: TextTest | undefined): boolean => test === undefined || test.operator === "eq"

/** Tests for equality search the text of `pairs`, where nothing but the pair itself can match. */
const pairFragment = ({ name, value, none }: PairCondition): Fragment => {
  const pattern = (one: string | undefined, other: string | undefined): string =>
    (one === undefined ? `":` : `\n${JSON.stringify(one)}:`) +
    (other === undefined ? "" : `${JSON.stringify(other)}\n`)
  const some = isEq(name) && isEq(value)
    ? joined(
      (name?.values ?? [undefined]).flatMap((one) =>
        (value?.values ?? [undefined]).map((other) => fragment("instr(pairs, ?) > 0", pattern(one, other)))
      ),
      "OR",
      "0",
    )
    : anyPair(joined([textFragment("pair.key", name), textFragment("pair.value", value)], "AND", "1"))
  return none ? fragment(`NOT ${some.sql}`, ...some.values) : some
}

const anyPair = ({ sql, values }: Fragment): Fragment =>
  fragment(
    `EXISTS (SELECT 1 FROM json_each('{' || replace(substr(pairs, 2, length(pairs) - 2), char(10), ',') || '}') ` +
      `AS pair WHERE ${sql})`,
    ...values,
  )

/** The columns that are searched for text. */
const searched = ["id", "event_id", "provider", "model", "path", "error", "user_agent", "pairs"]

/** The condition on an entry apart from its bounds in time. */
export const whereOf = ({ fields, pairs }: Conditions, search: string | undefined): Fragment =>
  joined(
    [
      ...fields.map(fieldFragment),
      ...pairs.map(pairFragment),
      ...(search === undefined || search === ""
        ? []
        : [joined(searched.map((column) => contains(column, search)), "OR", "0")]),
    ],
    "AND",
    "1",
  )

const dimensionColumns = new Map<string, string>(
  fixedDimensions.filter((name) => name !== "gateway").map((name) => [name, name]),
).set("reason", "coalesce(error, nullif(ending, 'complete'))")

/** SQL for the value of a dimension within one gateway: metadata as JSON text. */
export const dimensionOf = (dimension: Dimension): Fragment => {
  if (!dimension.startsWith("metadata.")) return fragment(dimensionColumns.get(dimension) ?? "NULL")
  const line = `\n${JSON.stringify(dimension.slice("metadata.".length))}:`
  const rest = "instr(pairs, ?) + length(?)"
  return fragment(
    `substr(pairs, nullif(instr(pairs, ?), 0) + length(?), instr(substr(pairs, ${rest}), char(10)) - 1)`,
    ...Array<string>(4).fill(line),
  )
}
