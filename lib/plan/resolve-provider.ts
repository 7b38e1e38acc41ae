/**
 * From compat to a custom provider.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { type GatewayError, invalidProvider } from "../errors.ts"
import { chatCompletionsPath } from "../route/custom-provider.ts"
import { UrlResolver } from "../route/UrlResolver.ts"
import type { Call } from "../call/call.ts"

/** The call of a compat body's custom provider, below that provider's own path. */
export const toProvider: (
  call: Call,
  provider: string,
) => Effect.Effect<Call, GatewayError, UrlResolver> = Effect.fnUntraced(function* (call, provider) {
  const { gateway, step, exchange: { record } } = call
  const settings = gateway.customProviders.get(provider)
  if (settings === undefined) return yield* invalidProvider(provider)
  const { search } = new URL(step.route.url)
  const place = { account: record.account_id ?? "", gateway: record.gateway_id ?? "" }
  const path = chatCompletionsPath(settings.baseUrl)
  const route = yield* Effect.fromResult(
    (yield* UrlResolver).resolveWithin(place, "POST", provider, path, search),
  )
  return route.kind === "upstream" ? { ...call, step: { ...step, route } } : call
})
