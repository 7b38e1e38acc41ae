/**
 * Secrets that the gateway knows, by their digests, and whether a caller presents one of them.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { sha256 } from "./digest.ts"

/** A secret, as it is compared. */
export interface KnownSecret {
  /** Its SHA-256. */
  readonly digest: Uint8Array
  /** Its length in UTF-16 units, which is not secret; `undefined` if only the digest is known. */
  readonly length: number | undefined
}

/** Whether bytes are the same, in a time that does not depend on where they differ. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  let difference = a.length ^ b.length
  for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0)
  return difference === 0
}

/** Finds the known secret that a caller presents. */
export type FindSecret = <Known extends KnownSecret>(
  known: ReadonlyArray<Known>,
) => Promise<Known | undefined>

/**
 * Makes what compares a presented secret with known ones, in constant time: with all those that may be equal. It is digested
 * once, and not at all if no known secret has its length, as with nearly every key that is not a token (a digest takes up to
 * 30 µs on Node 20).
 */
export const presentedSecret = (presented: Redacted.Redacted<string>): FindSecret => {
  const secret = Redacted.value(presented)
  let digest: Uint8Array | undefined
  return async (known) => {
    const candidates = known.filter(({ length }) => length === undefined || length === secret.length)
    if (candidates.length === 0) return undefined
    digest ??= await sha256(new TextEncoder().encode(secret))
    let found: typeof candidates[number] | undefined
    for (const candidate of candidates) if (sameBytes(digest, candidate.digest)) found = candidate
    return found
  }
}
