/**
 * JSON Web Tokens of an issuer as gateway tokens.
 *
 * The comments are the text of this folder's README: `npm run docs` copies them there.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { someText, text } from "../schema/expected.ts"
import { isLoopback } from "./custom-providers.ts"

const optional = Schema.optionalKey

/** Whether keys may be fetched from a URL: anyone who could change them on their way could sign tokens. */
export const isKeyUrl = (url: string): boolean => {
  if (!URL.canParse(url) || /[\\\s#]/.test(url)) return false
  const { protocol, hostname, username } = new URL(url)
  return username === "" && (protocol === "https:" || (protocol === "http:" && isLoopback(hostname)))
}

const KeyUrl = text("an https URL without credentials or fragment (or http to a loopback host)", isKeyUrl)

const Claims = Schema.Struct({
  name: optional(someText),
  models: optional(someText),
  metadata: optional(Schema.Union([someText, Schema.Record(Schema.String, someText)])),
})

/** Whose tokens, for whom, and where the keys are that they are signed by. */
export const Issuing = {
  issuer: KeyUrl,
  audience: Schema.Union([someText, Schema.NonEmptyArray(someText)]),
  jwks_url: optional(KeyUrl),
}

const Entry = Schema.Struct({ ...Issuing, claims: optional(Claims) })

/** `jwt` of a gateway's entry. */
export const JsonWebTokens = {
  /**
   * Takes JSON Web Tokens that an issuer has signed as [gateway tokens](../auth/README.md#json-web-tokens), beside `tokens`:
   * `{"issuer", "audience", "jwks_url", "claims"}`.
   *
   * - `issuer`: an https URL, as `iss` has it.
   * - `audience`: one of these has to be in `aud`, text or a list.
   * - `jwks_url`: where its public keys are; unless given, its `/.well-known/openid-configuration` says so.
   * - `claims`: which claims name its holder. `name` (`sub` unless given) names the token; `models` has the models that it
   *   may call, as a list or with blanks; `metadata` is put on each call, the claim of an object of them, or
   *   `{"key": "claim"}`.
   *
   * @default none
   */
  jwt: optional(Entry),
}

/** Whose tokens are taken. */
export interface IssuerSettings {
  readonly issuer: string
  readonly audience: ReadonlyArray<string>
  /** `undefined` if the issuer's configuration says where its keys are. */
  readonly jwksUrl: string | undefined
}

/** The same for a gateway, and what their claims say. */
export interface JwtSettings extends IssuerSettings {
  readonly nameClaim: string
  /** `undefined` if tokens are for all models. */
  readonly modelsClaim: string | undefined
  /** The claim of an object, or claims by the key that they have in the metadata. */
  readonly metadataClaims: string | Readonly<Record<string, string>>
}

/** The setting with its defaults. */
export const jwtSettings = (
  { issuer, audience, jwks_url, claims: { name = "sub", models, metadata = {} } = {} }: typeof Entry.Type,
): JwtSettings => ({
  issuer,
  audience: typeof audience === "string" ? [audience] : audience,
  jwksUrl: jwks_url,
  nameClaim: name,
  modelsClaim: models,
  metadataClaims: metadata,
})
