/**
 * What a caller requests with `cf-aig-*` headers, and what its calls get: Cloudflare AI Gateway's rules.
 *
 * @module
 */
import type { CustomCost } from "../pricing/custom-cost.ts"
import type { GatewaySettings } from "./gateway-settings.ts"
import type { Backoff } from "./retry-settings.ts"

/**
 * A flat piece of data about a request, by which it can be found, counted and limited. A number that JavaScript cannot
 * hold, such as an id above 2^53, is kept as the text of its digits: two ids must not become one.
 */
export type Metadata = Readonly<Record<string, string | number | boolean>>

/** What one set of headers requests; `undefined` for what it does not mention. Numbers are within their ranges. */
export interface RequestedOptions {
  /** Seconds; 0 if nothing is cached. */
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
  /** Only for a universal step. */
  readonly fallbackOnReportedError?: boolean | undefined
  readonly metadata?: Metadata
  readonly customCost?: CustomCost
  readonly collectLog?: boolean
  readonly collectPayload?: boolean
  /** Only validated here; the record reads it earlier. */
  readonly eventId?: string
  /** Only validated here; plans read them where choices are kept for sessions. */
  readonly sessionId?: string
  readonly noSession?: boolean
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
  /** Whether an answer of a success status fails if it begins with an error. */
  readonly fallsBackOnReportedError: boolean
  readonly keyAlias: string
  readonly metadata: Metadata
  readonly customCost: CustomCost | undefined
  /** Whether the log gets an entry of the request, and whether its bodies are kept with it. */
  readonly log: { readonly entry: boolean; readonly payloads: boolean }
}

/** The same with what a caller's token puts on every call: it wins over what the caller says. */
export const withTokenMetadata = (requested: RequestedOptions, own: Metadata | undefined): RequestedOptions =>
  own === undefined ? requested : { ...requested, metadata: { ...requested.metadata, ...own } }

/** The most that callers may request: tries, and milliseconds. */
export const ranges = { maxAttempts: 5, retryDelay: 60_000, requestTimeout: 86_400_000 }

/** How long a request with its own cache key is cached by default, as at Cloudflare, in seconds. */
const defaultKeyTtl = 300

const cacheOf = (requested: RequestedOptions, { cache }: GatewaySettings): RequestOptions["cache"] => {
  const byHeader = cache.ttlHeaderEnables && requested.cacheTtl !== undefined
  const enabled = cache.ttl > 0 || requested.cacheKey !== undefined || byHeader
  return {
    ttl: enabled ? requested.cacheTtl ?? (cache.ttl || defaultKeyTtl) : 0,
    lookup: requested.skipCache !== true,
    key: requested.cacheKey,
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
  readonly fallbackOnReportedError?: boolean
}): RequestedOptions => {
  const options = {
    requestTimeout: clamp(config.requestTimeout, 1, ranges.requestTimeout),
    maxAttempts: clamp(config.maxAttempts, 1, ranges.maxAttempts),
    retryDelay: clamp(config.retryDelay, 0, ranges.retryDelay),
    backoff: config.backoff,
    fallbackOnReportedError: config.fallbackOnReportedError,
  }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

const decided = (gateway: GatewaySettings, requested: RequestedOptions, retried: boolean): RequestOptions => {
  const { retry } = gateway
  return {
    cache: cacheOf(requested, gateway),
    retry: {
      maxAttempts: requested.maxAttempts ?? (retried ? retry.maxAttempts : 1),
      delay: requested.retryDelay ?? retry.delay,
      backoff: requested.backoff ?? retry.backoff,
    },
    requestTimeout: requested.requestTimeout,
    fallsBackOnReportedError: requested.fallbackOnReportedError ?? gateway.fallsBackOnReportedError,
    keyAlias: requested.keyAlias ?? "default",
    metadata: requested.metadata ?? {},
    customCost: requested.customCost,
    log: {
      entry: requested.collectLog ?? gateway.log.collect,
      payloads: requested.collectPayload ?? gateway.log.payloads,
    },
  }
}

const nothing: RequestedOptions = {}

/** What each gateway decides if nothing is requested: for calls that it retries, and for the others. */
const defaults = new WeakMap<GatewaySettings, readonly [retried: RequestOptions, single: RequestOptions]>()

const defaultsOf = (gateway: GatewaySettings, retried: boolean): RequestOptions => {
  let both = defaults.get(gateway)
  if (both === undefined) {
    both = [Object.freeze(decided(gateway, nothing, true)), Object.freeze(decided(gateway, nothing, false))]
    defaults.set(gateway, both)
  }
  return both[retried ? 0 : 1]
}

const isEmpty = (requested: RequestedOptions): boolean => {
  for (const _ in requested) return false
  return true
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
): RequestOptions =>
  isEmpty(request) && isEmpty(step)
    ? defaultsOf(gateway, retried)
    : decided(gateway, { ...request, ...step }, retried)

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
