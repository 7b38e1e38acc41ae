/**
 * What a caller requests with `cf-aig-*` headers, and what its calls get: Cloudflare AI Gateway's names and ranges.
 *
 * @module
 */
import * as Result from "effect/Result"
import { badRequest, type GatewayError } from "../errors.ts"
import { parseExactly } from "../json/exact-json.ts"
import { type CustomCost, customCost } from "../pricing/custom-cost.ts"
import type { GatewaySettings } from "./gateway-settings.ts"
import type { Backoff } from "./retry-settings.ts"

/**
 * A flat piece of data about a request, by which it can be found, counted and limited. A number that JavaScript cannot
 * hold, such as an id above 2^53, is kept as the text of its digits: two ids must not become one.
 */
export type Metadata = Readonly<Record<string, string | number | boolean>>

/** What one set of headers requests; `undefined` for what it does not mention. Numbers are within their ranges. */
export interface RequestedOptions {
  /** Seconds; 0 asks not to be cached. */
  readonly cacheTtl?: number
  readonly skipCache?: boolean
  readonly cacheKey?: string
  readonly maxAttempts?: number
  /** Milliseconds. */
  readonly retryDelay?: number
  readonly backoff?: Backoff
  /** Milliseconds to the response headers, for every try. */
  readonly requestTimeout?: number
  readonly keyAlias?: string
  readonly metadata?: Metadata
  readonly customCost?: CustomCost
  readonly collectLog?: boolean
  readonly collectPayload?: boolean
  /** Only validated here; the record reads it earlier. */
  readonly eventId?: string
}

/** Every option, decided. */
export interface RequestOptions {
  readonly cache: {
    /** How long an answer may be kept, in seconds; 0 if the request is not to be cached. */
    readonly ttl: number
    /** Whether a cached answer will do. */
    readonly lookup: boolean
    readonly key: string | undefined
  }
  readonly retry: { readonly maxAttempts: number; readonly delay: number; readonly backoff: Backoff }
  readonly requestTimeout: number | undefined
  readonly keyAlias: string
  readonly metadata: Metadata
  readonly customCost: CustomCost | undefined
  /** Whether the log gets an entry of the request, and whether its bodies are kept with it. */
  readonly log: { readonly entry: boolean; readonly payloads: boolean }
}

/** What a header's value means, or else what the header takes. */
type Read<Value> = (value: string) => { readonly value: Value } | string

/** Out of range is clamped to the range, as this folder's README says; what is not a number is an error. */
const integer = (what: string, lowest: number, highest: number, also?: number): Read<number> => (value) => {
  if (!/^[+-]?\d+$/.test(value)) {
    return `takes ${what}, a whole number from ${also ?? lowest} to ${highest}`
  }
  const number = Number(value)
  return { value: number === also ? number : Math.min(Math.max(number, lowest), highest) }
}

const boolean: Read<boolean> = (value) =>
  /^(true|false)$/i.test(value) ? { value: value.toLowerCase() === "true" } : "takes true or false"

const text = (pattern: RegExp, what: string): Read<string> => (value) =>
  pattern.test(value) ? { value } : `takes ${what}`

const backoffs: ReadonlyArray<Backoff> = ["constant", "linear", "exponential"]
const backoff: Read<Backoff> = (value) => {
  const known = backoffs.find((name) => name === value.toLowerCase())
  return known === undefined ? `takes ${backoffs.join(", ")}` : { value: known }
}

const strictText = new TextDecoder("utf-8", { fatal: true })

/** Bun, Deno and Node hand over UTF-8 byte by byte, as Fetch's `Headers` has it; workerd (2026-10) decodes it. */
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
    return 'takes a flat JSON object of strings, numbers and booleans, such as {"team":"search"}'
  }
  // An entry of another type is dropped alone; at Cloudflare it voids the rest.
  const flat = Object.entries(given).filter(([key, entry]) =>
    !key.startsWith("cf.") && ["string", "number", "boolean"].includes(typeof entry)
  )
  return { value: Object.fromEntries(flat.slice(0, maxEntries)) as Metadata }
}

const cost: Read<CustomCost> = (value) =>
  Result.match(customCost(value), {
    onSuccess: (value) => ({ value }),
    onFailure: (accepted) => accepted.replace(/^cf-aig-custom-cost /, ""),
  })

/** One month, Cloudflare's longest time to live. */
const month = 2_592_000
const cacheTtl = integer("seconds, or 0 not to cache", 60, month, 0)

/** The most that callers may ask for: tries, and milliseconds. */
const ranges = { maxAttempts: 5, retryDelay: 60_000, requestTimeout: 86_400_000 }

/** Every header that is read here, with the older name that Cloudflare still honours, and what it takes. */
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
  ["cf-aig-metadata", "metadata", metadata],
  ["cf-aig-custom-cost", "customCost", cost],
  ["cf-aig-collect-log", "collectLog", boolean],
  ["cf-aig-collect-log-payload", "collectPayload", boolean],
]

const nothing: RequestedOptions = {}

/** Reads what headers ask for. A value that cannot be read is an error that names the header and what it takes. */
export const parseOptionHeaders = (headers: Headers): RequestedOptions | GatewayError => {
  let asked: Record<string, unknown> | undefined
  for (const [header, option, read] of headerOptions) {
    const given = headers.get(header)
    // An empty value is what templates leave when they have nothing to say.
    if (given === null || given === "") continue
    const result = read(given)
    if (typeof result === "string") {
      return badRequest(`Cannot read ${header}: it ${result.replace(/\.$/, "")}. Correct it or leave it out.`)
    }
    asked ??= {}
    asked[option] = result.value
  }
  return asked ?? nothing
}

/** How long a request with its own cache key is cached by default, as at Cloudflare, in seconds. */
const defaultKeyTtl = 300

const cacheOf = (asked: RequestedOptions, { cache }: GatewaySettings): RequestOptions["cache"] => {
  const byHeader = cache.ttlHeaderEnables && asked.cacheTtl !== undefined
  const enabled = cache.ttl > 0 || asked.cacheKey !== undefined || byHeader
  return {
    ttl: enabled ? asked.cacheTtl ?? (cache.ttl || defaultKeyTtl) : 0,
    lookup: asked.skipCache !== true,
    key: asked.cacheKey,
  }
}

const clamp = (value: number | undefined, lowest: number, highest: number): number | undefined =>
  value === undefined ? undefined : Math.min(Math.max(value, lowest), highest)

/** A universal step's `config`, as if it had been sent in headers. */
export const configOptions = (config: {
  readonly requestTimeout?: number
  readonly maxAttempts?: number
  readonly retryDelay?: number
  readonly backoff?: Backoff
}): RequestedOptions => {
  const options = {
    requestTimeout: clamp(config.requestTimeout, 1, ranges.requestTimeout),
    maxAttempts: clamp(config.maxAttempts, 1, ranges.maxAttempts),
    retryDelay: clamp(config.retryDelay, 0, ranges.retryDelay),
    backoff: config.backoff,
  }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

/**
 * Decides by Cloudflare's precedence: the step, then the request, then the gateway.
 *
 * @param retried whether the gateway's own retries hold for the call; a caller's hold for any
 */
export const requestOptions = (
  gateway: GatewaySettings,
  request: RequestedOptions,
  step: RequestedOptions,
  retried: boolean,
): RequestOptions => {
  const asked = { ...request, ...step }
  const { retry } = gateway
  return {
    cache: cacheOf(asked, gateway),
    retry: {
      maxAttempts: asked.maxAttempts ?? (retried ? retry.maxAttempts : 1),
      delay: asked.retryDelay ?? retry.delay,
      backoff: asked.backoff ?? retry.backoff,
    },
    requestTimeout: asked.requestTimeout,
    keyAlias: asked.keyAlias ?? "default",
    metadata: asked.metadata ?? {},
    customCost: asked.customCost,
    log: {
      entry: asked.collectLog ?? gateway.log.collect,
      payloads: asked.collectPayload ?? gateway.log.payloads,
    },
  }
}

/**
 * The options of one of the several calls that a request may cause: what is cached under the caller's own key for one of
 * them must not answer another.
 *
 * @param call distinguishes the call from the others; no header, and so no caller's key, contains a line break
 */
export const optionsForCall = (options: RequestOptions, call: string): RequestOptions => {
  const { cache } = options
  return cache.key === undefined ? options : { ...options, cache: { ...cache, key: `${call}\n${cache.key}` } }
}
