/**
 * The plan of one target, to wherever its body says: its route's own provider, a custom one, or a dynamic route.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { CallContext } from "../call/call.ts"
import type { CallTarget } from "../call/call-target.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { badChatRequest, type GatewayError, invalidProvider } from "../errors.ts"
import { callPath } from "../route/custom-provider.ts"
import type { UrlResolver } from "../route/UrlResolver.ts"
import { dynamic } from "./dynamic.ts"
import { call, failed, type Plan } from "./plan.ts"

/** The context that plans are made in. */
export interface Planning extends CallContext {
  readonly resolver: UrlResolver["Service"]
}

const noSuchRoute = (name: string): GatewayError =>
  badChatRequest(`This gateway has no dynamic route "${name.slice(0, 64)}". Check the model.`)

/**
 * The provider that a compat body names; `undefined` if the route alone decides, as it does on all other routes and for
 * Baseten's models.
 */
const providerInBody = ({ provider }: CallTarget["body"]): string | undefined =>
  provider === "baseten" ? undefined : provider

/** Why a body cannot be sent anywhere; `undefined` if it can. */
export const validateTarget = (
  { customProviders, routes }: GatewaySettings,
  body: CallTarget["body"],
): GatewayError | undefined => {
  const provider = providerInBody(body)
  if (provider === undefined || customProviders.has(provider)) return undefined
  if (provider !== "dynamic") return invalidProvider(provider)
  const { model = "" } = body.view
  return routes.has(model) ? undefined : noSuchRoute(model)
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
  const path = callPath(settings.baseUrl, target.route.framing)
  return Result.map(
    resolver.resolveWithin(place, "POST", provider, path, search),
    (route) =>
      route.kind === "upstream" ? { ...target, route: { ...route, runs: target.route.runs } } : target,
  )
}

/** Plans a target. */
export function* direct(planning: Planning, target: CallTarget): Plan {
  const provider = providerInBody(target.body)
  if (provider === undefined) return yield* call(target)
  if (provider !== "dynamic") {
    const there = atProvider(planning, target, provider)
    return Result.isFailure(there) ? failed(there.failure) : yield* call(there.success)
  }
  const { model = "" } = target.body.view
  const graph = planning.gateway.routes.get(model)
  if (graph === undefined) return failed(noSuchRoute(model))
  return yield* dynamic(planning, target, graph)
}
