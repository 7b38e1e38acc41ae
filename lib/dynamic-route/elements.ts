/**
 * The elements of dynamic routes, in Cloudflare's notation, each read and checked on its own.
 *
 * Cloudflare's documentation and its API's schema spell some keys differently; both spellings are read.
 *
 * @module
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { decodeStrictly } from "../schema/decode-strictly.ts"
import { integer, number, oneOf, someText, text } from "../schema/expected.ts"
import { compileCondition, type Condition, type ConditionField, fieldOf } from "./condition.ts"

/** An element as it is written; `readElement` checks what its type requires. */
export const RouteElement = Schema.Struct({
  id: someText,
  type: oneOf("start", "conditional", "percentage", "rate", "rate_limit", "model", "end"),
  properties: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown)),
  outputs: Schema.optionalKey(Schema.Record(Schema.String, Schema.Struct({ elementId: Schema.String }))),
})

/** An element as it is written. */
export type RouteElement = typeof RouteElement.Type

/** What an element does with a request. */
export type ElementAction =
  | { readonly type: "start" }
  | { readonly type: "conditional"; readonly condition: Condition }
  | PercentageAction
  | LimitAction
  | ModelAction
  | { readonly type: "end" }

/** Sends each request to one output by chance. */
export interface PercentageAction {
  readonly type: "percentage"
  /** In ascending order; a random number in [0, 1) takes the first output it is below. The last is below 1. */
  readonly shares: ReadonlyArray<{ readonly output: string; readonly below: number }>
}

/** Lets a request pass while a limit is not reached. */
export interface LimitAction {
  readonly type: "limit"
  /** Whether requests are counted, or their cost in USD. */
  readonly limitType: "count" | "cost"
  /** The field whose every value has a count of its own. */
  readonly key: ConditionField
  readonly limit: number
  readonly windowMs: number
  readonly technique: "fixed" | "sliding"
}

/** Calls a model. */
export interface ModelAction {
  readonly type: "model"
  /** `baseten` or `custom-{slug}`; whether there is such a custom provider is not known here. */
  readonly provider: string
  readonly model: string
  /** Milliseconds to the response headers. */
  readonly timeout: number | undefined
  /** Tries after the first, 0 to 4: five in all are Cloudflare's most. */
  readonly retries: number | undefined
}

/** Reads an element, or says what is wrong with it as the rest of a sentence that begins with its id. */
export const readElement = (element: RouteElement): ElementAction | string => {
  switch (element.type) {
    case "start":
    case "end":
      return plain(element, element.type)
    case "conditional":
      return conditional(element)
    case "percentage":
      return percentage(element)
    case "rate":
    case "rate_limit":
      return limit(element)
    case "model":
      return model(element)
  }
}

const Seconds = number(0.001, 31_622_400)

const None = Schema.Struct({})
const Conditional = Schema.Struct({
  condition: Schema.optionalKey(Schema.Unknown),
  conditions: Schema.optionalKey(Schema.Unknown),
})
const Limit = Schema.Struct({
  limitType: oneOf("count", "cost"),
  key: Schema.String,
  limit: number(Number.MIN_VALUE, Number.MAX_VALUE),
  interval: Schema.optionalKey(Seconds),
  window: Schema.optionalKey(Seconds),
  technique: Schema.optionalKey(oneOf("fixed", "sliding")),
})
const Model = Schema.Struct({
  provider: text("baseten or custom-{slug}", (name) => /^(?:baseten|custom-[a-z0-9-]{1,64})$/.test(name)),
  model: someText,
  timeout: Schema.optionalKey(integer(1, 86_400_000)),
  retries: Schema.optionalKey(integer(0, 4)),
})

/** The element's properties, or why they are not what its type takes. */
const read = <S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
  { properties = {} }: RouteElement,
): S["Type"] | string => {
  const result = decodeStrictly(schema)(properties)
  if (Result.isSuccess(result)) return result.success
  const [problem] = result.failure
  const unknown = problem?.meant === undefined
    ? "it is not known"
    : `it is not known; perhaps ${problem.meant} was meant`
  return `has a wrong property "${problem?.path.join(".")}": ${problem?.expected ?? unknown}`
}

/** Why the element's outputs are not those that its type has. */
const outputProblem = (
  { type, outputs = {} }: RouteElement,
  required: ReadonlyArray<string>,
  optional: ReadonlyArray<string> = [],
): string | undefined => {
  const missing = required.find((name) => outputs[name] === undefined)
  if (missing !== undefined) return `has no output "${missing}": requests that take it would get nowhere`
  const extra = Object.keys(outputs).find((name) => !required.includes(name) && !optional.includes(name))
  return extra === undefined ? undefined : `has an output "${extra}", which no ${type} element has`
}

const plain = (element: RouteElement, type: "start" | "end"): ElementAction | string => {
  const properties = read(None, element)
  if (typeof properties === "string") return properties
  return outputProblem(element, type === "start" ? ["next"] : []) ?? { type }
}

const conditional = (element: RouteElement): ElementAction | string => {
  const properties = read(Conditional, element)
  if (typeof properties === "string") return properties
  const condition = compileCondition(properties.conditions ?? properties.condition)
  if (typeof condition === "string") return `has a wrong property "conditions": ${condition}`
  return outputProblem(element, ["true", "false"]) ?? { type: "conditional", condition }
}

/** Shares of a hundredth of a percent and less are rounding. */
const rounding = 0.01

const percentage = (element: RouteElement): ElementAction | string => {
  const properties = read(None, element)
  if (typeof properties === "string") return properties
  const outputs = Object.keys(element.outputs ?? {})
  const named = outputs.filter((name) => name !== "else")
  const wrong = named.find((name) => !/^\d{1,3}(?:\.\d+)?%$/.test(name))
  if (wrong !== undefined) return `has an output "${wrong}", which is neither a percentage ("10%") nor "else"`
  if (named.length === 0 || named.length > 5) return `has ${named.length} percentages; it takes 1 to 5`
  let total = 0
  const shares = named.map((output) => ({ output, below: (total += Number.parseFloat(output)) / 100 }))
  if (total > 100 + rounding) return `has percentages of ${total} in all; they must not exceed 100`
  if (outputs.includes("else")) {
    return { type: "percentage", shares: [...shares, { output: "else", below: 1 }] }
  }
  if (total < 100 - rounding) {
    return `has percentages of ${total} in all and no output "else": the other requests would get nowhere`
  }
  return {
    type: "percentage",
    shares: shares.map((share, at) => at + 1 < shares.length ? share : { ...share, below: 1 }),
  }
}

const limit = (element: RouteElement): ElementAction | string => {
  const properties = read(Limit, element)
  if (typeof properties === "string") return properties
  const { limitType, limit, technique = "fixed" } = properties
  const key = fieldOf(properties.key)
  if (key === undefined) {
    return 'has a wrong property "key": expected a field that begins with metadata., body. or headers.'
  }
  const seconds = properties.window ?? properties.interval
  if (seconds === undefined) return 'has no property "window" (or "interval"), in seconds'
  return outputProblem(element, ["success"], ["fallback"]) ??
    { type: "limit", limitType, key, limit, windowMs: Math.round(seconds * 1000), technique }
}

const model = (element: RouteElement): ElementAction | string => {
  const properties = read(Model, element)
  if (typeof properties === "string") return properties
  const { provider, model, timeout, retries } = properties
  return outputProblem(element, ["success"], ["fallback"]) ??
    { type: "model", provider, model, timeout, retries }
}
