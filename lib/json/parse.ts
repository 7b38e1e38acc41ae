/**
 * Untrusted JSON, which may be malformed.
 *
 * @module
 */

/** An object of unknown members. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Whether a value is an object with members: not `null`, and not an array. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const empty: JsonObject = {}

/** The value if it is an object with members, else an empty object. */
export const objectOf = (value: unknown): JsonObject => isObject(value) ? value : empty

/** The value of JSON text; `undefined` if it is not JSON. */
export const parseOrUndefined = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
