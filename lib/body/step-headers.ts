/**
 * The headers of a universal step: from a JSON object to what can be sent in HTTP.
 *
 * @module
 */
import * as Result from "effect/Result"
import { HeaderFields } from "../headers/header-fields.ts"
import { parseBytes, topLevelMembers } from "../json/members.ts"

/** The most headers of a step. Servers accept about a hundred in a request, and SDKs send a dozen. */
const mostHeaders = 100

/** The first duplicate name, if any. */
const repeated = (names: ReadonlyArray<string>): string | undefined => {
  const seen = new Set<string>()
  return names.find((name) => seen.size === seen.add(name).size)
}

/** A header's name as errors quote it. */
const shown = (name: string): string => JSON.stringify(name.slice(0, 100).toWellFormed())

/**
 * Reads a step's headers.
 *
 * A duplicate name, in whatever case, is refused: two credentials joined would make a third. So are too many headers:
 * each one added to a `Headers` takes longer than the last.
 *
 * @param object the bytes of the step's `headers`, which are valid JSON; `undefined` if the step has no headers, which is
 *   normal for one that relies on a stored key
 * @param authorization the step's legacy `authorization`; used if the headers have no field of that name
 * @returns the headers; fails with the rest of a sentence that begins with the step's number
 */
export const stepHeaders = (
  object: Uint8Array = new TextEncoder().encode("{}"),
  authorization: unknown,
): Result.Result<HeaderFields, string> => {
  const members = topLevelMembers(object, mostHeaders)
  if (members === undefined) {
    return Result.fail('has "headers" that are not an object. Send names with their values.')
  }
  if (members.length > mostHeaders) return Result.fail(`has more than ${mostHeaders} headers. Send fewer.`)
  const twice = repeated(members.map(({ key }) => key.toLowerCase()))
  if (twice !== undefined) return Result.fail(`has the header ${shown(twice)} more than once. Send it once.`)
  const headers = new Headers()
  for (const { key, start, end } of members) {
    const value = headerText(key, object.subarray(start, end))
    if (value === undefined) {
      return Result.fail(`has the header ${shown(key)} with null for a value. Send text.`)
    }
    if (!setHeader(headers, key, value)) {
      return Result.fail(
        `has the header ${shown(key)}, whose name or value cannot be sent in HTTP. Correct it.`,
      )
    }
  }
  if (authorization === undefined || headers.has("authorization")) {
    return Result.succeed(HeaderFields.of(headers))
  }
  return typeof authorization === "string" && setHeader(headers, "authorization", authorization)
    ? Result.succeed(HeaderFields.of(headers))
    : Result.fail('has an "authorization" that is not text for a header. Put it in "headers".')
}

/** Equivalent JSON without the characters that a header cannot hold. */
const inAscii = (json: string): string =>
  json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)

/** JSON without insignificant space, with every digit unchanged. */
const withoutSpace = (json: string): string =>
  json.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (part) => part.startsWith('"') ? part : "")

const isContainer = (first: number | undefined): boolean => first === 0x7b || first === 0x5b

/** Text unchanged, objects as JSON (as the Workers binding sends them), numbers digit by digit; `undefined` for null. */
const headerText = (name: string, bytes: Uint8Array): string | undefined => {
  const json = new TextDecoder().decode(bytes)
  if (isContainer(bytes[0])) return inAscii(withoutSpace(json))
  const value = parseBytes(bytes)
  if (typeof value === "string") return /^cf-aig-metadata$/i.test(name) ? inAscii(value) : value
  return value === null ? undefined : json
}

const setHeader = (headers: Headers, name: string, value: string): boolean => {
  try {
    headers.set(name, value)
    return true
  } catch {
    return false
  }
}
