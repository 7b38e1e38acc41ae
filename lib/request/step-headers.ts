/**
 * The headers of a universal step: from a JSON object to what can be sent in HTTP.
 *
 * @module
 */
import { parseBytes, topLevelMembers } from "./json-members.ts"

/** The first name that is listed twice, or nothing. */
export const repeated = (names: ReadonlyArray<string>): string | undefined =>
  names.find((name, index) => names.indexOf(name) !== index)

/**
 * Reads a step's headers.
 *
 * A name that is there twice, in whatever case, is refused: joined, two credentials would make a third.
 *
 * @param object the bytes of the step's `headers`, which are valid JSON; nothing where the step has none, which is
 *   normal for one that relies on a stored key
 * @param authorization the step's legacy `authorization`; it counts where the headers have none of that name
 * @returns the headers, or what is wrong as the rest of a sentence that begins with the step's number
 */
export const stepHeaders = (
  object: Uint8Array = new TextEncoder().encode("{}"),
  authorization: unknown,
): Headers | string => {
  const members = topLevelMembers(object)
  if (members === undefined) return 'has "headers" that are not an object. Send names with their values.'
  const twice = repeated(members.map(({ key }) => key.toLowerCase()))
  if (twice !== undefined) return `has the header ${JSON.stringify(twice)} more than once. Send it once.`
  const headers = new Headers()
  for (const { key, start, end } of members) {
    const value = headerText(key, object.subarray(start, end))
    if (value === undefined) return `has the header ${JSON.stringify(key)} with null for a value. Send text.`
    if (!setHeader(headers, key, value)) {
      return `has the header ${JSON.stringify(key)}, whose name or value cannot be sent in HTTP. Correct it.`
    }
  }
  if (authorization === undefined || headers.has("authorization")) return headers
  return typeof authorization === "string" && setHeader(headers, "authorization", authorization)
    ? headers
    : 'has an "authorization" that is not text for a header. Put it in "headers".'
}

/** JSON without what a header cannot hold; it means the same. */
const inAscii = (json: string): string =>
  json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)

/** Text as it is, objects as JSON (as the Workers binding sends them), numbers digit by digit; nothing for null. */
const headerText = (name: string, bytes: Uint8Array): string | undefined => {
  const value = parseBytes(bytes)
  if (typeof value === "string") return /^cf-aig-metadata$/i.test(name) ? inAscii(value) : value
  if (value === null) return undefined
  return typeof value === "object" ? inAscii(JSON.stringify(value)) : new TextDecoder().decode(bytes)
}

const setHeader = (headers: Headers, name: string, value: string): boolean => {
  try {
    headers.set(name, value)
    return true
  } catch {
    return false
  }
}
