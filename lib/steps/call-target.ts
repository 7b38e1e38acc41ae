/**
 * One step, wherever its body says that it goes: to its own provider, to a custom one, or along a dynamic route.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { badChatRequest, type GatewayError } from "../errors.ts"
import type { UrlResolver } from "../route/UrlResolver.ts"
import type { Call, Called } from "./call.ts"
import { callStep, type StepServices } from "./call-step.ts"
import { followRoute } from "./follow-route.ts"
import { toProvider } from "./to-provider.ts"

/** Everything that a step asks of the layers. */
export type TargetServices = StepServices | UrlResolver

/** Calls a step. Of compat's, the provider stands in the body. */
export const callTarget = (call: Call): Effect.Effect<Called, GatewayError, TargetServices> => {
  const { provider, view } = call.step.body
  switch (provider) {
    case undefined:
    case "baseten":
      return callStep(call)
    case "dynamic": {
      const graph = call.gateway.routes.get(view.model ?? "")
      return graph === undefined
        ? Effect.fail(badChatRequest(`This gateway has no dynamic route of that name. Check the model.`))
        : followRoute(call, graph)
    }
    default:
      return Effect.flatMap(toProvider(call, provider), callStep)
  }
}
