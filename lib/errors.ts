/**
 * Every way in which the gateway itself refuses or fails a request: a closed list.
 *
 * Codes below 9000 are Cloudflare AI Gateway's own, since clients match on them (2001 with 400 and 2009
 * with 401, above all). Where Cloudflare has none, ours is 9000 plus the HTTP status.
 *
 * @module
 */
import type { YieldableError } from "effect/Cause"
import * as Data from "effect/Data"

/** HTTP status, code and title of each reason. */
const reasons = {
  gateway_not_found: [400, 2001, "Gateway not found"],
  provider_failed: [502, 2005, "Failed to get response from provider"],
  provider_timeout: [504, 2005, "Failed to get response from provider"],
  invalid_provider: [400, 2008, "Invalid provider"],
  rate_limited: [429, 2003, "Rate limited"],
  spend_limited: [429, 2041, "Spend limit exceeded"],
  limits_unavailable: [503, 2042, "Limits cannot be checked"],
  request_blocked: [400, 2029, "Request content blocked due to DLP policy violations"],
  response_blocked: [400, 2030, "Response content blocked due to DLP policy violations"],
  prompt_unsafe: [424, 2016, "Prompt blocked due to security configurations"],
  response_unsafe: [424, 2017, "Response blocked due to security configurations"],
  run_prompt_unsafe: [422, 2017, "Prompt blocked due to security configurations"],
  run_response_unsafe: [422, 2017, "Response blocked due to security configurations"],
  guardrails_unpaid: [402, 2021, "Guardrails have no credits"],
  guardrails_unavailable: [503, 7013, "Guardrails are unavailable"],
  unknown_key_alias: [400, 2040, "Unknown key alias"],
  circuit_open: [503, 2005, "Failed to get response from provider"],
  unauthorized: [401, 2009, "Unauthorized"],
  forbidden: [403, 9403, "Forbidden"],
  issuer_unavailable: [503, 9503, "Token issuer unavailable"],
  bad_chat_request: [400, 2019, "Chat completion bad format"],
  bad_request: [400, 9400, "Bad request"],
  not_found: [404, 9404, "Not found"],
  method_not_allowed: [405, 9405, "Method not allowed"],
  body_too_large: [413, 9413, "Request body too large"],
  unsupported_media_type: [415, 9415, "Unsupported media type"],
  upload_timeout: [408, 9408, "Request timeout"],
  upgrade_required: [426, 9426, "Upgrade required"],
  client_left: [499, 9499, "Client closed request"],
  internal: [500, 9500, "Internal error"],
  misconfigured: [500, 9501, "Gateway misconfigured"],
  overloaded: [503, 9503, "Gateway is overloaded"],
  draining: [503, 9503, "Gateway is shutting down"],
  loop: [508, 9508, "Loop detected"],
  admin_bad_request: [400, 7001, "Bad request"],
  admin_unauthorized: [401, 10000, "Authentication error"],
  admin_overloaded: [503, 7003, "Overloaded"],
  admin_not_found: [404, 7002, "Not found"],
  admin_bad_base_url: [400, 1002, "Bad request"],
  admin_slug_taken: [409, 1003, "Conflict"],
  admin_no_provider: [404, 1004, "Not found"],
  admin_method_not_allowed: [405, 7001, "Method not allowed"],
  admin_forbidden: [403, 10000, "Authentication error"],
  admin_conflict: [409, 9409, "Conflict"],
  admin_unavailable: [503, 9503, "Unavailable"],
} as const satisfies Record<string, readonly [status: number, code: number, title: string]>

/** Why the gateway did not relay an answer. */
export type Reason = keyof typeof reasons

/** The fields of a failure. */
export interface GatewayErrorFields {
  readonly reason: Reason
  /** What failed and what to do about it. Never contains a secret. */
  readonly detail: string
  /** Headers that the answer needs, such as `Allow`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Replaces the reason's own status. */
  readonly statusOverride?: number
}

const GatewayFailure: new (
  fields: GatewayErrorFields,
) => YieldableError & { readonly _tag: "GatewayError" } & GatewayErrorFields = Data.TaggedError(
  "GatewayError",
)<
  GatewayErrorFields
>

/** A failure of the gateway's own making; the one error type of the pipeline. */
export class GatewayError extends GatewayFailure {
  get status(): number {
    return this.statusOverride ?? reasons[this.reason][0]
  }
  get code(): number {
    return reasons[this.reason][1]
  }
  get title(): string {
    return reasons[this.reason][2]
  }
  /** Whether the answer has the form of Cloudflare's management API, for its SDK. */
  get isAdmin(): boolean {
    return this.reason.startsWith("admin_")
  }
  override get message(): string {
    // Cloudflare's own messages begin with the title.
    return this.detail.startsWith(this.title) ? this.detail : `${this.title}: ${this.detail}`
  }
}

/** `BASEGATE_CONFIG` lists its gateways, and this one is not among them. */
export const gatewayNotFound = (account: string, gateway: string): GatewayError =>
  new GatewayError({
    reason: "gateway_not_found",
    detail: `There is no gateway "${account}/${gateway}". Check the account and gateway ids in the URL, ` +
      `or add the gateway (or "*") to BASEGATE_CONFIG.`,
  })

/** The provider in the path, or before the first slash of a compat `model`, does not exist. */
export const invalidProvider = (provider: string): GatewayError =>
  new GatewayError({
    reason: "invalid_provider",
    detail:
      `Cannot route to provider "${provider}". Use "baseten", or a custom provider of this gateway's settings.`,
  })

/** No credential to send to a provider; `why` says why a stored key, if any, was not used. */
export const noCredential = (provider: string, why: string): GatewayError => {
  const key = `${provider === "baseten" ? "Baseten" : provider} API key`
  return new GatewayError({
    reason: "unauthorized",
    detail: `The request has no ${key}. Send Authorization: Bearer <${key}>. ${why}`.trim(),
  })
}

/** More than one key in a header that may have only one. */
export const severalCredentials = (): GatewayError =>
  badRequest("The request has more than one key in a header. Send one Authorization header with one key.")

/** A compat request whose body cannot be routed. */
export const badChatRequest = (detail: string): GatewayError =>
  new GatewayError({ reason: "bad_chat_request", detail })

/** A malformed request: a bad id in the path, an ambiguous body. */
export const badRequest = (detail: string): GatewayError =>
  new GatewayError({ reason: "bad_request", detail })

/** A request line or Host that is not part of a valid URL. */
export const unreadableUrl = (): GatewayError =>
  badRequest("Cannot read the request's target or Host header. Send a valid URL.")

/** No such route. */
export const notFound = (detail: string): GatewayError => new GatewayError({ reason: "not_found", detail })

/** The route exists for other methods. RFC 9110 §15.5.6 asks for `Allow`. */
export const methodNotAllowed = (method: string, allow: ReadonlyArray<string>): GatewayError =>
  new GatewayError({
    reason: "method_not_allowed",
    detail: `Cannot ${method} this route. Use ${allow.join(" or ")}.`,
    headers: { allow: allow.join(", ") },
  })

/** The request body exceeds the gateway's limit, or is too large for the route to read. */
export const bodyTooLarge = (limit: number, what = "this gateway accepts"): GatewayError =>
  new GatewayError({
    reason: "body_too_large",
    detail: `The request body is larger than the ${limit} bytes ${what}. Send less.`,
  })

/** A route that must read JSON got something else. */
export const unsupportedMediaType = (detail: string): GatewayError =>
  new GatewayError({ reason: "unsupported_media_type", detail })

/** A GET of the universal endpoint that does not become a WebSocket. RFC 9110 §15.5.22 asks for `Upgrade`. */
export const upgradeRequired = (): GatewayError =>
  new GatewayError({
    reason: "upgrade_required",
    detail:
      "A GET of this route opens a WebSocket: this request is not a handshake, or this host cannot upgrade. Send " +
      "POST instead.",
    headers: { upgrade: "websocket" },
  })

/** The request has passed through a basegate too often: a base URL points back at a gateway. */
export const loop = (): GatewayError =>
  new GatewayError({
    reason: "loop",
    detail: "The request came back to the gateway. Check that BASETEN_INFERENCE_URL, BASETEN_MODEL_URL and " +
      "BASETEN_CHAIN_URL do not point at a basegate.",
  })

/** The client closed its connection before there was an answer. Seen in records only. */
export const clientLeft = (): GatewayError =>
  new GatewayError({ reason: "client_left", detail: "The client left before the response." })

/** A bug: the cause is logged, never shown. */
export const internal = (requestId: string): GatewayError =>
  new GatewayError({
    reason: "internal",
    detail: `The gateway failed to handle the request. Report it with request id ${requestId}.`,
  })

/** A setting that could not be read. `problem` names the variable and the expectation, never the value. */
export const misconfigured = (problem: string): GatewayError =>
  new GatewayError({
    reason: "misconfigured",
    detail: `${problem}. Correct it and start the gateway again; a settings file is read again by itself.`,
  })

/** The process is stopping. */
export const draining = (): GatewayError =>
  new GatewayError({
    reason: "draining",
    detail: "The gateway is stopping and takes no new requests. Try again in a moment.",
    headers: { "retry-after": "1" },
  })

/** The process is stopping, and the grace of running requests is over. */
export const cutByDraining = (): GatewayError =>
  new GatewayError({
    reason: "draining",
    detail: "The gateway stopped before it had an answer to the request. Try again in a moment.",
    headers: { "retry-after": "1" },
  })

/** A policy of the gateway forbids what the request, or the answer, holds. `findings` is the value of `cf-aig-dlp`. */
export const contentBlocked = (
  reason: "request_blocked" | "response_blocked",
  findings: string | undefined,
): GatewayError =>
  new GatewayError({
    reason,
    // Cloudflare's sentence, and no more: what was found is for the operator to say.
    detail: reasons[reason][2],
    ...(findings !== undefined && { headers: { "cf-aig-dlp": findings } }),
  })

/** `cf-aig-byok-alias` names a key that the gateway does not hold. */
export const unknownKeyAlias = (alias: string, known: ReadonlyArray<string>): GatewayError =>
  new GatewayError({
    reason: "unknown_key_alias",
    detail: `There is no stored key "${alias}". Known aliases: ${known.join(", ") || "none"}.`,
  })
