/**
 * JSON Web Tokens of an issuer as admin tokens: `BASEGATE_ADMIN_JWT`.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { decodeStrictly } from "../schema/decode-strictly.ts"
import { someText } from "../schema/expected.ts"
import { type IssuerSettings, Issuing } from "./jwt-settings.ts"

const optional = Schema.optionalKey
const Values = Schema.Union([someText, Schema.NonEmptyArray(someText)])

const AdminIssuing = Schema.Struct({
  ...Issuing,
  claims: optional(Schema.Struct({ name: optional(someText), role: optional(someText) })),
  roles: optional(Schema.Struct({ read: optional(Values), write: optional(Values) })),
})

/** Whose tokens open the management API, and for what. */
export interface AdminIssuer extends IssuerSettings {
  readonly nameClaim: string
  readonly roleClaim: string
  /** The values of the role's claim, by the role that they grant. */
  readonly roles: { readonly read: ReadonlyArray<string>; readonly write: ReadonlyArray<string> }
}

const decode = decodeStrictly(AdminIssuing)

const listOf = (values: string | ReadonlyArray<string>): ReadonlyArray<string> =>
  typeof values === "string" ? [values] : values

/** What the variable takes, for its error. */
export const expectedAdminIssuer =
  'JSON of {"issuer", "audience", "jwks_url"?, "claims"?: {"name", "role"}, "roles"?: {"read", "write"}} with https URLs, ' +
  "or no such variable"

/** The issuer of a variable's text; `undefined` if the text is not valid. */
export const adminIssuerOf = (text: string): AdminIssuer | undefined => {
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch {
    return undefined
  }
  const decoded = decode(given)
  if (decoded._tag === "Failure") return undefined
  const { issuer, audience, jwks_url, claims = {}, roles = {} } = decoded.success
  return {
    issuer,
    audience: listOf(audience),
    jwksUrl: jwks_url,
    nameClaim: claims.name ?? "sub",
    roleClaim: claims.role ?? "role",
    roles: { read: listOf(roles.read ?? "read"), write: listOf(roles.write ?? "write") },
  }
}
