/**
 * Whether an answer, or an event of one, tells of an error though its status is 200.
 *
 * @module
 */
import { type JsonObject, objectOf } from "../foreign-json.ts"

/** At most so many characters are kept of a text that a provider chose. */
const longest = 200
/** Without the word in which it is cut: half a secret would not be known for one. */
const short = (text: string): string =>
  text.length <= longest
    ? text.toWellFormed()
    : `${text.slice(0, longest - 1).replace(/[\x21-\x7e]+$/, "").toWellFormed()}…`

const word = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined

/** The kind and the message of an error, as far as it tells them. */
const textOf = (error: unknown): string => {
  const plain = word(error)
  if (plain !== undefined) return short(plain)
  const { type, code, message, detail } = objectOf(error)
  const kind = [type, code].map(word).find((text) => text !== undefined && text !== "error")
  const told = [kind, word(message) ?? word(detail)].filter((text) => text !== undefined)
  return told.length === 0 ? "an error without a message" : short(told.join(": "))
}

/**
 * Whether the value of a member named `error` is one. A number is a measure (a model's error rate), unless it is an HTTP
 * status; null, false, and an empty text or object say that there is none.
 */
const isError = (value: unknown): boolean => {
  switch (typeof value) {
    case "string":
      return value !== ""
    case "number":
      return Number.isInteger(value) && value >= 400 && value <= 599
    case "object":
      return value !== null && Object.keys(value).length > 0
    default:
      return value === true
  }
}

/** An `error` member, or `status: "failed"`, of what a Responses event is about. */
const failed = ({ error, status, object }: JsonObject): unknown =>
  isError(error) ? error : status === "failed" && object === "response" ? { type: status } : undefined

/** The choice that a server has ended by an error: vLLM and OpenRouter do, the latter with what went wrong beside it. */
const failedChoice = (choices: unknown): unknown => {
  if (!Array.isArray(choices)) return undefined
  for (const { finish_reason: reason, error } of choices.map(objectOf)) {
    if (isError(error)) return error
    if (reason === "error") return { type: "finish_reason", message: reason }
  }
  return undefined
}

const errorIn = (value: JsonObject): unknown => {
  const { type, object, error, response, choices, stop_reason, delta } = value
  if (isError(error)) return error
  if (type === "error" || object === "error") return { ...value, type: type === "error" ? undefined : type }
  if (type === "response.failed") return failed(objectOf(response)) ?? { type }
  if (stop_reason === "error" || objectOf(delta)["stop_reason"] === "error") {
    return { type: "stop_reason", message: "error" }
  }
  return failed(value) ?? failed(objectOf(response)) ?? failedChoice(choices)
}

/**
 * The error that a JSON answer, or the data of one event of a stream, tells of: its kind and its message in at most 200
 * characters, which the provider chose. Nothing where it tells of none.
 *
 * An error is told by `error` that is not null, in the value, in its `response` or in one of its `choices`; by `type` or
 * `object` of `"error"`; by a Responses `response.failed`, or a response whose status is `failed`; by a finish or stop
 * reason of `"error"`. Of a list, the first element counts, as Gemini sends its errors.
 *
 * @param value parsed JSON, of whatever type
 */
export const toldError = (value: unknown): string | undefined => {
  const error = errorIn(objectOf(Array.isArray(value) ? value[0] : value))
  return error === undefined ? undefined : textOf(error)
}
