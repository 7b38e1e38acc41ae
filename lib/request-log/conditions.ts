/**
 * Filters, compiled once: values are converted to the type of their field, and bounds in time are separated from the
 * rest.
 *
 * @module
 */
import type { FilterableFields } from "./filterable-fields.ts"
import type { FilterKey, LogFilter, Operator } from "./query.ts"

/** The type that a field is compared as. */
export type ValueKind = "text" | "number" | "time" | "truth"
type FieldKey = Exclude<FilterKey, "metadata.key" | "metadata.value">

/**
 * The field that a key refers to, or a value that is the same for every entry (`constant`). `compat` says whether the
 * route is one of Cloudflare's compat routes.
 */
export interface FilterField {
  readonly kind: ValueKind
  readonly fact: keyof FilterableFields | "compat" | "constant"
  readonly constant?: 0 | null
}

const field = (kind: ValueKind, fact: keyof FilterableFields | "compat"): FilterField => ({ kind, fact })

/** Cloudflare's keys and ours. Those that have no meaning here (`model_type`, `wholesale`) are constant. */
export const fields: Readonly<Record<FieldKey, FilterField>> = {
  id: field("text", "id"),
  created_at: field("time", "created"),
  request_content_type: field("text", "request_content_type"),
  response_content_type: field("text", "response_content_type"),
  request_type: field("text", "route"),
  success: field("truth", "success"),
  cached: field("truth", "cached"),
  provider: field("text", "provider"),
  model: field("text", "model"),
  model_type: { kind: "text", fact: "constant", constant: null },
  cost: field("number", "cost"),
  tokens: field("number", "tokens"),
  tokens_in: field("number", "tokens_in"),
  tokens_out: field("number", "tokens_out"),
  duration: field("number", "duration"),
  feedback: field("number", "feedback"),
  event_id: field("text", "event_id"),
  authentication: field("truth", "authenticated"),
  wholesale: { kind: "truth", fact: "constant", constant: 0 },
  compatibilityMode: field("truth", "compat"),
  dlp_action: field("text", "dlp_action"),
  guardrails_action: field("text", "guardrails_action"),
  user_agent: field("text", "user_agent"),
  status_code: field("number", "status"),
  ending: field("text", "ending"),
  token: field("text", "token"),
  deployment: field("text", "deployment"),
  key_alias: field("text", "key_alias"),
  dynamic_route: field("text", "dynamic_route"),
  requested_model: field("text", "requested_model"),
  error: field("text", "error"),
  rescued: field("text", "rescued"),
  rescued_from: field("text", "rescued_from"),
}

/** A value to compare a field with. */
export type Operand = string | number | null

/** One condition on a field. */
export interface FieldCondition {
  readonly key: FieldKey
  readonly operator: Operator
  readonly values: ReadonlyArray<Operand>
}

/** A condition on a text of a metadata pair. `lt` and `gt`, which no text fulfils, have no values. */
export interface TextTest {
  readonly operator: Operator
  readonly values: ReadonlyArray<string>
}

/** Some metadata pair fulfils the tests; with `none`, no pair does. */
export interface PairCondition {
  readonly name?: TextTest
  readonly value?: TextTest
  readonly none: boolean
}

/** Compiled filters. */
export interface Conditions {
  /** From (inclusive) and until (exclusive), in whole milliseconds since 1970. */
  readonly since: number
  readonly until: number
  readonly fields: ReadonlyArray<FieldCondition>
  readonly pairs: ReadonlyArray<PairCondition>
}

type Value = LogFilter["value"][number]

const numberOf = (value: Value): number | undefined => {
  if (typeof value !== "string") return typeof value === "number" ? value : undefined
  return value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : undefined
}

/** Reads a number as milliseconds since 1970, and a text as an ISO date. */
const timeOf = (value: Value): number | undefined => {
  if (typeof value === "number") return value
  const time = typeof value === "string" && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : NaN
  return Number.isNaN(time) ? undefined : time
}

const truths = new Map<Value, 0 | 1>([
  ...([true, "true", 1, "1"] as const).map((value) => [value, 1] as const),
  ...([false, "false", 0, "0"] as const).map((value) => [value, 0] as const),
])

/** A filter's value converted to a kind; `undefined` if it cannot be. */
const operandOf = (kind: ValueKind, value: Value): Operand | undefined => {
  if (value === null) return null
  if (kind === "text") return String(value)
  if (kind === "truth") return truths.get(value)
  return kind === "time" ? timeOf(value) : numberOf(value)
}

const fieldCondition = (key: FieldKey, { operator, value }: LogFilter): FieldCondition => ({
  key,
  operator,
  values: value.map((item) => operandOf(fields[key].kind, item)).filter((item) => item !== undefined),
})

const textTest = ({ operator, value }: LogFilter): TextTest => ({
  operator,
  values: operator === "lt" || operator === "gt"
    ? []
    : value.filter((item) => item !== null).map((item) => String(item)),
})

const isPair = (one: FilterKey, other: FilterKey | undefined): boolean =>
  (one === "metadata.key" && other === "metadata.value") ||
  (one === "metadata.value" && other === "metadata.key")

const alone = (part: "name" | "value", test: TextTest): PairCondition =>
  test.operator === "neq"
    ? { [part]: { ...test, operator: "eq" }, none: true }
    : { [part]: test, none: false }

/** The bounds of a condition on the time; `undefined` if it is not a plain range. */
const boundsOf = (
  { operator, values }: FieldCondition,
): readonly [since: number, until: number] | undefined => {
  const times = values.filter((value) => typeof value === "number")
  if (times.length === 0) return undefined
  if (operator === "gt") return [Math.floor(Math.min(...times)) + 1, Infinity]
  if (operator === "lt") return [-Infinity, Math.ceil(Math.max(...times))]
  const [time] = times
  return operator === "eq" && values.length === 1 && time !== undefined && Number.isInteger(time)
    ? [time, time + 1]
    : undefined
}

/** Compiles filters. */
export const conditionsOf = (filters: ReadonlyArray<LogFilter>): Conditions => {
  let [since, until] = [-Infinity, Infinity]
  const onFields: Array<FieldCondition> = []
  const pairs: Array<PairCondition> = []
  for (let index = 0; index < filters.length; index++) {
    const filter = filters[index]
    if (filter === undefined) continue
    const { key } = filter
    if (key === "metadata.key" || key === "metadata.value") {
      const part = key === "metadata.key" ? "name" : "value"
      const next = filters[index + 1]
      if (next !== undefined && isPair(key, next.key)) {
        const other = part === "name" ? "value" : "name"
        pairs.push({ [part]: textTest(filter), [other]: textTest(next), none: false })
        index++
      } else pairs.push(alone(part, textTest(filter)))
      continue
    }
    const condition = fieldCondition(key, filter)
    const bounds = key === "created_at" ? boundsOf(condition) : undefined
    if (bounds === undefined) onFields.push(condition)
    else [since, until] = [Math.max(since, bounds[0]), Math.min(until, bounds[1])]
  }
  return { since, until, fields: onFields, pairs }
}
