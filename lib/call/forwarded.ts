/**
 * The credential and the headers of a call.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { Forwarded } from "../auth/forwarded-headers.ts"
import type { GatewayError } from "../errors.ts"
import type { CallServices } from "./stages.ts"
import type { Call, CallResult, Next } from "./call.ts"

/** Sets the headers for the provider; fails if no credential may be used. */
export const forwarded = ({ forwarder }: Pick<CallServices, "forwarder">, next: Next): Next => (call) => {
  const { exchange, gateway, caller, target } = call
  const given = forwarder.forward({
    headers: target.headers,
    tokenHeaders: target.tokenHeaders,
    request: exchange.headers,
    hostname: exchange.url.hostname,
    loopback: exchange.host.loopback ?? false,
    hasToken: caller.token !== undefined,
    gateway,
    provider: target.route.provider,
    keyAlias: target.options.keyAlias,
    acceptsCallerKey: target.acceptsCallerKey,
    requestId: exchange.id,
    handshakeHost: target.route.socket === "always" ? exchange.url.host : undefined,
  })
  return given instanceof Promise
    ? given.then((given) => passOn(call, given, next))
    : passOn(call, given, next)
}

const passOn = (
  call: Call,
  given: Result.Result<Forwarded, GatewayError>,
  next: Next,
): Promise<CallResult> => {
  if (Result.isFailure(given)) return Promise.resolve(Result.fail(given.failure))
  const { headers, credential } = given.success
  const { report } = call
  call.headers = headers
  call.credential = credential
  report.key = credential.kind === "secret" ? "caller" : credential.kind
  if (credential.kind === "stored") report.keyAlias = credential.alias
  return next(call)
}
