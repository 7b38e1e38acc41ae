/**
 * Checks that a body that the gateway itself must read is one JSON value in UTF-8, of bounded depth.
 *
 * @module
 */
import { deepestJson, findSyntaxError } from "./syntax-error.ts"
import { isUtf8 } from "./encoding.ts"

/** Why the bytes are not one JSON value in UTF-8, as sentences for the caller; `undefined` if they are one. */
export const jsonProblem = (bytes: Uint8Array): string | undefined => {
  if (!isUtf8(bytes)) return "The body is not valid UTF-8. Encode the JSON in UTF-8."
  const fault = findSyntaxError(bytes)
  if (fault === undefined) return undefined
  return fault.tooDeep
    ? `The body nests deeper than ${deepestJson} levels. Send it flatter.`
    : `The body is not valid JSON: expected ${fault.expected} at byte ${fault.at + 1}. Check its syntax.`
}
