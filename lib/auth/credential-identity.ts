/**
 * Names for credentials that do not reveal them: for cache keys, limits and records.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { textDigest } from "../redaction/digest.ts"

/** Whose credential a provider sees with a request. */
export type CredentialSource =
  | { readonly kind: "secret"; readonly secret: Redacted.Redacted<string> }
  /** A stored key, by its provider and alias, so that its cache entries and counters outlive a rotation of the key. */
  | { readonly kind: "stored"; readonly provider: string; readonly alias: string }
  | { readonly kind: "none" }

/** A SHA-256 in hex. A secret never equals the name of a stored key. */
export const credentialIdentity = (source: CredentialSource): Promise<string> => {
  switch (source.kind) {
    case "secret":
      return textDigest(JSON.stringify(["secret", Redacted.value(source.secret)]))
    case "stored":
      return textDigest(JSON.stringify(["stored", source.provider, source.alias]))
    case "none":
      return textDigest(JSON.stringify(["none"]))
  }
}

/**
 * A name for a caller: made of its gateway token, if it sent one, and the credential that goes up, else of the credential
 * alone. What is stored for one caller is never given to another.
 */
export const callerIdentity = async (
  token: Redacted.Redacted<string> | undefined,
  credential: CredentialSource,
): Promise<string> => {
  const shown = await credentialIdentity(credential)
  if (token === undefined) return shown
  return textDigest(
    JSON.stringify(["token", await credentialIdentity({ kind: "secret", secret: token }), shown]),
  )
}
