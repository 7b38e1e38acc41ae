/**
 * The session of a browser that has shown an admin token once.
 *
 * Its cookie holds the time when it ends and a signature with a key that is derived from the token: nothing is kept on
 * the server, so that it holds on every process and isolate, and it ends when the token is changed. From the cookie the
 * token can only be guessed, which is what tokens are long for.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { hex } from "../bytes/hex.ts"
import type { AdminToken } from "../config/admin-tokens.ts"
import { sameBytes } from "../redaction/known-secret.ts"

/** How long a session lasts, in seconds: a working day. */
export const sessionSeconds = 43_200

const cookieName = "basegate_console"

/**
 * The cookie goes to the management API alone, never to a provider. `SameSite` does not tell ports of one host apart:
 * that a request comes from the console's own page is told by `x-basegate-console`, which other origins cannot send.
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

/** The `Set-Cookie` that ends a session. */
export const closeSession = (): string => `${cookieName}=; Max-Age=0; ${attributes}`

/** The session that a request of the console's page shows; `undefined` if it is another's request, or shows none. */
export const shownSession = (headers: Headers): string | undefined => {
  if (headers.get("x-basegate-console") === null) return undefined
  return /(?:^|;\s*)basegate_console=(\d{1,15}\.[0-9a-f]{64})(?:;|$)/.exec(headers.get("cookie") ?? "")?.[1]
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

/** The token that a session was opened with; `undefined` if it has ended, or the token is none of these any more. */
export const adminOfSession = async (
  session: string,
  tokens: ReadonlyArray<AdminToken>,
  now: number,
): Promise<AdminToken | undefined> => {
  for (const token of tokens) if (await isSessionOf(session, token.secret, now)) return token
  return undefined
}
