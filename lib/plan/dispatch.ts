/**
 * One step, wherever its body says that it goes: to its own provider, to a custom one, or along a dynamic route.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { badChatRequest, type GatewayError, invalidProvider } from "../errors.ts"
import type { PreparedBody } from "../body/prepared-body.ts"
import type { UrlResolver } from "../route/UrlResolver.ts"
import type { Call, Called } from "../call/call.ts"
import { callStep, type StepServices } from "../call/call-provider.ts"
import { followRoute } from "./dynamic.ts"
import { toProvider } from "./resolve-provider.ts"

/** Everything that a step asks of the layers. */
export type TargetServices = StepServices | UrlResolver

const noSuchRoute = (name: string): GatewayError =>
  badChatRequest(`This gateway has no dynamic route "${name.slice(0, 64)}". Check the model.`)

/** Why there is nothing that a body could go to; nothing where there is. Calling finds the same. */
export const missingTarget = (
  { customProviders, routes }: GatewaySettings,
  { provider = "baseten", view: { model = "" } }: PreparedBody,
): GatewayError | undefined => {
  if (provider === "baseten" || customProviders.has(provider)) return undefined
  if (provider !== "dynamic") return invalidProvider(provider)
  return routes.has(model) ? undefined : noSuchRoute(model)
}

/** Calls a step. Of compat's, the provider stands in the body. */
export const callTarget = (call: Call): Effect.Effect<Called, GatewayError, TargetServices> => {
  const { provider = "baseten", view: { model = "" } } = call.step.body
  if (provider === "baseten") return callStep(call)
  if (provider !== "dynamic") return Effect.flatMap(toProvider(call, provider), callStep)
  const graph = call.gateway.routes.get(model)
  return graph === undefined ? Effect.fail(noSuchRoute(model)) : followRoute(call, graph)
}
