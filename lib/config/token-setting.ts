/**
 * What an operator writes about gateway tokens in a gateway's entry.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { recordOf, text } from "../schema/expected.ts"
import { RateLimits, SpendLimitsEntry } from "./limit-rules.ts"
import { ModelGlob } from "./model-globs.ts"

const optional = Schema.optionalKey

const TokenValue = text("tokens without white space", (token) => /^\S+$/.test(token))

/** Names stand in logs, labels and headers. A slash would make two rules of one name: see `ownId`. */
const TokenName = text(
  "a name of up to 64 characters, without slashes, control characters, or blanks at its ends",
  (name) => /^[^\p{C}/]{1,64}$/u.test(name) && name.trim() === name,
)

const date = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/

/** The milliseconds since 1970 of an ISO date; `undefined` if it is not one, or no calendar has that day. */
export const expiryOf = (text: string): number | undefined => {
  const [, day] = date.exec(text) ?? []
  if (day === undefined) return undefined
  const time = Date.parse(text)
  // Some engines take the 30th of February for the 2nd of March.
  const midnight = Date.parse(`${day}T00:00:00Z`)
  return Number.isNaN(time) || Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day
    ? undefined
    : time
}

const Expiry = text(
  "an ISO date such as 2026-12-31T18:00:00Z, or 2027-01-01 for its beginning in UTC",
  (value) => expiryOf(value) !== undefined,
)

/** The most entries, and their longest key and text: they stand in every log entry of the token. */
const most = { entries: 16, key: 64, text: 256 }

const MetadataValue = Schema.Union([
  text(`text of up to ${most.text} characters`, (value) => value.length <= most.text),
  Schema.Number.check(
    Schema.makeFilter((value) => Number.isFinite(value) ? undefined : "Expected a number that JSON can hold"),
  ),
  Schema.Boolean,
])

const TokenMetadata = recordOf(
  `up to ${most.entries} names of up to ${most.key} characters`,
  (key) => key !== "" && key.length <= most.key,
  MetadataValue,
).check(
  Schema.makeFilter((metadata) =>
    Object.keys(metadata).length <= most.entries
      ? undefined
      : `Expected at most ${most.entries} entries of metadata`
  ),
)

const NamedToken = Schema.Struct({
  name: TokenName,
  token: TokenValue,
  models: optional(Schema.NonEmptyArray(ModelGlob)),
  expires: optional(Expiry),
  spend_limits: optional(SpendLimitsEntry),
  rate_limits: optional(RateLimits),
  metadata: optional(TokenMetadata),
})

/** `tokens`: values alone, or with a name and what holds for its calls. */
export const Tokens = Schema.NonEmptyArray(Schema.Union([TokenValue, NamedToken]))

/** Tokens as they are written. */
export type WrittenTokens = typeof Tokens.Type
