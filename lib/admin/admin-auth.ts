/**
 * Whether a request carries the admin token.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { isKeyScheme, isOneOf, parseAuthorization } from "../auth/credential.ts"

/** Candidates for the admin token. Cloudflare's SDK sends `apiToken` as a bearer token and `apiKey` as `X-Auth-Key`. */
export const presented = (headers: Headers): ReadonlyArray<Redacted.Redacted<string>> => {
  const authorization = parseAuthorization(headers.get("authorization"))
  const key = headers.get("x-auth-key")
  return [
    ...(authorization !== undefined && isKeyScheme(authorization.scheme) ? [authorization.secret] : []),
    ...(key ? [Redacted.make(key)] : []),
  ]
}

/** Whether one of the candidates is the admin token. */
export const isAdminToken = async (
  secrets: ReadonlyArray<Redacted.Redacted<string>>,
  token: Redacted.Redacted<string>,
): Promise<boolean> => {
  for (const secret of secrets) if (await isOneOf(secret, [token])) return true
  return false
}
