/**
 * Finds keys and tokens in headers, and compares them.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import type { HeaderReader } from "../headers/header-reader.ts"
import { sha256 } from "../redaction/digest.ts"
import { sameBytes } from "../redaction/known-secret.ts"
import { secretsIn } from "../redaction/secrets.ts"

/** The `Authorization` value of a client, taken apart. */
export interface Credential {
  /** The scheme as sent: `Bearer`, `Api-Key`, or another, which is forwarded unchanged. */
  readonly scheme: string
  readonly secret: Redacted.Redacted<string>
}

/** What clients send if they were given no key: template leftovers, and the AI SDK provider's stand-in. */
const placeholders = new Set(["", "undefined", "null", "none", "CF_TEMP_TOKEN"])

/** The credential in an `Authorization` value; `undefined` if it is empty or a placeholder. */
export const parseAuthorization = (value: string | null): Credential | undefined => {
  if (value === null) return undefined
  const trimmed = value.trim()
  const space = trimmed.search(/\s/)
  const first = space === -1 ? trimmed : trimmed.slice(0, space)
  const isScheme = space !== -1 || /^(bearer|api-key)$/i.test(first)
  const secret = isScheme ? trimmed.slice(first.length).trim() : trimmed
  if (placeholders.has(secret)) return undefined
  return { scheme: isScheme ? first : "Bearer", secret: Redacted.make(secret) }
}

/**
 * The headers that credentials come in: gateway tokens in any of them, keys in those between the first and the last. Only
 * the first is Cloudflare AI Gateway's; in the others SDKs send what they were given as their key, in the last one
 * Cloudflare's own SDK does.
 */
export const credentialHeaders = [
  "cf-aig-authorization",
  "authorization",
  "x-api-key",
  "api-key",
  "x-auth-key",
] as const

/** Every credential in several sets of headers, valid or not. */
export const secretsShown = (sets: ReadonlyArray<HeaderReader>): ReadonlyArray<string> => {
  const secrets: Array<string> = []
  for (const headers of sets) {
    for (const name of credentialHeaders) {
      const value = headers.get(name)
      if (value === null) continue
      for (const secret of secretsIn(value)) if (!placeholders.has(secret)) secrets.push(secret)
    }
  }
  return secrets
}

/** Whether a scheme is one of the two that Baseten's keys come in. */
export const isKeyScheme = (scheme: string): boolean => /^(?:bearer|api-key)$/i.test(scheme)

const digestOf = (secret: string): Promise<Uint8Array> => sha256(new TextEncoder().encode(secret))

/** The digests of known secrets. Values, not promises: on Workers a request must not wait for another's. */
const digests = new WeakMap<Redacted.Redacted<string>, Uint8Array>()
const knownDigest = async (token: Redacted.Redacted<string>): Promise<Uint8Array> => {
  const known = digests.get(token)
  if (known !== undefined) return known
  const digest = await digestOf(Redacted.value(token))
  digests.set(token, digest)
  return digest
}

/**
 * Whether a secret is one of several, in constant time: the SHA-256 digests of all those of equal length are compared.
 * Length is not secret: if no token has that length, as with nearly every key that is not a token, no digest is made
 * (up to 30 µs on Node 20).
 */
export const isOneOf = async (
  presented: Redacted.Redacted<string>,
  tokens: ReadonlyArray<Redacted.Redacted<string>>,
): Promise<boolean> => {
  const secret = Redacted.value(presented)
  const candidates = tokens.filter((token) => Redacted.value(token).length === secret.length)
  if (candidates.length === 0) return false
  const mine = await digestOf(secret)
  let found = false
  for (const token of candidates) found = sameBytes(mine, await knownDigest(token)) || found
  return found
}
