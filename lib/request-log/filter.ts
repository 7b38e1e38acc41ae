/**
 * Filters, search and order of entries in memory; `sqlite/fragment.ts` has the same for SQLite.
 *
 * @module
 */
import { type Conditions, type FieldCondition, fields, type Operand, type TextTest } from "./conditions.ts"
import type { FilterableFields } from "./filterable-fields.ts"
import type { LogSelection, OrderKey } from "./query.ts"

/** Converts ASCII letters to lower case, as SQLite's `lower` does. */
export const lowerAscii = (text: string): string =>
  text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())

const factOf = (facts: Partial<FilterableFields>, key: FieldCondition["key"]): Operand => {
  const { fact, constant = null } = fields[key]
  if (fact === "constant") return constant
  return fact === "compat" ? Number(facts.route?.startsWith("compat") ?? false) : facts[fact] ?? null
}

const contains = (text: string, parts: ReadonlyArray<Operand>): boolean => {
  const within = lowerAscii(text)
  return parts.some((part) => typeof part === "string" && within.includes(lowerAscii(part)))
}

/** Whether a field fulfils its condition. */
export const fulfils = (
  facts: Partial<FilterableFields>,
  { key, operator, values }: FieldCondition,
): boolean => {
  const fact = factOf(facts, key)
  switch (operator) {
    case "eq":
      return values.includes(fact)
    case "neq":
      return !values.includes(fact)
    case "contains":
      return typeof fact === "string" && contains(fact, values)
    case "lt":
      return typeof fact === "number" && values.some((value) => typeof value === "number" && fact < value)
    case "gt":
      return typeof fact === "number" && values.some((value) => typeof value === "number" && fact > value)
  }
}

const passes = (text: string, test: TextTest | undefined): boolean => {
  if (test === undefined) return true
  const { operator, values } = test
  if (operator === "contains") return contains(text, values)
  return operator === "eq" || operator === "neq" ? values.includes(text) === (operator === "eq") : false
}

/** The pairs of an entry's metadata as texts. */
export const pairsIn = (
  { pairs }: Pick<FilterableFields, "pairs">,
): ReadonlyArray<readonly [name: string, value: string]> =>
  pairs === "" ? [] : Object.entries(
    JSON.parse(`{${pairs.slice(1, -1).replaceAll("\n", ",")}}`) as Record<string, string>,
  )

/** Whether an entry fulfils conditions. */
export const matchesConditions = (
  facts: FilterableFields,
  { since, until, fields, pairs }: Conditions,
): boolean =>
  facts.created >= since && facts.created < until &&
  fields.every((condition) => fulfils(facts, condition)) &&
  pairs.every(({ name, value, none }) =>
    pairsIn(facts).some((pair) => passes(pair[0], name) && passes(pair[1], value)) !== none
  )

/** Whether one of the searched fields contains a text. */
export const found = (facts: FilterableFields, search: string): boolean => {
  const { id, event_id, provider, model, path, error, user_agent, pairs } = facts
  const part = lowerAscii(search)
  return [id, event_id, provider, model, path, error, user_agent, pairs]
    .some((place) => place !== null && lowerAscii(place).includes(part))
}

/** By code points, the order of UTF-8 bytes: surrogate pairs sort after all other characters. */
export const compareText = (one: string, other: string): number => {
  const length = Math.min(one.length, other.length)
  for (let index = 0; index < length; index++) {
    const [a, b] = [one.charCodeAt(index), other.charCodeAt(index)]
    if (a === b) continue
    const rank = (unit: number) => unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit
    return rank(a) - rank(b)
  }
  return one.length - other.length
}

/** `null` sorts first. */
export const compareOperands = (one: Operand, other: Operand): number => {
  if (one === other) return 0
  if (one === null) return -1
  if (other === null) return 1
  return typeof one === "string" && typeof other === "string"
    ? compareText(one, other)
    : Number(one) - Number(other)
}

/** The order of a selection: by its key, then by id. */
export const orderOf = (
  { orderBy = "created_at", descending = true }: Pick<LogSelection, "orderBy" | "descending">,
): (one: FilterableFields, other: FilterableFields) => number => {
  const key: OrderKey = orderBy
  const sign = descending ? -1 : 1
  return (one, other) =>
    sign * (compareOperands(factOf(one, key), factOf(other, key)) || compareText(one.id, other.id))
}
