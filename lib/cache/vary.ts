/**
 * Which request headers an answer depends on (RFC 9110 §12.5.5, RFC 9111 §4.1).
 *
 * Requests are compared as the provider saw them: a header that is not forwarded, such as `Origin` or
 * `Cookie`, cannot have made a difference.
 *
 * @module
 */
import type { HeaderReader } from "../headers/header-reader.ts"

/** More names than any server needs; every look-up compares each of them. */
const most = 32

/**
 * Names that make no difference: the first are the same or absent in whatever goes up (Baseten's front end varies
 * everything by `Origin`); the others every key counts already, by the caller's identity, and their values are secrets
 * that change when a stored key is replaced.
 */
const indifferent: ReadonlySet<string> = new Set([
  "accept-encoding",
  "access-control-request-headers",
  "access-control-request-method",
  "cookie",
  "origin",
  "referer",
  "api-key",
  "authorization",
  "x-api-key",
])

/**
 * The names of the headers that an answer varies by, in lower case and in order; `undefined` if no other request can be
 * known to get the same (`*`).
 */
export const variedBy = (headers: HeaderReader): ReadonlyArray<string> | undefined =>
  variedByValue(headers.get("vary") ?? "")

const nothingVaries: ReadonlyArray<string> = []

/** The same from the value of `vary`. */
export const variedByValue = (vary: string): ReadonlyArray<string> | undefined => {
  if (vary === "") return nothingVaries
  const names = new Set(vary.toLowerCase().split(",").map((name) => name.trim()))
  if (names.has("*") || names.size > most) return undefined
  return [...names].filter((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name) && !indifferent.has(name)).sort()
}

/** What a request has of these headers. One that it lacks is not one that is empty. */
export const variantOf = (names: ReadonlyArray<string>, request: HeaderReader): ReadonlyArray<string> =>
  names.flatMap((name) => {
    const value = request.get(name)
    return [name, value === null ? "" : `=${value}`]
  })

/** Whether an answer to one request suits another. */
export const sameVariant = (names: ReadonlyArray<string>, one: HeaderReader, other: HeaderReader): boolean =>
  names.every((name) => one.get(name) === other.get(name))

/** What is stored in place of an answer that has variants: a byte with which no answer begins, and the names. */
const mark = 0

/** The names as bytes. */
export const encodeNames = (names: ReadonlyArray<string>): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(`\x00${names.join()}`)

/** Decodes the bytes of `encodeNames`; `undefined` if they are others. */
export const decodeNames = (bytes: Uint8Array): ReadonlyArray<string> | undefined =>
  bytes[0] === mark ? new TextDecoder().decode(bytes.subarray(1)).split(",") : undefined
