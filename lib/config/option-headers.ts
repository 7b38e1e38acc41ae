/**
 * Reads `cf-aig-*` headers: Cloudflare AI Gateway's names and ranges.
 *
 * @module
 */
import * as Result from "effect/Result"
import { badRequest, type GatewayError } from "../errors.ts"
import type { HeaderFields } from "../headers/header-fields.ts"
import { parseExactly } from "../json/exact-json.ts"
import { type CustomCost, customCost } from "../pricing/custom-cost.ts"
import type { Backoff } from "./retry-settings.ts"
import { type Metadata, ranges, type RequestedOptions } from "./request-options.ts"

/** What a header's value means, or else what the header takes. */
type Read<Value> = (value: string) => Result.Result<Value, string>

/** Out of range is clamped to the range, as this folder's README says; what is not a number is an error. */
const integer = (what: string, lowest: number, highest: number, also?: number): Read<number> => (value) => {
  if (!/^[+-]?\d+$/.test(value)) {
    return Result.fail(`takes ${what}, a whole number from ${also ?? lowest} to ${highest}`)
  }
  const number = Number(value)
  return Result.succeed(number === also ? number : Math.min(Math.max(number, lowest), highest))
}

const boolean: Read<boolean> = (value) =>
  /^(true|false)$/i.test(value)
    ? Result.succeed(value.toLowerCase() === "true")
    : Result.fail("takes true or false")

const text = (pattern: RegExp, what: string): Read<string> => (value) =>
  pattern.test(value) ? Result.succeed(value) : Result.fail(`takes ${what}`)

const backoffs: ReadonlyArray<Backoff> = ["constant", "linear", "exponential"]
const backoff: Read<Backoff> = (value) => {
  const known = backoffs.find((name) => name === value.toLowerCase())
  return known === undefined ? Result.fail(`takes ${backoffs.join(", ")}`) : Result.succeed(known)
}

const strictText = new TextDecoder("utf-8", { fatal: true })

/** Bun, Deno and Node give UTF-8 byte by byte, as Fetch's `Headers` does; workerd (2026-10) decodes it. */
const fromUtf8 = (value: string): string => {
  if (!/[\x80-\xff]/.test(value) || /[^\0-\xff]/.test(value)) return value
  try {
    return strictText.decode(Uint8Array.from(value, (byte) => byte.charCodeAt(0)))
  } catch {
    // It is Latin-1.
    return value
  }
}

/** Cloudflare keeps five entries; keys that begin with `cf.` are its own. */
const maxEntries = 5
const metadata: Read<Metadata> = (value) => {
  let given: unknown
  try {
    given = parseExactly(fromUtf8(value))
  } catch {
    given = undefined
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return Result.fail(
      'takes a flat JSON object of strings, numbers and booleans, such as {"team":"search"}',
    )
  }
  // An entry of another type is dropped alone; at Cloudflare it voids the rest.
  const flat = Object.entries(given).filter(([key, entry]) =>
    !key.startsWith("cf.") && ["string", "number", "boolean"].includes(typeof entry)
  )
  return Result.succeed(Object.fromEntries(flat.slice(0, maxEntries)) as Metadata)
}

const cost: Read<CustomCost> = (value) =>
  Result.mapError(customCost(value), (accepted) => accepted.replace(/^cf-aig-custom-cost /, ""))

/** One month, Cloudflare's longest time to live. */
const month = 2_592_000
const cacheTtl = integer("seconds, or 0 not to cache", 60, month, 0)

/** Every header that is read here, the older names that Cloudflare still honours before the newer, and what it takes. */
const headerOptions: ReadonlyArray<
  readonly [header: string, option: keyof RequestedOptions, read: Read<unknown>]
> = [
  ["cf-cache-ttl", "cacheTtl", cacheTtl],
  ["cf-aig-cache-ttl", "cacheTtl", cacheTtl],
  ["cf-skip-cache", "skipCache", boolean],
  ["cf-aig-skip-cache", "skipCache", boolean],
  ["cf-aig-cache-key", "cacheKey", text(/^[^]{1,1024}$/, "text of at most 1024 characters")],
  ["cf-aig-max-attempts", "maxAttempts", integer("tries in all", 1, ranges.maxAttempts)],
  ["cf-aig-retry-delay", "retryDelay", integer("milliseconds", 0, ranges.retryDelay)],
  ["cf-aig-backoff", "backoff", backoff],
  ["cf-aig-request-timeout", "requestTimeout", integer("milliseconds", 1, ranges.requestTimeout)],
  [
    "cf-aig-byok-alias",
    "keyAlias",
    text(/^[\w.-]{1,64}$/, "up to 64 letters, digits, dots, dashes and underscores"),
  ],
  ["cf-aig-event-id", "eventId", text(/^[^]{1,256}$/, "text of at most 256 characters")],
  ["cf-aig-session-id", "sessionId", text(/^[^]{1,256}$/, "text of at most 256 characters")],
  ["cf-aig-no-session-affinity", "noSession", boolean],
  ["cf-aig-metadata", "metadata", metadata],
  ["cf-aig-custom-cost", "customCost", cost],
  ["cf-aig-collect-log", "collectLog", boolean],
  ["cf-aig-collect-log-payload", "collectPayload", boolean],
]

const nothingRequested: Result.Result<RequestedOptions, GatewayError> = Result.succeed({})

/** Whether a header may be one of those; that none is, as in most requests, is found in one pass. */
const mayBeOption = (name: string): boolean => name.startsWith("cf-")

/** Reads what headers request. Fails with `bad_request`, which names the header and what it takes. */
export const parseOptionHeaders = (headers: HeaderFields): Result.Result<RequestedOptions, GatewayError> => {
  if (!headers.some(mayBeOption)) return nothingRequested
  let requested: Record<string, unknown> | undefined
  for (const [header, option, read] of headerOptions) {
    const given = headers.get(header)
    // An empty value is what templates leave when they have nothing to say.
    if (given === null || given === "") continue
    const result = read(given)
    if (Result.isFailure(result)) {
      const takes = result.failure.replace(/\.$/, "")
      return Result.fail(badRequest(`Cannot read ${header}: it ${takes}. Correct it or leave it out.`))
    }
    requested ??= {}
    requested[option] = result.success
  }
  return requested === undefined ? nothingRequested : Result.succeed(requested)
}
