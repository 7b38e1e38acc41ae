/**
 * Names for credentials that do not reveal them: for cache keys, limits and records.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { hex } from "../bytes/hex.ts"
import type { GatewayToken } from "../config/gateway-tokens.ts"
import { textDigest } from "../redaction/digest.ts"

/** Whose credential a provider sees with a request. */
export type CredentialSource =
  | { readonly kind: "secret"; readonly secret: Redacted.Redacted<string> }
  /** A stored key, by its provider and alias, so that its cache entries and counters outlive a rotation of the key. */
  | { readonly kind: "stored"; readonly provider: string; readonly alias: string }
  | { readonly kind: "none" }

/** What a gateway token is counted by. */
export type TokenSource =
  | { readonly kind: "secret"; readonly secret: Redacted.Redacted<string> }
  /** Its name, which is kept when its value changes. */
  | { readonly kind: "token"; readonly name: string }
  /** Its digest in hex, if nothing else is known of it. */
  | { readonly kind: "digest"; readonly digest: string }

/** A SHA-256 in hex. A secret never equals the name of a stored key. */
export const credentialIdentity = (source: CredentialSource | TokenSource): Promise<string> => {
  switch (source.kind) {
    case "secret":
      return textDigest(JSON.stringify(["secret", Redacted.value(source.secret)]))
    case "stored":
      return textDigest(JSON.stringify(["stored", source.provider, source.alias]))
    case "token":
      return textDigest(JSON.stringify(["token name", source.name]))
    case "digest":
      return textDigest(JSON.stringify(["token digest", source.digest]))
    case "none":
      return textDigest(JSON.stringify(["none"]))
  }
}

/** What a gateway token is counted by. */
export const tokenSource = ({ name, secret, digest }: GatewayToken): TokenSource =>
  name !== null
    ? { kind: "token", name }
    : secret === undefined
    ? { kind: "digest", digest: hex(digest) }
    : { kind: "secret", secret }

/**
 * A name for a caller: made of its gateway token, if it sent one, and the credential that goes up, else of the credential
 * alone. What is stored for one caller is never given to another.
 */
export const callerIdentity = async (
  token: GatewayToken | undefined,
  credential: CredentialSource,
): Promise<string> => {
  const shown = await credentialIdentity(credential)
  if (token === undefined) return shown
  return textDigest(
    JSON.stringify(["token", await credentialIdentity(tokenSource(token)), shown]),
  )
}
