/**
 * JSON that others have made, and that may be none.
 *
 * @module
 */

/** An object of unknown members; empty where there is none. */
export type JsonObject = Readonly<Record<string, unknown>>

/** What a value has for members: none, unless it is an object that is no list. */
export const objectOf = (value: unknown): JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value as JsonObject : {}

/** JSON text as what it holds; nothing where it is none. */
export const parseOrUndefined = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
