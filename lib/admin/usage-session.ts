/**
 * The session of a browser that has logged in with a gateway's token, for its own usage and nothing else.
 *
 * Its cookie contains the token's name and the expiry, signed with a key derived from an admin token, since the
 * digest of a gateway's token is not secret: settings files may contain it. Nothing is kept on the server, and the
 * session ends when either token is changed.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { hex } from "../bytes/hex.ts"
import type { AdminToken } from "../config/admin-tokens.ts"
import type { GatewayToken } from "../config/gateway-tokens.ts"
import { sameBytes } from "../redaction/known-secret.ts"
import type { GatewayPlace } from "../route/paths.ts"
import { gatewayPath } from "../route/paths.ts"
import { bytesOf, hmac, sessionSeconds } from "./console-session.ts"

const cookieName = "basegate_usage"

/** The cookie is sent only to one gateway's usage: not with calls, and not to the management API. */
const attributes = (place: GatewayPlace): string =>
  `Path=${gatewayPath(place)}/usage; HttpOnly; SameSite=Strict`

const encoder = new TextEncoder()

/** Encoded, since names can be in any script, and cookies cannot. */
const nameInCookie = (name: string): string => hex(encoder.encode(name))

const signature = async (
  { secret }: AdminToken,
  { account, gateway }: GatewayPlace,
  { name, digest }: GatewayToken,
  ends: string,
): Promise<Uint8Array> =>
  await hmac(
    await hmac(encoder.encode(Redacted.value(secret)), "basegate usage session"),
    JSON.stringify([account, gateway, name, hex(digest), ends]),
  )

/** The `Set-Cookie` of a new session; `isSecure` if the page came over https. */
export const openUsageSession = async (
  admin: AdminToken,
  place: GatewayPlace,
  token: GatewayToken,
  now: number,
  isSecure: boolean,
): Promise<string> => {
  const ends = String(now + 1000 * sessionSeconds)
  const value = [ends, nameInCookie(token.name ?? ""), hex(await signature(admin, place, token, ends))].join(
    ".",
  )
  return `${cookieName}=${value}; Max-Age=${sessionSeconds}; ${attributes(place)}${
    isSecure ? "; Secure" : ""
  }`
}

/** The `Set-Cookie` that ends a session. */
export const closeUsageSession = (place: GatewayPlace): string =>
  `${cookieName}=; Max-Age=0; ${attributes(place)}`

const form = /(?:^|;\s*)basegate_usage=(\d{1,15})\.([0-9a-f]{2,512})\.([0-9a-f]{64})(?:;|$)/

/** The token of the session of a request from the console's page; `undefined` without a valid session. */
export const tokenOfSession = async (
  headers: Pick<Headers, "get">,
  place: GatewayPlace,
  tokens: ReadonlyArray<GatewayToken>,
  admins: ReadonlyArray<AdminToken>,
  now: number,
): Promise<GatewayToken | undefined> => {
  if (headers.get("x-basegate-console") === null) return undefined
  const [, ends = "", name = "", signed = ""] = form.exec(headers.get("cookie") ?? "") ?? []
  if (!(Number(ends) > now)) return undefined
  for (const token of tokens) {
    if (token.name === null || nameInCookie(token.name) !== name || token.expires <= now) continue
    for (const admin of admins) {
      if (sameBytes(bytesOf(signed), await signature(admin, place, token, ends))) return token
    }
  }
  return undefined
}
