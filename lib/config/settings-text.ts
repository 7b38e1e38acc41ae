/**
 * Settings that are written as JSON text.
 *
 * @module
 */
import * as Result from "effect/Result"
import { parseExactly } from "../json/exact-json.ts"
import { findSyntaxError } from "../json/syntax-error.ts"
import { repeatedKey } from "../json/repeated-key.ts"
import type { Position } from "./declaration.ts"

/** The place behind a text, for people. */
export const endOf = (text: string): Position => {
  const lines = text.split(/\r\n?|\n/)
  return { line: lines.length, column: [...lines.at(-1) ?? ""].length + 1 }
}

/** What a parser would take, and say nothing: the last of two. */
const newKey = "a key that is not there already"

/** Where a text is not JSON, or says something twice, and what was expected there; `undefined` if it is neither. Shows nothing of it. */
export const findJsonProblem = (
  text: string,
): { readonly at: Position; readonly expected: string } | undefined => {
  const bytes = new TextEncoder().encode(text)
  const fault = findSyntaxError(bytes)
  if (fault === undefined) {
    const repeated = repeatedKey(text)
    return repeated && { at: endOf(text.slice(0, repeated.start)), expected: newKey }
  }
  return { at: endOf(new TextDecoder().decode(bytes.subarray(0, fault.at))), expected: fault.expected }
}

/**
 * The parsed text, with every digit of its numbers; or what was expected and where, as the rest of a sentence that begins
 * with a variable's name. Shows nothing of the text, which may hold a secret.
 */
export const settingsIn = (text: string): Result.Result<unknown, string> => {
  const problem = findJsonProblem(text)
  if (problem === undefined) return Result.succeed(parseExactly(text))
  const { at: { line, column }, expected } = problem
  return Result.fail(`expected ${expected} at line ${line}, column ${column} of its JSON`)
}
