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
import { lowerAscii } from "../filter.ts"
import type { OrderKey } from "../query.ts"
import { type Dimension, fixedDimensions } from "../analytics-query.ts"
import { keepable, type StatementValues } from "../../postgres/statement-values.ts"
import { apart, pairsAsList, searched, searchedText } from "./day-indexes.ts"

/** SQL that is true for every row, and for none. */
const [all, none] = ["TRUE", "FALSE"]

const joined = (parts: ReadonlyArray<string>, word: "AND" | "OR", otherwise: string): string =>
  parts.length === 0 ? otherwise : parts.length === 1 ? parts[0] ?? otherwise : `(${parts.join(` ${word} `)})`

/** The column of a key for filters or orders. */
export const columnOf = (key: FieldCondition["key"] | OrderKey): string => {
  const { fact, kind, constant = null } = fields[key]
  if (fact === "constant") {
    return constant === null ? `NULL::${kind === "text" ? "text" : "float8"}` : `${constant}::float8`
  }
  return fact === "compat" ? "(CASE WHEN left(route, 6) = 'compat' THEN 1 ELSE 0 END)" : fact
}

/** The values that a column can contain: texts with NUL or lone surrogates match nothing. */
const texts = (values: ReadonlyArray<Operand>): ReadonlyArray<string> =>
  values.filter((value) => typeof value === "string").filter((value) => value === keepable(value))

const numbers = (values: ReadonlyArray<Operand>): ReadonlyArray<number> =>
  values.filter((value) => typeof value === "number")

/** The shortest text that can be found by trigrams. */
const shortest = 3

/**
 * A condition that the searched text contains a text, in a form that a day's trigram index can answer; `undefined` if
 * none would. For letters beyond ASCII the index follows the case rules of the database's locale, which may depend on
 * what follows.
 */
const isInIndex = (text: string, add: StatementValues): string | undefined =>
  text.length < shortest || !/^[ -~]*$/.test(text)
    ? undefined
    : `${searchedText} LIKE ${add.one("text", `%${lowerAscii(text).replaceAll(/[\\%_]/g, "\\$&")}%`)}`

/**
 * Columns in which a text matches few entries. Where many match, using the index as well takes longer than scanning.
 */
const ofFew: ReadonlySet<string> = new Set(["id", "event_id"])

/**
 * Combines a test that is quick without an index with one that the index answers, so that the latter is applied to
 * few entries.
 */
const byIndexToo = (test: string, text: string, add: StatementValues): string => {
  const indexed = isInIndex(text, add)
  return indexed === undefined ? test : `(${test} AND ${indexed})`
}

/** Ignores the case of ASCII letters, the only ones that the collation "C" has cases for. */
const containsAny = (column: string, values: ReadonlyArray<Operand>, add: StatementValues): string =>
  joined(
    texts(values).map((value) => {
      const test = `strpos(lower(${column}), ${add.one("text", lowerAscii(value))}) > 0`
      return ofFew.has(column) ? byIndexToo(test, value, add) : test
    }),
    "OR",
    none,
  )

/** `IN` does not match NULL, which filters treat as a value. */
const isAmong = (
  column: string,
  isText: boolean,
  values: ReadonlyArray<Operand>,
  add: StatementValues,
): string => {
  const parts: Array<string> = []
  if (isText && texts(values).length > 0) parts.push(`${column} = ANY(${add.list("text", texts(values))})`)
  if (!isText && numbers(values).length > 0) {
    parts.push(`${column} = ANY(${add.list("float8", numbers(values))})`)
  }
  if (values.includes(null)) parts.push(`${column} IS NULL`)
  return joined(parts, "OR", none)
}

/** Negates a condition. A comparison with NULL counts as false, so its opposite holds. */
const not = (condition: string): string => `(${condition}) IS NOT TRUE`

const fieldFragment = ({ key, operator, values }: FieldCondition, add: StatementValues): string => {
  const column = columnOf(key)
  const isText = fields[key].kind === "text"
  const known = numbers(values)
  switch (operator) {
    case "eq":
      return isAmong(column, isText, values, add)
    case "neq":
      return not(isAmong(column, isText, values, add))
    case "contains":
      return isText ? containsAny(column, values, add) : none
    case "lt":
      return known.length === 0 || isText ? none : `${column} < ${add.one("float8", Math.max(...known))}`
    case "gt":
      return known.length === 0 || isText ? none : `${column} > ${add.one("float8", Math.min(...known))}`
  }
}

const textFragment = (column: string, test: TextTest | undefined, add: StatementValues): string => {
  if (test === undefined) return all
  const { operator, values } = test
  if (operator === "contains") return containsAny(column, values, add)
  if (operator === "eq") return isAmong(column, true, values, add)
  return operator === "neq" ? not(isAmong(column, true, values, add)) : none
}

const isEq = (test: TextTest | undefined): boolean => test === undefined || test.operator === "eq"

/**
 * SQL for the lines of `pairs` as one JSON object, in which U+FFFD replaces what Postgres's text type cannot hold.
 */
const pairsObject =
  "('{' || regexp_replace(replace(substr(pairs, 2, greatest(0, length(pairs) - 2)), E'\\n', ','), " +
  "'\\\\u(0000|d[89a-f][0-9a-f]{2})', '\\\\ufffd', 'g') || '}')::json"

const pairColumn = (part: "key" | "value"): string => `pair.${part} COLLATE "C"`

/** A pair as it occurs in `pairs`, or the part of it that is given. */
const pattern = (one: string | undefined, other: string | undefined): string =>
  (one === undefined ? `":` : `\n${JSON.stringify(one)}:`) +
  (other === undefined ? "" : `${JSON.stringify(other)}\n`)

/**
 * A whole pair can also be found by the index, if a day has one. The plain search comes first, since it is quicker
 * without.
 */
const pairTest = (one: string | undefined, other: string | undefined, add: StatementValues): string => {
  const search = `strpos(pairs, ${add.one("text", pattern(one, other))}) > 0`
  if (other === undefined) return search
  if (one === undefined) return byIndexToo(search, JSON.stringify(other), add)
  const pair = add.one("text", pattern(one, other).slice(1, -1))
  return `(${search} AND ${pairsAsList} @> (ARRAY[${pair}] COLLATE "C"))`
}

/**
 * A condition on the text of `pairs` that must hold for any pair to fulfil a test, so that only few entries have to
 * be parsed. U+FFFD may stand for something that the caller sent and the column cannot hold (a lone surrogate, NUL),
 * and so excludes nothing.
 */
const isInPairs = (test: TextTest | undefined, add: StatementValues): string => {
  if (test === undefined || test.operator === "neq") return all
  const given = texts(test.values)
  if (given.some((text) => String(text).includes("\ufffd"))) return all
  return containsAny("pairs", given.map((text) => JSON.stringify(text).slice(1, -1)), add)
}

/** Tests for equality search the text of `pairs`, where nothing but the pair itself can match. */
const pairFragment = ({ name, value, none: isNone }: PairCondition, add: StatementValues): string => {
  const some = isEq(name) && isEq(value)
    ? joined(
      (name?.values ?? [undefined]).flatMap((one) =>
        (value?.values ?? [undefined]).map((other) => pairTest(one, other, add))
      ),
      "OR",
      none,
    )
    : `(${isInPairs(name, add)} AND ${isInPairs(value, add)} AND EXISTS (
      SELECT 1 FROM json_each_text(${pairsObject}) AS pair WHERE ${
      joined(
        [textFragment(pairColumn("key"), name, add), textFragment(pairColumn("value"), value, add)],
        "AND",
        all,
      )
    }))`
  return isNone ? not(some) : some
}

const searchFragment = (search: string, add: StatementValues): string => {
  if (search.includes(apart) || search !== keepable(search)) {
    return joined(searched.map((column) => containsAny(column, [search], add)), "OR", none)
  }
  return isInIndex(search, add) ?? `strpos(${searchedText}, ${add.one("text", lowerAscii(search))}) > 0`
}

/** The condition on an entry apart from its bounds in time. */
export const whereOf = (
  { fields, pairs }: Conditions,
  search: string | undefined,
  add: StatementValues,
): string =>
  joined(
    [
      ...fields.map((condition) => fieldFragment(condition, add)),
      ...pairs.map((condition) => pairFragment(condition, add)),
      ...(search === undefined || search === "" ? [] : [searchFragment(search, add)]),
    ],
    "AND",
    all,
  )

const dimensionColumns = new Map<string, string>(
  fixedDimensions.filter((name) => name !== "gateway").map((name) => [name, name]),
).set("reason", "coalesce(error, nullif(ending, 'complete'))")

/** SQL for the value of a dimension: metadata as JSON text, the gateway as its number. */
export const dimensionOf = (dimension: Dimension, add: StatementValues): string => {
  if (dimension === "gateway") return "scope"
  if (!dimension.startsWith("metadata.")) return dimensionColumns.get(dimension) ?? "NULL::text"
  const line = `\n${JSON.stringify(dimension.slice("metadata.".length))}:`
  return `nullif(split_part(split_part(pairs, ${add.one("text", line)}, 2), E'\\n', 1), '')`
}
