/**
 * The plan of one target, to wherever its body says: its route's own provider, a custom one, or a dynamic route.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { CallTarget } from "../call/target.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { badChatRequest, type GatewayError, invalidProvider } from "../errors.ts"
import { alias } from "./alias.ts"
import { atProvider, type Planning } from "./planning.ts"
import { dynamic } from "./dynamic.ts"
import { callOf, failed, type Plan, type Steps, yieldCall } from "./plan.ts"

const noSuchRoute = (name: string): GatewayError =>
  badChatRequest(`This gateway has no dynamic route "${name.slice(0, 64)}". Check the model.`)

const noSuchAlias = (name: string): GatewayError =>
  badChatRequest(`This gateway has no model alias "${name.slice(0, 64)}". Check the model.`)

/**
 * The provider that a compat body names; `undefined` if the route alone decides, as it does on all other routes and for
 * Baseten's models.
 */
const providerInBody = ({ provider }: CallTarget["body"]): string | undefined =>
  provider === "baseten" ? undefined : provider

/** Why a body cannot be sent anywhere; `undefined` if it can. */
export const validateTarget = (
  { customProviders, routes, aliases }: GatewaySettings,
  body: CallTarget["body"],
): GatewayError | undefined => {
  const provider = providerInBody(body)
  if (provider === undefined || customProviders.has(provider)) return undefined
  const { model = "" } = body.view
  if (provider === "custom") return aliases.has(model) ? undefined : noSuchAlias(model)
  if (provider !== "dynamic") return invalidProvider(provider)
  return routes.has(model) ? undefined : noSuchRoute(model)
}

/** Plans a target. */
export const direct = (planning: Planning, target: CallTarget): Plan => {
  const provider = providerInBody(target.body)
  return provider === undefined ? callOf(target) : named(planning, target, provider)
}

/** The steps of a target whose body names its provider. */
function* named(planning: Planning, target: CallTarget, provider: string): Steps {
  const { model = "" } = target.body.view
  if (provider === "custom") {
    const found = planning.gateway.aliases.get(model)
    return found === undefined ? failed(noSuchAlias(model)) : yield* alias(planning, target, found)
  }
  if (provider !== "dynamic") {
    const there = atProvider(planning, target, provider)
    return Result.isFailure(there) ? failed(there.failure) : yield* yieldCall(there.success)
  }
  const graph = planning.gateway.routes.get(model)
  if (graph === undefined) return failed(noSuchRoute(model))
  return yield* dynamic(planning, target, graph)
}
