/**
 * Whether a request is the admin's.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { isKeyScheme, isOneOf, parseAuthorization } from "../auth/credential.ts"

/** What may be meant for the admin token, where Cloudflare's SDK sends what it was given: `apiToken` as a bearer, `apiKey` as a key. */
export const presented = (headers: Headers): ReadonlyArray<Redacted.Redacted<string>> => {
  const authorization = parseAuthorization(headers.get("authorization"))
  const key = headers.get("x-auth-key")
  return [
    ...(authorization !== undefined && isKeyScheme(authorization.scheme) ? [authorization.secret] : []),
    ...(key ? [Redacted.make(key)] : []),
  ]
}

/** Whether one of them is the admin token. */
export const isAdminToken = async (
  secrets: ReadonlyArray<Redacted.Redacted<string>>,
  token: Redacted.Redacted<string>,
): Promise<boolean> => {
  for (const secret of secrets) if (await isOneOf(secret, [token])) return true
  return false
}
