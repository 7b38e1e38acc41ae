/**
 * Whether a request carries an admin token.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import type { AdminToken } from "../config/admin-tokens.ts"
import { isKeyScheme, isOneOf, parseAuthorization } from "../auth/credential.ts"

/** Candidates for an admin token. Cloudflare's SDK sends `apiToken` as a bearer token and `apiKey` as `X-Auth-Key`. */
export const presented = (headers: Headers): ReadonlyArray<Redacted.Redacted<string>> => {
  const authorization = parseAuthorization(headers.get("authorization"))
  const key = headers.get("x-auth-key")
  return [
    ...(authorization !== undefined && isKeyScheme(authorization.scheme) ? [authorization.secret] : []),
    ...(key ? [Redacted.make(key)] : []),
  ]
}

/** The admin token among the candidates; `undefined` if there is none. */
export const adminOf = async (
  secrets: ReadonlyArray<Redacted.Redacted<string>>,
  tokens: ReadonlyArray<AdminToken>,
): Promise<AdminToken | undefined> => {
  const known = tokens.map(({ secret }) => secret)
  for (const secret of secrets) {
    if (!await isOneOf(secret, known)) continue
    return tokens.find((token) => Redacted.value(token.secret) === Redacted.value(secret))
  }
  return undefined
}

/** Whether one of the candidates is the token of `/metrics`. */
export const isMetricsToken = async (
  secrets: ReadonlyArray<Redacted.Redacted<string>>,
  token: Redacted.Redacted<string> | undefined,
): Promise<boolean> => {
  for (const secret of token === undefined ? [] : secrets) {
    if (token !== undefined && await isOneOf(secret, [token])) return true
  }
  return false
}
