/**
 * Reads a PATCH of a log entry.
 *
 * @module
 */
import { isObject } from "../json/parse.ts"
import { parseExactly } from "../json/exact-json.ts"
import { adminBadRequest } from "../errors/admin-errors.ts"
import type { GatewayError } from "../errors.ts"
import { repeatedKey, twice } from "../json/repeated-key.ts"
import type { LogPatch } from "../request-log/entry.ts"

/** How much of the body is read, in bytes. */
export const patchLimit = 65_536

const fields = ["feedback", "score", "metadata"]
const mostEntries = 50

const isMetadata = (value: unknown): value is LogPatch["metadata"] =>
  isObject(value) && Object.keys(value).length <= mostEntries &&
  Object.values(value).every((entry) => ["string", "number", "boolean"].includes(typeof entry))

const parsed = (text: string): unknown => {
  try {
    return parseExactly(text)
  } catch {
    return undefined
  }
}

/** Reads the body. Ranges are those of Cloudflare's schema. */
export const logPatch = (text: string): LogPatch | GatewayError => {
  const body = parsed(text)
  if (!isObject(body)) {
    return adminBadRequest("The body is not a JSON object. Send one with feedback, score or metadata.")
  }
  const repeated = repeatedKey(text)
  if (repeated !== undefined) return adminBadRequest(twice(repeated))
  const unknown = Object.keys(body).find((name) => !fields.includes(name))
  if (unknown !== undefined) {
    return adminBadRequest(
      `An entry has no ${unknown.slice(0, 64)} to change; known are: ${fields.join(", ")}.`,
    )
  }
  const { feedback, score, metadata } = body
  const patch: { -readonly [Field in keyof LogPatch]: LogPatch[Field] } = {}
  if (feedback !== undefined) {
    if (feedback !== -1 && feedback !== 0 && feedback !== 1 && feedback !== null) {
      return adminBadRequest("feedback takes -1, 0, 1 or null.")
    }
    patch.feedback = feedback
  }
  if (score !== undefined) {
    if (score !== null && !(typeof score === "number" && score >= 0 && score <= 100)) {
      return adminBadRequest("score takes a number from 0 to 100, or null.")
    }
    patch.score = score
  }
  if (metadata !== undefined) {
    if (metadata !== null && !isMetadata(metadata)) {
      return adminBadRequest(
        `metadata takes a flat object of up to ${mostEntries} strings, numbers and booleans, or null.`,
      )
    }
    patch.metadata = metadata ?? {}
  }
  return patch
}
