/**
 * Settings that are written as JSON text.
 *
 * @module
 */
import * as Result from "effect/Result"
import { parseExactly } from "../json/exact-json.ts"
import { findSyntaxError } from "../json/syntax-error.ts"

/** A place in a text, for people: lines and columns count from 1, columns in characters. */
const placeOf = (bytes: Uint8Array, at: number): string => {
  const lines = new TextDecoder().decode(bytes.subarray(0, at)).split(/\r\n?|\n/)
  return `line ${lines.length}, column ${[...lines.at(-1) ?? ""].length + 1}`
}

/**
 * The parsed text, with every digit of its numbers; or what was expected and where, as the rest of a sentence that begins
 * with a variable's name. Shows nothing of the text, which may hold a secret.
 */
export const settingsIn = (text: string): Result.Result<unknown, string> => {
  const bytes = new TextEncoder().encode(text)
  const fault = findSyntaxError(bytes)
  return fault === undefined
    ? Result.succeed(parseExactly(text))
    : Result.fail(`expected ${fault.expected} at ${placeOf(bytes, fault.at)} of its JSON`)
}
