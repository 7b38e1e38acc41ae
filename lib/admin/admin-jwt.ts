/**
 * JSON Web Tokens of the issuer that `BASEGATE_ADMIN_JWT` names.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Redacted from "effect/Redacted"
import type { JWTPayload } from "jose"
import { isName, type JwtProblem, JwtVerifier, statedIssuer } from "../auth/jwt.ts"
import type { AdminIssuer } from "../config/admin-issuer.ts"
import type { AdminToken } from "../config/admin-tokens.ts"
import type { GatewayError } from "../errors.ts"
import { adminIssuerUnavailable, adminJwtRefused, adminRoleless } from "../errors/admin-errors.ts"

/** Who uses the management API, and whether it may change things. */
export type Admin = Pick<AdminToken, "name" | "role">

/** An admin that an issuer vouches for, until its token ends. */
export interface IssuedAdmin extends Admin {
  /** In milliseconds since 1970. */
  readonly expires: number
}

/** Checks signatures; it keeps the keys of issuers. */
export const AdminVerifier: Context.Reference<JwtVerifier> = Context.Reference<JwtVerifier>(
  "basegate/admin/AdminVerifier",
  { defaultValue: () => new JwtVerifier((url, init) => fetch(url, init)) },
)

/** The values of a claim: text, with blanks or not, or a list. */
const valuesOf = (claim: unknown): ReadonlyArray<unknown> =>
  typeof claim === "string" ? [claim, ...claim.split(" ")] : Array.isArray(claim) ? claim : []

const roleOf = (payload: JWTPayload, { roleClaim, roles }: AdminIssuer): Admin["role"] | undefined => {
  const values = valuesOf(payload[roleClaim])
  const has = (role: Admin["role"]) => roles[role].some((value) => values.includes(value))
  return has("write") ? "write" : has("read") ? "read" : undefined
}

const adminIn = (payload: JWTPayload, issuer: AdminIssuer): IssuedAdmin | GatewayError => {
  const name = payload[issuer.nameClaim]
  if (!isName(name)) return adminJwtRefused("nameless")
  const role = roleOf(payload, issuer)
  return role === undefined
    ? adminRoleless(issuer.roleClaim)
    : { name, role, expires: 1000 * (payload.exp ?? 0) }
}

const refusalOf = (problem: JwtProblem): GatewayError =>
  problem === "unavailable" ? adminIssuerUnavailable() : adminJwtRefused(problem)

/** The admin of a candidate that is a token of the issuer; `undefined` if there is no such candidate. */
export const issuedAdmin = async (
  secrets: ReadonlyArray<Redacted.Redacted<string>>,
  issuer: AdminIssuer | undefined,
  verifier: JwtVerifier,
  now: number,
): Promise<IssuedAdmin | GatewayError | undefined> => {
  if (issuer === undefined) return undefined
  const secret = secrets.map(Redacted.value).find((one) => statedIssuer(one) === issuer.issuer)
  if (secret === undefined) return undefined
  const payload = await verifier.claims(secret, issuer, now)
  return typeof payload === "string" ? refusalOf(payload) : adminIn(payload, issuer)
}
