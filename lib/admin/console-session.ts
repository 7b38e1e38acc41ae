/**
 * The session of a browser that has logged in with an admin token.
 *
 * Its cookie contains its expiry and a signature with a key derived from the token. Nothing is kept on the server, so
 * it is valid in every process and isolate, and it ends when the token is changed. The cookie allows guessing the
 * token offline, which is why tokens are long.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { hex } from "../bytes/hex.ts"
import type { AdminIssuer } from "../config/admin-issuer.ts"
import type { AdminToken } from "../config/admin-tokens.ts"
import { sameBytes } from "../redaction/known-secret.ts"
import type { Admin, IssuedAdmin } from "./admin-jwt.ts"

/** How long a session lasts, in seconds: a working day. */
export const sessionSeconds = 43_200

const cookieName = "basegate_console"

/**
 * The cookie is sent only to the management API, never to a provider. `SameSite` does not distinguish ports of one
 * host: `x-basegate-console`, which other origins cannot send, shows that a request comes from the console's own
 * page.
 */
const attributes = "Path=/client/v4; HttpOnly; SameSite=Strict"

const encoder = new TextEncoder()

/** HMAC-SHA-256. */
export const hmac = async (key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array<ArrayBuffer>> => {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ])
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, encoder.encode(text)))
}

const signature = async (token: Redacted.Redacted<string>, ends: string): Promise<Uint8Array<ArrayBuffer>> =>
  await hmac(await hmac(encoder.encode(Redacted.value(token)), "basegate console session"), ends)

/** The bytes of hexadecimal digits. */
export const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16))

/** The `Set-Cookie` of a new session; `isSecure` if the page came over https. */
export const openSession = async (
  token: Redacted.Redacted<string>,
  now: number,
  isSecure: boolean,
): Promise<string> => {
  const ends = String(now + 1000 * sessionSeconds)
  const value = `${ends}.${hex(await signature(token, ends))}`
  return `${cookieName}=${value}; Max-Age=${sessionSeconds}; ${attributes}${isSecure ? "; Secure" : ""}`
}

/** The key for an issuer's admin: it changes with the issuer's settings, and with the token that signs. */
const issuedSignature = async (
  signer: Redacted.Redacted<string>,
  { issuer, audience }: AdminIssuer,
  fields: ReadonlyArray<string>,
): Promise<Uint8Array<ArrayBuffer>> =>
  await hmac(
    await hmac(encoder.encode(Redacted.value(signer)), "basegate console session of an issuer"),
    JSON.stringify([issuer, audience, fields]),
  )

/** The same for an admin with an issuer's token; the session ends no later than the token. */
export const openIssuedSession = async (
  signer: Redacted.Redacted<string>,
  issuer: AdminIssuer,
  { name, role, expires }: IssuedAdmin,
  now: number,
  isSecure: boolean,
): Promise<string> => {
  const ends = Math.min(now + 1000 * sessionSeconds, expires)
  const fields = [String(ends), role, hex(encoder.encode(name))]
  const value = [...fields, hex(await issuedSignature(signer, issuer, fields))].join(".")
  const age = Math.max(0, Math.floor((ends - now) / 1000))
  return `${cookieName}=${value}; Max-Age=${age}; ${attributes}${isSecure ? "; Secure" : ""}`
}

/** The admin of such a session; `undefined` if it is not a session, or has ended. */
const issuedOfSession = async (
  session: string,
  [first]: ReadonlyArray<AdminToken>,
  issuer: AdminIssuer | undefined,
  now: number,
): Promise<Admin | undefined> => {
  const [ends = "", role = "", name = "", signed = ""] = session.split(".")
  if (first === undefined || issuer === undefined || signed === "" || Number(ends) <= now) return undefined
  const expected = await issuedSignature(first.secret, issuer, [ends, role, name])
  if (!sameBytes(bytesOf(signed), expected)) return undefined
  return { name: new TextDecoder().decode(bytesOf(name)), role: role === "write" ? "write" : "read" }
}

/** The `Set-Cookie` that ends a session. */
export const closeSession = (): string => `${cookieName}=; Max-Age=0; ${attributes}`

/**
 * The session of a request from the console's page; `undefined` if the request comes from elsewhere, or has no
 * session.
 */
export const shownSession = (headers: Headers): string | undefined => {
  if (headers.get("x-basegate-console") === null) return undefined
  return /(?:^|;\s*)basegate_console=(\d{1,15}\.(?:(?:read|write)\.[0-9a-f]{2,1024}\.)?[0-9a-f]{64})(?:;|$)/
    .exec(headers.get("cookie") ?? "")?.[1]
}

/** Whether a session was opened with a token, and has not ended. */
export const isSessionOf = async (
  session: string,
  token: Redacted.Redacted<string>,
  now: number,
): Promise<boolean> => {
  const [ends = "", signed = ""] = session.split(".")
  return Number(ends) > now && sameBytes(bytesOf(signed), await signature(token, ends))
}

/** The holder of a session; `undefined` if it has ended, or its token is no longer valid. */
export const adminOfSession = async (
  session: string,
  tokens: ReadonlyArray<AdminToken>,
  issuer: AdminIssuer | undefined,
  now: number,
): Promise<Admin | undefined> => {
  if (session.split(".").length > 2) return await issuedOfSession(session, tokens, issuer, now)
  for (const token of tokens) if (await isSessionOf(session, token.secret, now)) return token
  return undefined
}
