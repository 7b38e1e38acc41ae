/**
 * What a gateway token does not open.
 *
 * @module
 */
import { GatewayError } from "../errors.ts"

/** No gateway token, or a wrong one, on a gateway that requires one. */
export const gatewayTokenRequired = (presentedIn: string | undefined): GatewayError =>
  new GatewayError({
    reason: "unauthorized",
    detail: presentedIn === undefined
      ? "This gateway requires a token, and the request has none. Send it as cf-aig-authorization: Bearer " +
        "<gateway token>."
      : presentedIn === "cf-aig-authorization"
      ? "The gateway token is not valid for this gateway. Check cf-aig-authorization."
      : `This gateway requires a token, and what ${presentedIn} holds is not a valid one, or is a provider's key. ` +
        "Send the token as cf-aig-authorization: Bearer <gateway token>.",
  })

/** The token has expired. */
export const gatewayTokenExpired = (): GatewayError =>
  new GatewayError({
    reason: "unauthorized",
    detail: "The gateway token has expired. Ask the gateway's operator for a new one.",
  })

/** A token that the management API once made stands where a provider's key does, and opens nothing any more. */
export const tokenOfNoGateway = (): GatewayError =>
  new GatewayError({
    reason: "unauthorized",
    detail:
      "What the request has for a Baseten API key is a gateway token, which opens no gateway here: it was revoked, or is " +
      "another gateway's. Ask the gateway's operator for a new one.",
  })

/** What a JSON Web Token of the gateway's issuer lacks, by why it is not taken. */
const jwtProblems = {
  early: "is not valid yet",
  audience: "is for another audience",
  signature: "is not signed by a key of its issuer, or its claims are not valid",
  nameless: "does not name its holder",
}

/** A JSON Web Token of the gateway's issuer is not valid, for another reason than its age. */
export const jwtRefused = (problem: keyof typeof jwtProblems): GatewayError =>
  new GatewayError({
    reason: "unauthorized",
    detail: `The gateway token is not valid for this gateway: the JSON Web Token ${jwtProblems[problem]}. ` +
      "Ask its issuer for a new one, or the gateway's operator.",
  })

/** The keys of an issuer cannot be fetched. */
export const issuerUnavailable = (): GatewayError =>
  new GatewayError({
    reason: "issuer_unavailable",
    detail:
      "The gateway token cannot be checked: its issuer's keys cannot be fetched. Try again in a moment.",
    headers: { "retry-after": "2" },
  })

/** How much of what a caller wrote, and how many globs, a refusal quotes. */
const [longestShown, mostShown] = [100, 20]

const quoted = (model: string): string =>
  `"${model.length > longestShown ? `${model.slice(0, longestShown)}…` : model}"`.toWellFormed()

/**
 * A call of a model that the token may not use.
 *
 * @param model `undefined` if the call names none that could be read
 * @param globs what the token may use
 */
export const modelForbidden = (
  token: string | null,
  model: string | undefined,
  globs: ReadonlyArray<string>,
): GatewayError => {
  const more = globs.length > mostShown ? `, and ${globs.length - mostShown} more` : ""
  const allowed = `It may use ${globs.slice(0, mostShown).join(", ")}${more}.`
  return new GatewayError({
    reason: "forbidden",
    detail: model === undefined
      ? `The token "${token}" may use some models only, and this call names none that the gateway can read. ${allowed}`
      : `The token "${token}" may not use the model ${quoted(model)}. ${allowed}`,
  })
}

/** Usage is counted by the names of tokens, and the caller's has none. */
export const namelessUsage = (): GatewayError =>
  new GatewayError({
    reason: "forbidden",
    detail:
      "This token has no name, so its calls are not counted separately. Ask the gateway's operator to " +
      "give it one.",
  })

/** Usage is a token's, and there is none. */
export const usageOfNobody = (): GatewayError =>
  new GatewayError({
    reason: "unauthorized",
    detail:
      "Usage is shown to the holder of a gateway token, and the request has none that is valid here. Send it as " +
      "cf-aig-authorization: Bearer <gateway token>.",
  })
