/**
 * Whether an answer, or an event of one, reports an error though its status is 200.
 *
 * @module
 */
import { type JsonObject, objectOf } from "../json/parse.ts"

/** The most characters that are kept of a text that a provider chose. */
const longest = 200
/** Drops the word that is cut: half a secret would not be recognised. */
const short = (text: string): string =>
  text.length <= longest
    ? text.toWellFormed()
    : `${text.slice(0, longest - 1).replace(/[\x21-\x7e]+$/, "").toWellFormed()}…`

const word = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined

/** The kind and the message of an error, as far as it has them. */
const textOf = (error: unknown): string => {
  const plain = word(error)
  if (plain !== undefined) return short(plain)
  const { type, code, message, detail } = objectOf(error)
  const kind = [type, code].map(word).find((text) => text !== undefined && text !== "error")
  const texts = [kind, word(message) ?? word(detail)].filter((text) => text !== undefined)
  return texts.length === 0 ? "an error without a message" : short(texts.join(": "))
}

/** How languages print a missing value as text. */
const noError = /^(?:|none|null|nil|no error)$/i

const isNothing = (value: unknown): boolean =>
  typeof value === "object" && value !== null
    ? Object.keys(value).length === 0
    : value === null || value === false || value === 0 || value === ""

/**
 * Whether the value of a member named `error` is one. A number is a measure (a model's error rate), unless it is an HTTP
 * status; null, false, an empty text or object, and an object of nothing but those say that there is no error.
 */
const isError = (value: unknown): boolean => {
  switch (typeof value) {
    case "string":
      return !noError.test(value.trim())
    case "number":
      return Number.isInteger(value) && value >= 400 && value <= 599
    case "object":
      return value !== null && !Object.values(value).every(isNothing)
    default:
      return value === true
  }
}

/**
 * Whether an object whose `type` or `object` is `"error"` is an error: it has a message, or no other members at all.
 * Something that a model found in a picture or a log may have that name, too.
 */
const saysError = (value: JsonObject): boolean =>
  [value["message"], value["detail"], value["code"]].some((text) => word(text) !== undefined) ||
  Object.entries(value).every(([name, member]) => silent.has(name) || isNothing(member))
const silent: ReadonlySet<string> = new Set(["type", "object", "sequence_number"])

/** An `error` member, or `status: "failed"`, of what a Responses event is about. */
const failed = ({ error, status, object }: JsonObject): unknown =>
  isError(error) ? error : status === "failed" && object === "response" ? { type: status } : undefined

/**
 * The choice that a server has ended with an error, as vLLM and OpenRouter do, the latter with a message next to it.
 */
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
  if ((type === "error" || object === "error") && saysError(value)) {
    return { ...value, type: type === "error" ? undefined : type }
  }
  if (type === "response.failed") return failed(objectOf(response)) ?? { type }
  if (stop_reason === "error" || objectOf(delta)["stop_reason"] === "error") {
    return { type: "stop_reason", message: "error" }
  }
  return failed(value) ?? failed(objectOf(response)) ?? failedChoice(choices)
}

/**
 * The error that a JSON answer, or the data of one event of a stream, reports: its kind and its message in at most 200
 * characters, which the provider chose. `undefined` if it reports none.
 *
 * An error is an `error` that is not null, in the value, in its `response` or in one of its `choices`; by `type` or
 * `object` of `"error"` with what went wrong; by a Responses `response.failed`, or a response whose status is `failed`;
 * by a finish or stop reason of `"error"`. A list reports one if all its elements do, as Gemini sends its errors: of
 * many results some may have failed.
 *
 * @param value parsed JSON, of whatever type
 */
export const reportedError = (value: unknown): string | undefined => {
  const errors = Array.isArray(value)
    ? value.map((each) => errorIn(objectOf(each)))
    : [errorIn(objectOf(value))]
  return errors[0] === undefined || errors.includes(undefined) ? undefined : textOf(errors[0])
}
