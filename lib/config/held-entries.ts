/**
 * The entries of all gateways with their secrets, as one set of settings has them. What a newer set leaves as it was keeps
 * its object, and with that all that was made for it: composed calls, digests of tokens.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { knownText } from "./gateway-tokens.ts"
import { sameBytes } from "../redaction/known-secret.ts"
import { type GatewaySettings, gatewaySettings, type Shared } from "./gateway-settings.ts"
import type { WrittenEntry } from "./settings-document.ts"
import type { Resolve } from "./stored-keys.ts"

/** An entry in force, and what it was made of. */
export interface HeldEntry {
  readonly settings: GatewaySettings
  readonly text: string
  /** The secrets of the references that it names. */
  readonly references: ReadonlyMap<string, Redacted.Redacted<string>>
}

const isUnchanged = (held: HeldEntry, text: string, resolve: Resolve): boolean =>
  held.text === text &&
  [...held.references].every(([reference, secret]) =>
    Redacted.value(resolve(reference)) === Redacted.value(secret)
  )

/**
 * The entry to put in force. Throws `SettingProblem` if it refers to a secret that is not there, or contradicts
 * itself.
 *
 * @param before the entry in force under the same id
 */
export const heldEntry = (
  id: string,
  entry: WrittenEntry,
  before: HeldEntry | undefined,
  shared: Shared,
  resolve: Resolve,
): HeldEntry => {
  const text = JSON.stringify(entry)
  if (before !== undefined && isUnchanged(before, text, resolve)) return before
  const references = new Map<string, Redacted.Redacted<string>>()
  const settings = gatewaySettings(id, entry, shared, (reference) => {
    const secret = resolve(reference)
    references.set(reference, secret)
    return secret
  })
  return { settings, text, references }
}

const holdsKeys = ({ keys, customProviders }: GatewaySettings): boolean =>
  keys.size > 0 ||
  [...customProviders.values()].some(({ headers }) => headers.some(({ stored }) => stored))

/** Whether a gateway that requires no token has stored keys. */
export const haveOpenKeys = (gateways: Iterable<GatewaySettings>): boolean =>
  [...gateways].some((gateway) => !gateway.authentication && holdsKeys(gateway))

/** Whether an entry refuses the admin's tokens, as all must. */
export const refusesAdmin = (
  { tokens }: GatewaySettings,
  admins: ReadonlyArray<Redacted.Redacted<string>>,
): boolean => {
  const digests = admins.map((admin) => knownText(admin).digest)
  return !tokens.some((token) => digests.some((digest) => sameBytes(token.digest, digest)))
}
