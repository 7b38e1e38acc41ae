/**
 * The public keys of an issuer of JSON Web Tokens: fetched when they are needed, kept while the issuer cannot be reached.
 *
 * On Workers no request waits for what another has begun, so each fetches for itself; how often is bounded.
 *
 * @module
 */
import type { createLocalJWKSet } from "jose/jwks/local"
import { isKeyUrl, type IssuerSettings } from "../config/jwt-settings.ts"
import { objectOf, parseOrUndefined } from "../json/parse.ts"

/** The runtime's `fetch`, or a test's. */
export type FetchKeys = (url: string, init: RequestInit) => Promise<Response>

/** Finds the key that a token's header names. */
export type FindKey = ReturnType<typeof createLocalJWKSet>

/** How long keys are used before they are fetched again, in milliseconds. */
const freshness = 600_000

/** How long after a try keys are not fetched again, in milliseconds; shorter while there are no keys. */
const pauses = { known: 30_000, none: 2_000 }

/** Fetches at once while there are no keys: callers may send as many tokens as they like. */
const mostInFlight = 16

/** How long an answer may take, in milliseconds, how many bytes it may have, and how many keys. */
const bounds = { time: 3_000, bytes: 262_144, keys: 100 }

const jsonAt = async (url: string, get: FetchKeys): Promise<Readonly<Record<string, unknown>>> => {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), bounds.time)
  try {
    const response = await get(url, {
      headers: { accept: "application/json" },
      redirect: "manual",
      signal: abort.signal,
    })
    const reader = response.body?.getReader()
    if (response.status !== 200 || reader === undefined) {
      await reader?.cancel()
      return {}
    }
    const decoder = new TextDecoder()
    let text = ""
    for (let size = 0;;) {
      const { done, value } = await reader.read()
      if (done) return objectOf(parseOrUndefined(text))
      size += value.byteLength
      if (size > bounds.bytes) {
        await reader.cancel()
        return {}
      }
      text += decoder.decode(value, { stream: true })
    }
  } catch {
    return {}
  } finally {
    clearTimeout(timer)
  }
}

/** Where the keys are, by the issuer's own configuration (OpenID Connect Discovery 1.0 §4). */
const discovered = async (issuer: string, get: FetchKeys): Promise<string | undefined> => {
  const configuration = await jsonAt(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, get)
  const { issuer: named, jwks_uri: url } = configuration
  return named === issuer && typeof url === "string" && isKeyUrl(url) ? url : undefined
}

/** The keys of one issuer. */
export class IssuerKeys {
  readonly #settings: IssuerSettings
  readonly #get: FetchKeys
  #keys: FindKey | undefined
  #fetchedAt = -Infinity
  #triedAt = -Infinity
  #inFlight = 0

  constructor(settings: IssuerSettings, get: FetchKeys) {
    this.#settings = settings
    this.#get = get
  }

  /** The keys as they are known, or fetched if they are due; `undefined` if there are none. */
  async known(now: number): Promise<FindKey | undefined> {
    if (this.#keys === undefined) {
      if (now - this.#triedAt < pauses.none || this.#inFlight >= mostInFlight) return undefined
      return await this.#fetch(now)
    }
    if (now - this.#fetchedAt < freshness || now - this.#triedAt < pauses.known) return this.#keys
    this.#triedAt = now
    return await this.#fetch(now)
  }

  /** The keys anew, for a token whose key is not among them; `undefined` if they were fetched a moment ago. */
  async newer(now: number): Promise<FindKey | undefined> {
    if (now - this.#triedAt < pauses.known) return undefined
    this.#triedAt = now
    return await this.#fetch(now)
  }

  async #fetch(now: number): Promise<FindKey | undefined> {
    this.#inFlight++
    try {
      const { issuer, jwksUrl = await discovered(issuer, this.#get) } = this.#settings
      const { keys } = jwksUrl === undefined ? {} : await jsonAt(jwksUrl, this.#get)
      if (Array.isArray(keys) && keys.length <= bounds.keys && keys.every((key) => typeof key === "object")) {
        const jwks = await import("jose/jwks/local")
        this.#keys = jwks.createLocalJWKSet({ keys })
        this.#fetchedAt = now
      } else if (this.#keys === undefined) this.#triedAt = now
    } catch {
      if (this.#keys === undefined) this.#triedAt = now
    } finally {
      this.#inFlight--
    }
    return this.#keys
  }
}
