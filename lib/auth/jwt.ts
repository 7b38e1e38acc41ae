/**
 * JSON Web Tokens as gateway tokens (RFC 7519, with the advice of RFC 8725). `jose` is loaded for the first of them:
 * gateways without issuers do not need it.
 *
 * @module
 */
import type { JWTPayload } from "jose"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import type { GatewayToken } from "../config/gateway-tokens.ts"
import type { IssuerSettings, JwtSettings } from "../config/jwt-settings.ts"
import type { Metadata } from "../config/request-options.ts"
import { objectOf, parseOrUndefined } from "../json/parse.ts"
import { type FetchKeys, type FindKey, IssuerKeys } from "./issuer-keys.ts"

/** Why a token is not taken. `unavailable`: its issuer's keys cannot be fetched. */
export type JwtProblem =
  | "expired"
  | "early"
  | "audience"
  | "signature"
  | "nameless"
  | "unavailable"

/** Signatures by a private key. With a shared secret, anyone who can verify a token could also forge one. */
const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
]

/** How far clocks may differ, in seconds. */
const skew = 30

/** The longest token that is looked at, in characters, and the longest name. */
const longest = { token: 16_384, name: 128 }

/** The most entries of metadata that claims give, and their longest key and text. */
const most = { entries: 16, key: 64, text: 256 }

const form = /^([\w-]+)\.([\w-]+)\.[\w-]*$/

/** A part of a token; empty if it is missing. Throws if it is not base64. */
const partOf = (text: string): Readonly<Record<string, unknown>> =>
  objectOf(parseOrUndefined(atob(text.replaceAll("-", "+").replaceAll("_", "/"))))

/** Whose a token says that it is, before that is known to be so; `undefined` if it is not a JSON Web Token. */
export const statedIssuer = (secret: string): string | undefined => {
  const [, , claims] = secret.length > longest.token ? [] : form.exec(secret) ?? []
  if (claims === undefined) return undefined
  try {
    const { iss } = partOf(claims)
    return typeof iss === "string" ? iss : undefined
  } catch {
    return undefined
  }
}

/** Verifies tokens of issuers. */
export class JwtVerifier {
  readonly #get: FetchKeys
  /** By settings, which are other objects once they have changed. */
  readonly #issuers = new WeakMap<IssuerSettings, IssuerKeys>()

  constructor(get: FetchKeys) {
    this.#get = get
  }

  /** The gateway token for a JSON Web Token of the gateway's issuer, or why it is not valid. */
  async verify(
    secret: string,
    jwt: JwtSettings,
    gateway: GatewaySettings,
    now: number,
  ): Promise<GatewayToken | JwtProblem> {
    const payload = await this.claims(secret, jwt, now)
    return typeof payload === "string" ? payload : tokenOf(payload, jwt, gateway)
  }

  /** The claims of a valid token, or why it is not valid. */
  async claims(secret: string, issuer: IssuerSettings, now: number): Promise<JWTPayload | JwtProblem> {
    let keys = this.#issuers.get(issuer)
    if (keys === undefined) {
      keys = new IssuerKeys(issuer, this.#get)
      this.#issuers.set(issuer, keys)
    }
    const known = await keys.known(now)
    if (known === undefined) return "unavailable"
    let payload = await verified(secret, known, issuer, now)
    if (payload === "unknown_key") {
      const newer = await keys.newer(now)
      payload = newer === undefined ? "signature" : await verified(secret, newer, issuer, now)
    }
    return payload === "unknown_key" ? "signature" : payload
  }
}

const verified = async (
  secret: string,
  keys: FindKey,
  { issuer, audience }: IssuerSettings,
  now: number,
): Promise<JWTPayload | JwtProblem | "unknown_key"> => {
  const { jwtVerify } = await import("jose/jwt/verify")
  const by = async (key: FindKey | CryptoKey): Promise<JWTPayload> => {
    const find = typeof key === "function" ? key : () => key
    const { payload } = await jwtVerify(secret, find, {
      issuer,
      audience: [...audience],
      algorithms,
      clockTolerance: skew,
      requiredClaims: ["exp"],
      currentDate: new Date(now),
    })
    return payload
  }
  try {
    return await by(keys)
  } catch (cause) {
    if (isOfSeveral(cause)) return await firstOf(cause, by)
    const problem = problemOf(cause)
    return problem === "signature" && !namesKey(secret) ? "unknown_key" : problem
  }
}

/** Whether a token says which key has signed it: else its key may be one that came since. */
const namesKey = (secret: string): boolean => {
  try {
    return partOf(secret.split(".", 1)[0] ?? "")["kid"] !== undefined
  } catch {
    return true
  }
}

/** Whether a token, which names no key, may be of any of several. */
const isOfSeveral = (cause: unknown): cause is AsyncIterable<CryptoKey> =>
  Object(cause).code === "ERR_JWKS_MULTIPLE_MATCHING_KEYS"

/** The claims by the first key that has signed them. */
const firstOf = async (
  keys: AsyncIterable<CryptoKey>,
  by: (key: CryptoKey) => Promise<JWTPayload>,
): Promise<JWTPayload | JwtProblem | "unknown_key"> => {
  for await (const key of keys) {
    try {
      return await by(key)
    } catch (cause) {
      const problem = problemOf(cause)
      if (problem !== "signature") return problem
    }
  }
  return "unknown_key"
}

/** By jose's own codes. What is no key, or no token, makes WebCrypto throw as well. */
const problemOf = (cause: unknown): JwtProblem | "unknown_key" => {
  const { code, claim } = Object(cause) as { readonly code?: unknown; readonly claim?: unknown }
  switch (code) {
    case "ERR_JWT_EXPIRED":
      return "expired"
    case "ERR_JWKS_NO_MATCHING_KEY":
      return "unknown_key"
    case "ERR_JWT_CLAIM_VALIDATION_FAILED":
      return claim === "nbf" ? "early" : claim === "aud" ? "audience" : "signature"
  }
  if (!(cause instanceof Error)) throw cause
  return "signature"
}

/** Names stand in logs, labels and headers. */
export const isName = (name: unknown): name is string =>
  typeof name === "string" && name.length <= longest.name && /^\P{C}+$/u.test(name) && name.trim() === name

/** Nothing is allowed that the claim does not say. */
const modelsOf = (claim: unknown): ReadonlyArray<string> => {
  const models: ReadonlyArray<unknown> = typeof claim === "string"
    ? claim.split(" ")
    : Array.isArray(claim)
    ? claim
    : []
  return models.filter((model) => typeof model === "string" && model !== "") as ReadonlyArray<string>
}

const isValue = (value: unknown): value is string | number | boolean =>
  (typeof value === "string" && value.length <= most.text) || typeof value === "boolean" ||
  (typeof value === "number" && Number.isFinite(value))

const metadataOf = (payload: JWTPayload, claims: JwtSettings["metadataClaims"]): Metadata => {
  const entries = typeof claims === "string"
    ? Object.entries(objectOf(payload[claims]))
    : Object.entries(claims).map(([key, claim]) => [key, payload[claim]] as const)
  const flat = entries.filter(([key, value]) => key !== "" && key.length <= most.key && isValue(value))
  return Object.fromEntries(flat.slice(0, most.entries)) as Metadata
}

const noDigest = new Uint8Array(0)

/** A token of `tokens` with the same name belongs to the same caller: its limits hold for it. */
const tokenOf = (
  payload: JWTPayload,
  { nameClaim, modelsClaim, metadataClaims }: JwtSettings,
  { tokens }: GatewaySettings,
): GatewayToken | JwtProblem => {
  const name = payload[nameClaim]
  if (!isName(name)) return "nameless"
  const same = tokens.find((token) => token.name === name)
  const metadata = { ...metadataOf(payload, metadataClaims), ...same?.metadata }
  return {
    name,
    secret: undefined,
    digest: noDigest,
    length: undefined,
    models: modelsClaim === undefined ? same?.models : modelsOf(payload[modelsClaim]),
    expires: (payload.exp ?? 0) * 1000,
    limits: same?.limits,
    metadata: Object.keys(metadata).length === 0 ? undefined : metadata,
  }
}
