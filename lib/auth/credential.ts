/**
 * Finds keys and tokens in headers, and compares them.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"

/** The `Authorization` value of a client, taken apart. */
export interface Credential {
  /** The scheme as it was written: `Bearer`, `Api-Key`, or another, which is forwarded as it came. */
  readonly scheme: string
  readonly secret: Redacted.Redacted<string>
}

/** What clients send when nobody gave them a key: template leftovers, and the AI SDK provider's stand-in. */
const placeholders = new Set(["", "undefined", "null", "none", "CF_TEMP_TOKEN"])

/** The credential in an `Authorization` value; nothing where it is empty or a placeholder. */
export const parseAuthorization = (value: string | null): Credential | undefined => {
  const trimmed = value?.trim() ?? ""
  const space = trimmed.search(/\s/)
  const first = space === -1 ? trimmed : trimmed.slice(0, space)
  const isScheme = space !== -1 || /^(bearer|api-key)$/i.test(first)
  const secret = isScheme ? trimmed.slice(first.length).trim() : trimmed
  if (placeholders.has(secret)) return undefined
  return { scheme: isScheme ? first : "Bearer", secret: Redacted.make(secret) }
}

/** Whether a scheme is one of the two that Baseten's keys come in. */
export const isKeyScheme = (scheme: string): boolean => /^(?:bearer|api-key)$/i.test(scheme)

/**
 * Whether two secrets are the same, in a time that depends on the length of the first alone. Digests would be as good,
 * but cost up to 30 µs each (Node 20), for every request.
 */
const isSame = (presented: string, secret: string): boolean => {
  let difference = presented.length ^ secret.length
  for (let at = 0; at < presented.length; at++) {
    difference |= presented.charCodeAt(at) ^ secret.charCodeAt(at % secret.length)
  }
  return difference === 0
}

/** Whether a secret is one of several, in a time that tells nothing of how alike they are. */
export const isOneOf = (
  presented: Redacted.Redacted<string>,
  tokens: ReadonlyArray<Redacted.Redacted<string>>,
): boolean => {
  const mine = Redacted.value(presented)
  let found = false
  for (const token of tokens) found = isSame(mine, Redacted.value(token)) || found
  return found
}
