/**
 * The conditions of dynamic routes: from MongoDB's notation to a predicate.
 *
 * A condition names fields of the request and what must hold of them: `{"metadata.plan": "free"}`,
 * `{"body.max_tokens": {"$gt": 1000}}`, `{"$or": [{…}, {…}]}`. Several fields in one object must all hold.
 *
 * @module
 */

import { isObject } from "../json/parse.ts"
import { isLongNumber } from "../json/exact-json.ts"

/** A place in a request. */
export interface ConditionField {
  readonly source: "metadata" | "body" | "headers"
  /** A metadata key, a dotted path into the body, or a header's name. */
  readonly name: string
}

/** Whether a request meets a condition; `valueOf` returns a field's value, `undefined` if there is none. */
export type Condition = (valueOf: (field: ConditionField) => unknown) => boolean

/** The field that a text such as `metadata.user_id` names; `undefined` if it is not a field. */
export const fieldOf = (text: string): ConditionField | undefined => {
  const [, source, name] = /^(metadata|body|headers)\.(.+)$/s.exec(text) ?? []
  if (name === undefined || (source === "headers" && !/^[\w!#$%&'*+.^`|~-]+$/.test(name))) return undefined
  return source === "metadata" || source === "body" || source === "headers" ? { source, name } : undefined
}

/** Reads a condition, or says what is wrong with it. */
export const compileCondition = (json: unknown): Condition | string =>
  isObject(json) && Object.keys(json).length > 0
    ? every(Object.entries(json).map(([key, value]) => compilePart(key, value)))
    : "a condition must be an object with at least one field"

type Test<A> = (value: A) => boolean

const every = <A>(tests: ReadonlyArray<Test<A> | string>): Test<A> | string => {
  const sound: Array<Test<A>> = []
  for (const test of tests) {
    if (typeof test === "string") return test
    sound.push(test)
  }
  return (value) => sound.every((test) => test(value))
}

const not = <A>(test: Test<A> | string): Test<A> | string =>
  typeof test === "string" ? test : (value) => !test(value)

const compilePart = (key: string, value: unknown): Condition | string => {
  if (key === "$not") return not(compileCondition(value))
  if (key === "$and" || key === "$or") {
    if (!Array.isArray(value) || value.length === 0) return `${key} must be a list of conditions`
    const parts = value.map(compileCondition)
    // a or b = not (not a and not b)
    return key === "$and" ? every(parts) : not(every(parts.map(not)))
  }
  if (key.startsWith("$")) return `there is no operator ${key} for conditions; there are $and, $or, $not`
  const field = fieldOf(key)
  if (field === undefined) return `"${key}" is not a field: fields begin with metadata., body. or headers.`
  const test = compileTest(value, field.source === "headers")
  return typeof test === "string" ? `"${key}": ${test}` : (valueOf) => test(valueOf(field))
}

/** What must hold of one field; a plain value must be equal. */
const compileTest = (json: unknown, asText: boolean): Test<unknown> | string => {
  if (!isObject(json)) return operators.$eq(json, asText)
  if (Object.keys(json).length === 0) return "there is no operator"
  return every(
    Object.entries(json).map(([name, operand]) =>
      isOperator(name)
        ? operators[name](operand, asText)
        : `there is no operator ${name} for fields; there are ${Object.keys(operators).join(", ")}`
    ),
  )
}

type Scalar = string | number | boolean | null
const isScalar = (value: unknown): value is Scalar =>
  value === null || ["string", "number", "boolean"].includes(typeof value)

/** As in MongoDB, null also stands for a field that is not there. A header is text, so `5` equals its `"5"`. */
const equals = (operand: Scalar, asText: boolean): Test<unknown> => (value) =>
  operand === null ? value === null || value === undefined : value === (asText ? String(operand) : operand)

type Operator = (operand: unknown, asText: boolean) => Test<unknown> | string

const oneOf: Operator = (operand, asText) => {
  if (!Array.isArray(operand) || !operand.every(isScalar)) return "the operator takes a list of plain values"
  const tests = operand.map((item) => equals(item, asText))
  return (value) => tests.some((test) => test(value))
}

const equal: Operator = (operand, asText) =>
  isScalar(operand) ? equals(operand, asText) : "the operator takes text, a number, true, false or null"

/** Numbers with numbers and text with text; nothing else has an order. A header counts as a number beside one. */
const ordered = (holds: (order: number) => boolean): Operator => (operand, asText) => {
  if (typeof operand === "string") {
    return (value) => typeof value === "string" && holds(value < operand ? -1 : value > operand ? 1 : 0)
  }
  if (typeof operand !== "number") return "the operator takes a number or text"
  return (value) => {
    const isNumber = typeof value === "string" && (asText ? value !== "" : isLongNumber(value))
    const number = isNumber ? Number(value) : value
    return typeof number === "number" && !Number.isNaN(number) && holds(number - operand)
  }
}

const operators = {
  $eq: equal,
  $ne: (operand, asText) => not(equal(operand, asText)),
  $in: oneOf,
  $nin: (operand, asText) => not(oneOf(operand, asText)),
  $gt: ordered((order) => order > 0),
  $gte: ordered((order) => order >= 0),
  $lt: ordered((order) => order < 0),
  $lte: ordered((order) => order <= 0),
  $exists: (operand) =>
    typeof operand === "boolean"
      ? (value) => (value !== undefined) === operand
      : "the operator takes true or false",
  $not: (operand, asText) => not(compileTest(operand, asText)),
} satisfies Record<string, Operator>

const isOperator = (name: string): name is keyof typeof operators => Object.hasOwn(operators, name)
