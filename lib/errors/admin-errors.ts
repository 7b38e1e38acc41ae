/**
 * The refusals of the management API.
 *
 * @module
 */
import { GatewayError, methodNotAllowed } from "../errors.ts"

/** A malformed parameter or body of the management API. `detail` names it. */
export const adminBadRequest = (detail: string): GatewayError =>
  new GatewayError({ reason: "admin_bad_request", detail })

/** No admin token, or a wrong one. RFC 9110 §15.5.2 asks for `WWW-Authenticate`. */
export const adminUnauthorized = (presented: boolean, forMetrics = false): GatewayError =>
  new GatewayError({
    reason: "admin_unauthorized",
    detail: presented
      ? "The admin token is not valid. Check it against BASEGATE_ADMIN_TOKEN" +
        (forMetrics ? " and BASEGATE_METRICS_TOKEN." : ".")
      : "The request has no admin token. Send Authorization: Bearer <BASEGATE_ADMIN_TOKEN>.",
    headers: { "www-authenticate": "Bearer" },
  })

/** Why a JSON Web Token of the admins' issuer opens nothing. */
const jwtProblems = {
  expired: "has expired",
  early: "is not valid yet",
  audience: "is for another audience",
  signature: "is not signed by a key of its issuer, or its claims are not valid",
  nameless: "does not name its holder",
}

/** A JSON Web Token of the admins' issuer is not valid. */
export const adminJwtRefused = (problem: keyof typeof jwtProblems): GatewayError =>
  new GatewayError({
    reason: "admin_unauthorized",
    detail: `The JSON Web Token ${
      jwtProblems[problem]
    }. Get a new one from its issuer, or check BASEGATE_ADMIN_JWT.`,
    headers: { "www-authenticate": "Bearer" },
  })

/** It is valid, and says nothing of what its holder may do here. */
export const adminRoleless = (claim: string): GatewayError =>
  new GatewayError({
    reason: "admin_forbidden",
    detail: `The JSON Web Token is valid, but its claim "${
      claim.slice(0, 64)
    }" names no role of BASEGATE_ADMIN_JWT.`,
  })

/** The keys of the admins' issuer cannot be fetched. */
export const adminIssuerUnavailable = (): GatewayError =>
  new GatewayError({
    reason: "admin_unavailable",
    detail:
      "The JSON Web Token cannot be checked: its issuer's keys cannot be fetched. Try again in a moment.",
    headers: { "retry-after": "2" },
  })

/** A gateway's token that was valid. */
export const loginExpired = (): GatewayError =>
  new GatewayError({
    reason: "admin_unauthorized",
    detail: "The gateway token has expired. Ask the gateway's operator for a new one.",
    headers: { "www-authenticate": "Bearer" },
  })

/** A gateway's token under which nothing is counted. */
export const loginNameless = (): GatewayError =>
  new GatewayError({
    reason: "admin_forbidden",
    detail:
      "This gateway token has no name, so its usage is not counted separately. Ask the gateway's operator to give " +
      "it one.",
  })

/** As many log streams are open as one process feeds. */
export const tooManyTails = (most: number): GatewayError =>
  new GatewayError({
    reason: "admin_overloaded",
    detail: `${most} streams of the log are open already. Close one, or list the log instead.`,
    headers: { "retry-after": "10" },
  })

/** The management API has no such thing. */
export const adminNotFound = (detail: string): GatewayError =>
  new GatewayError({ reason: "admin_not_found", detail })

/** The base URL of a custom provider is missing, or none that may be called. */
export const badBaseUrl = (detail: string): GatewayError =>
  new GatewayError({ reason: "admin_bad_base_url", detail })

/** Another custom provider has the slug. */
export const slugTaken = (slug: string): GatewayError =>
  new GatewayError({
    reason: "admin_slug_taken",
    detail: `There is a custom provider "${slug}" already. Choose another slug, or change that one.`,
  })

/** The account has no such custom provider. */
export const noCustomProvider = (id: string): GatewayError =>
  new GatewayError({
    reason: "admin_no_provider",
    detail:
      `This account has no custom provider with the id ${id}. GET …/custom-providers lists those it has.`,
  })

/** The management API has the path, for other methods. */
export const adminMethodNotAllowed = (method: string, allow: ReadonlyArray<string>): GatewayError => {
  const { detail, headers = {} } = methodNotAllowed(method, allow)
  return new GatewayError({ reason: "admin_method_not_allowed", detail, headers })
}

/** The admin token may only read. */
export const adminForbidden = (name: string): GatewayError =>
  new GatewayError({
    reason: "admin_forbidden",
    detail: `The admin token "${name}" may only read. Use one with the role write in BASEGATE_ADMIN_TOKEN.`,
  })

/** The resource exists already, belongs to the settings file, or was changed by somebody else. */
export const adminConflict = (detail: string): GatewayError =>
  new GatewayError({ reason: "admin_conflict", detail })

/** Written settings cannot be read or saved at present. */
export const adminUnavailable = (detail: string): GatewayError =>
  new GatewayError({ reason: "admin_unavailable", detail, headers: { "retry-after": "1" } })
