/**
 * Whether a request is the admin's.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { isKeyScheme, isOneOf, parseAuthorization } from "../auth/credential.ts"

/** Where Cloudflare's SDK sends what it was given: `apiToken` as a bearer, `apiKey` as a key. */
const presented = (headers: Headers): ReadonlyArray<Redacted.Redacted<string>> => {
  const authorization = parseAuthorization(headers.get("authorization"))
  const key = headers.get("x-auth-key")
  return [
    ...(authorization !== undefined && isKeyScheme(authorization.scheme) ? [authorization.secret] : []),
    ...(key !== null ? [Redacted.make(key)] : []),
  ]
}

/** Whether a request shows the admin token. */
export const showsToken = async (headers: Headers, token: Redacted.Redacted<string>): Promise<boolean> => {
  for (const secret of presented(headers)) if (await isOneOf(secret, [token])) return true
  return false
}
