/**
 * Converts one filter of a query to the log's form.
 *
 * @module
 */
import { fields, type ValueKind } from "../request-log/conditions.ts"
import { type FilterKey, filterKeys, type LogFilter, type Operator } from "../request-log/query.ts"
import { parseDecimal, timeOf } from "./query-parameters.ts"

/** An unchecked filter. */
export interface UncheckedFilter {
  key?: unknown
  operator?: unknown
  readonly values: Array<unknown>
}

const operators: ReadonlyArray<Operator> = ["eq", "neq", "contains", "lt", "gt"]

/** Metadata has no types: its values are compared as text. */
const kindOf = (key: FilterKey): ValueKind =>
  key === "metadata.key" || key === "metadata.value" ? "text" : fields[key].kind

const expectations: Record<ValueKind, string> = {
  truth: "true or false",
  number: "numbers",
  time: "ISO dates such as 2026-11-25T12:00:00Z",
  text: "texts",
}

/** Which operators apply: text has no order, and only text contains other text. */
const fits = (kind: ValueKind, operator: Operator): boolean => {
  if (operator === "contains") return kind === "text"
  return operator === "eq" || operator === "neq" || kind === "number" || kind === "time"
}

/** A value in the type of its key: queries have no types, and callers write `"3"` for 3 in JSON, too. */
const valueOf = (kind: ValueKind, value: unknown): string | number | boolean | undefined => {
  const text = typeof value === "boolean" || typeof value === "number" ? String(value) : value
  if (typeof text !== "string") return undefined
  switch (kind) {
    case "truth":
      return text === "true" || text === "false" ? text === "true" : undefined
    case "number":
      return parseDecimal(text)
    case "time":
      return timeOf(text)
    case "text":
      return text
  }
}

/** With more, the resulting expression exceeds SQLite's limit. */
const mostValues = 100

const shown = (value: unknown): string => {
  try {
    return (JSON.stringify(value) ?? "nothing").slice(0, 64)
  } catch {
    return "that nests too deep to be shown"
  }
}

/** The parsed filter, or its problem. */
export const filterOf = ({ key: name, operator: word, values }: UncheckedFilter): LogFilter | string => {
  const key = filterKeys.find((known) => known === name)
  if (key === undefined) return `a filter has the key ${shown(name)}; known are: ${filterKeys.join(", ")}.`
  const operator = operators.find((known) => known === word)
  if (operator === undefined) {
    return `the filter on ${key} has the operator ${shown(word)}; known are: ${operators.join(", ")}.`
  }
  if (values.length === 0 || values.length > mostValues) {
    return `the filter on ${key} has ${values.length} values; it takes 1 to ${mostValues}.`
  }
  const kind = kindOf(key)
  if (!fits(kind, operator)) {
    return `the filter on ${key}, which takes ${expectations[kind]}, cannot be ${operator}.`
  }
  const value: Array<string | number | boolean | null> = []
  for (const given of values) {
    // An SDK's query writes null as empty text, and only metadata may really be empty.
    const isNull = given === null || (given === "" && key !== "metadata.value")
    const one = isNull && (operator === "eq" || operator === "neq") ? null : valueOf(kind, given)
    if (one === undefined) {
      return `the filter on ${key} has the value ${shown(given)}; it takes ${expectations[kind]}.`
    }
    value.push(one)
  }
  return { key, operator, value }
}
