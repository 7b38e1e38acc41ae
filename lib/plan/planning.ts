/**
 * The context of plans, and the target for a body that names a custom provider.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { CallContext } from "../call/call.ts"
import type { CallTarget } from "../call/target.ts"
import { type GatewayError, invalidProvider } from "../errors.ts"
import type { Tariff } from "../pricing/call-cost.ts"
import { callPath } from "../route/custom-provider.ts"
import { chatPath } from "../route/llm-calls.ts"
import type { UrlResolver } from "../route/UrlResolver.ts"
import type { KeptChoices } from "./KeptChoices.ts"

/** The context that plans are made in. */
export interface Planning extends CallContext {
  readonly resolver: UrlResolver["Service"]
  /** The price of a model of Baseten's. */
  readonly priceOf: Tariff["priceOf"]
  /** Keeps the model that has answered a session. */
  readonly keep: KeptChoices["Service"]["keep"]
}

/** The target at a custom provider, below that provider's own path. */
export const atProvider = (
  { resolver, gateway, exchange }: Planning,
  target: CallTarget,
  provider: string,
): Result.Result<CallTarget, GatewayError> => {
  const settings = gateway.customProviders.get(provider)
  if (settings === undefined) return Result.fail(invalidProvider(provider))
  const { search } = new URL(target.route.url)
  const place = { account: exchange.account ?? "", gateway: exchange.gateway ?? "" }
  const path = callPath(settings.baseUrl, target.route.callPath ?? chatPath)
  return Result.map(
    resolver.resolveWithin(place, "POST", provider, path, search),
    (route) =>
      route.kind === "upstream" ? { ...target, route: { ...route, runs: target.route.runs } } : target,
  )
}
