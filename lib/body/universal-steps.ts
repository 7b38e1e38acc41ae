/**
 * The universal endpoint's body: from bytes to the steps to try in turn.
 *
 * Each step's `query` is the body for its provider, and is cut out of the request's bytes unchanged: decoding and encoding
 * it again would lose the digits of large numbers.
 *
 * @module
 */
import * as Result from "effect/Result"
import { badRequest, type GatewayError } from "../errors.ts"
import type { HeaderFields } from "../headers/header-fields.ts"
import { arrayElements, type Elements, type JsonRange, membersNamed, parseBytes } from "../json/members.ts"
import { isObject } from "../json/parse.ts"
import { stepHeaders } from "./step-headers.ts"
import { jsonProblem } from "../json/whole-json.ts"

/** A step's own `config`, as the caller wrote it: integers from 0, not yet clamped to any range. */
export interface StepConfig {
  /** Milliseconds to the first part of the response. */
  readonly requestTimeout?: number
  /** Tries in all. */
  readonly maxAttempts?: number
  /** Milliseconds between tries. */
  readonly retryDelay?: number
  /** How the delay grows. */
  readonly backoff?: Backoff
  /** Whether an answer that begins with an error fails, whatever its status. */
  readonly fallbackOnReportedError?: boolean
}

/** How the delay between tries grows. */
type Backoff = typeof backoffs[number]
const backoffs = ["constant", "linear", "exponential"] as const

/** One thing to try. */
export interface UniversalStep {
  /** `baseten`, `compat`, `custom-{slug}`: a name of lower-case letters, digits and dashes, not yet known to exist. */
  readonly provider: string
  /** The path below the provider, as the URL standard normalises it: it starts with a slash and has no dot segment. */
  readonly path: string
  /** The endpoint's query with its `?`, or empty. */
  readonly search: string
  /** All of the step's headers, `cf-aig-*` among them. */
  readonly headers: HeaderFields
  /** The body for the provider: the bytes of `query` as received. */
  readonly body: Uint8Array<ArrayBuffer>
  readonly config: StepConfig
}

/** The most steps of one request. Cloudflare names no bound; one request must not cause any number of calls. */
export const maxSteps = 20

/**
 * Reads the body of `POST /v1/{account}/{gateway}`: an array of steps, or one bare step as `@cloudflare/tanstack-ai`
 * sends it.
 *
 * Fails with `bad_request` that names the step (counted from 1) and the key that is wrong; never shows a value,
 * which may be a credential.
 */
export const universalSteps = (
  bytes: Uint8Array<ArrayBuffer>,
): Result.Result<ReadonlyArray<UniversalStep>, GatewayError> => {
  const refused = (detail: string) => Result.fail(badRequest(detail))
  const wrong = jsonProblem(bytes)
  if (wrong !== undefined) return refused(wrong)
  const ranges = stepsIn(bytes)
  if (ranges === undefined) return refused("The body is neither an array of steps nor one step.")
  const { first, count } = ranges
  if (count === 0) return refused("The body has no steps. Send at least one.")
  if (count > maxSteps) return refused(`The body has ${count} steps. Send at most ${maxSteps}.`)
  const steps: Array<UniversalStep> = []
  for (const [index, { start, end }] of first.entries()) {
    const step = readStep(bytes.subarray(start, end))
    if (Result.isFailure(step)) return refused(`Step ${index + 1} ${step.failure}`)
    steps.push(step.success)
  }
  return Result.succeed(steps)
}

const stepsIn = (bytes: Uint8Array): Elements | undefined =>
  membersNamed(bytes, [])
    ? { first: [{ start: 0, end: bytes.length }], count: 1 }
    : arrayElements(bytes, maxSteps)

/**
 * The members of a step, and the most bytes of each: they are decoded, kept and compared, so they must not be as large as
 * a body may be. Servers accept 8 to 64 KiB of headers, and URLs of some 8 KiB.
 */
const known = {
  provider: 500,
  endpoint: 8_192,
  headers: 32_768,
  authorization: 16_384,
  config: 4_096,
  query: Infinity,
} as const
type Known = keyof typeof known
const knownKeys = Object.keys(known) as ReadonlyArray<Known>

/** A step; fails with the rest of a sentence that begins with its number. */
const readStep = (bytes: Uint8Array<ArrayBuffer>): Result.Result<UniversalStep, string> => {
  const members = membersNamed(bytes, knownKeys)?.named
  if (members === undefined) {
    return Result.fail("is not an object. Send provider, endpoint, headers and query.")
  }
  for (const [key, { times, first: { start, end } }] of members) {
    if (times > 1) return Result.fail(`has "${key}" more than once. Send it once.`)
    if (end - start > known[key]) {
      return Result.fail(`has "${key}" of more than ${known[key]} bytes. Send less.`)
    }
  }
  const bytesOf = (key: Known) => {
    const range: JsonRange | undefined = members.get(key)?.first
    return range && bytes.subarray(range.start, range.end)
  }
  const valueOf = (key: Known): unknown => {
    const value = bytesOf(key)
    return value && parseBytes(value)
  }

  const provider = valueOf("provider")
  if (typeof provider !== "string") {
    return Result.fail('has no "provider" string. Name one, such as "baseten".')
  }
  if (!/^[a-z0-9-]{1,71}$/.test(provider)) {
    return Result.fail(
      'has a "provider" that is not lower-case letters, digits and dashes. Name one, such as "baseten".',
    )
  }
  const endpoint = valueOf("endpoint")
  if (typeof endpoint !== "string") {
    return Result.fail('has no "endpoint" string. Name one, such as "chat/completions".')
  }
  const place = placeOf(provider, endpoint)
  if (Result.isFailure(place)) return Result.fail(place.failure)
  const body = bytesOf("query")
  if (body === undefined) return Result.fail('has no "query". Put the body for the provider there.')
  const headers = stepHeaders(bytesOf("headers"), valueOf("authorization"))
  if (Result.isFailure(headers)) return Result.fail(headers.failure)
  const config = readConfig(valueOf("config"))
  return Result.map(config, (config) => {
    const { path, search } = place.success
    return { provider, path, search, headers: headers.success, body, config }
  })
}

/**
 * Turns an endpoint into a URL's path and query.
 *
 * Forgives what clients are known to send: leading slashes, `v1/` before a compat endpoint, and the singular
 * `chat/completion` of Cloudflare's example. A custom provider's paths are its own and stay unchanged.
 */
const placeOf = (
  provider: string,
  endpoint: string,
): Result.Result<Pick<UniversalStep, "path" | "search">, string> => {
  let below = endpoint.replace(/^\/+/, "")
  if (provider === "compat") below = below.replace(/^v1\//, "")
  if (provider === "compat" || provider === "baseten") {
    below = below.replace(/^((?:v1\/)?chat\/completion)(?=\?|$)/, "$1s")
  }
  const mark = below.indexOf("?")
  const path = mark === -1 ? below : below.slice(0, mark)
  if (path === "") return Result.fail('has an empty "endpoint". Name a path below the provider.')
  // The URL standard would resolve dots, turn backslashes into slashes and drop tabs: it could leave the gateway.
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x20\x7f\\#]/.test(below) || /(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path)) {
    return Result.fail(
      'has an "endpoint" with a dot segment, a space, a control character, a backslash or a #. Send it without.',
    )
  }
  const { pathname, search } = new URL(`http://step.invalid/${below}`)
  return Result.succeed({ path: pathname, search })
}

const isBackoff = (value: unknown): value is Backoff => backoffs.some((name) => name === value)

/** Unknown keys are ignored: Cloudflare may add some. */
const readConfig = (value: unknown): Result.Result<StepConfig, string> => {
  if (value === undefined) return Result.succeed({})
  if (!isObject(value)) {
    return Result.fail('has a "config" that is not an object. Send one, or leave it out.')
  }
  const numbers: { [key in "requestTimeout" | "maxAttempts" | "retryDelay"]?: number } = {}
  for (const key of ["requestTimeout", "maxAttempts", "retryDelay"] as const) {
    const number = value[key]
    if (number === undefined) continue
    if (typeof number !== "number" || !Number.isSafeInteger(number) || number < 0) {
      return Result.fail(`has a "config.${key}" that is not an integer from 0. Correct it.`)
    }
    numbers[key] = number
  }
  const { backoff, fallbackOnReportedError } = value
  if (fallbackOnReportedError !== undefined && typeof fallbackOnReportedError !== "boolean") {
    return Result.fail('has a "config.fallbackOnReportedError" that is neither true nor false. Correct it.')
  }
  const read = { ...numbers, ...(fallbackOnReportedError !== undefined && { fallbackOnReportedError }) }
  if (backoff === undefined) return Result.succeed(read)
  return isBackoff(backoff)
    ? Result.succeed({ ...read, backoff })
    : Result.fail(`has an unknown "config.backoff". Use one of ${backoffs.join(", ")}.`)
}
