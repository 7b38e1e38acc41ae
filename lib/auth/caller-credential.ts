/**
 * The provider's key that a caller sends with its request.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { type GatewayError, severalCredentials } from "../errors.ts"
import { type Credential, isKeyScheme, parseAuthorization } from "./credential.ts"
import type { HeaderReader } from "../headers/header-reader.ts"

/** The headers that clients put a key in. */
export const keyHeaders = ["authorization", "x-api-key", "api-key"] as const

/** Whether clients put a key in a header of this name, in lower case. */
export const isKeyHeader = (name: string): boolean => keyHeaders.some((header) => header === name)

/**
 * One credential of several parts, as Digest has it (RFC 9110 §11.4). A value is never empty: otherwise a blank after `=`
 * could be read in two ways, and many of them in 2ⁿ.
 */
const parameters = /^(?:[\w!#$%&'*+.^`|~-]+\s*=\s*(?:"[^"]*"|[^\s",]+)\s*(?:,\s*|$))+$/

/** Two `Authorization` lines arrive as one value: which of the keys is meant, and whether one is a token, is not known. */
const isSeveral = ({ scheme, secret }: Credential): boolean => {
  const text = Redacted.value(secret)
  if (scheme.includes(",")) return true
  return /[\s,]/.test(text) && (isKeyScheme(scheme) || !parameters.test(text))
}

const none: Result.Result<Credential | undefined, GatewayError> = Result.succeed(undefined)

/**
 * The caller's own key: `Authorization`, else a lone `x-api-key` (the Anthropic SDK's); `undefined` if it sends none. Fails
 * with `bad_request` if a header has more than one.
 *
 * @param tokenHeaders the headers that hold a gateway token, which is not a key
 */
export const callerCredential = (
  headers: HeaderReader,
  tokenHeaders: ReadonlySet<string>,
): Result.Result<Credential | undefined, GatewayError> => {
  let own: Credential | undefined
  for (const header of keyHeaders) {
    const value = headers.get(header)
    if (value === null || tokenHeaders.has(header)) continue
    const credential = parseAuthorization(value)
    if (credential === undefined) continue
    if (isSeveral(credential)) return Result.fail(severalCredentials())
    own ??= credential
  }
  return own === undefined ? none : Result.succeed(own)
}
