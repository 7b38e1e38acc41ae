/**
 * The credential and the headers of a call.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { CallServices } from "./call-provider.ts"
import type { Next } from "./call.ts"

/** Sets the headers for the provider; fails if no credential may be used. */
export const forwarded =
  ({ forwarder }: Pick<CallServices, "forwarder">, next: Next): Next => async (call) => {
    const { exchange, gateway, caller, target, report } = call
    const given = await forwarder.forward({
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
    })
    if (Result.isFailure(given)) return Result.fail(given.failure)
    const { headers, credential } = given.success
    call.headers = headers
    call.credential = credential
    report.key = credential.kind === "secret" ? "caller" : credential.kind
    if (credential.kind === "stored") report.keyAlias = credential.alias
    return next(call)
  }
