/**
 * Opens a session of the console: for an admin token, or for a gateway's own.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { GatewayToken } from "../config/gateway-tokens.ts"
import type { SettingsShape } from "../config/settings-shape.ts"
import { adminConflict, adminUnauthorized, loginExpired, loginNameless } from "../errors/admin-errors.ts"
import type { GatewayError } from "../errors.ts"
import { presentedSecret } from "../redaction/known-secret.ts"
import type { GatewayPlace } from "../route/paths.ts"

/** A gateway's token, and the gateway whose usage its holder sees. */
export interface Holder {
  readonly place: GatewayPlace
  readonly token: GatewayToken
}

type Settings = Pick<SettingsShape, "entries" | "gateway">

/** The gateways that a token is valid for, by entry id, with its setting in each. */
const openedBy = async (
  settings: Settings,
  secret: Redacted.Redacted<string>,
  place: GatewayPlace | undefined,
): Promise<ReadonlyArray<readonly [id: string, token: GatewayToken]>> => {
  const find = presentedSecret(secret)
  const asked = place && settings.gateway(place.account, place.gateway)
  const entries = place === undefined
    ? settings.entries()
    : asked === undefined
    ? []
    : [[`${place.account}/${place.gateway}`, asked] as const]
  const found: Array<readonly [string, GatewayToken]> = []
  for (const [id, { tokens }] of entries) {
    const token = await find(tokens)
    if (token !== undefined) found.push([id, token])
  }
  return found
}

/**
 * The holder of a token that is not an admin's. Fails if the token is invalid, or if it is ambiguous which gateway is
 * meant.
 */
export const holderOf = (
  settings: Settings,
  secret: Redacted.Redacted<string>,
  place: GatewayPlace | undefined,
  now: number,
): Effect.Effect<Holder, GatewayError> =>
  Effect.gen(function* () {
    const found = yield* Effect.promise(() => openedBy(settings, secret, place))
    if (found.length === 0) return yield* adminUnauthorized(true)
    const named = found.filter(([, { name }]) => name !== null)
    if (named.length === 0) return yield* loginNameless()
    const valid = named.filter(([, { expires }]) => now < expires)
    const [[id, token] = ["", undefined], second] = valid
    if (token === undefined) return yield* loginExpired()
    if (id === "*" || second !== undefined) {
      return yield* adminConflict(
        "This token opens more than one gateway. Say which one's usage you ask for, as account/gateway.",
      )
    }
    const [account = "", gateway = ""] = id.split("/")
    return { place: { account, gateway }, token }
  })
