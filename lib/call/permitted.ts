/**
 * Which models a caller's token may use.
 *
 * The only place that decides this, for each call of a request, however its model was named: by a path, a body, a
 * step or a dynamic route.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { allowsModel, allowsProvider } from "../config/model-globs.ts"
import type { GatewayError } from "../errors.ts"
import { modelForbidden } from "../errors/token-errors.ts"
import type { Call, Next } from "./call.ts"
import type { CallTarget } from "./target.ts"

/** Whether a gateway has a token that may not use every model. */
export const permits = ({ tokens, jwt }: GatewaySettings): boolean =>
  jwt?.modelsClaim !== undefined || tokens.some(({ models }) => models !== undefined)

/** The model that `GET /v1/models/{model}` describes. */
const describedModel = ({ method, route }: CallTarget): string | undefined => {
  const [, name] = /\/v1\/models\/([^/].*)$/.exec(new URL(route.url).pathname) ?? []
  if (name === undefined || route.provider !== "baseten" || (method !== "GET" && method !== "HEAD")) {
    return undefined
  }
  try {
    return decodeURIComponent(name)
  } catch {
    return undefined
  }
}

/** Whether a call lists models: the answer is restricted to those that the token may use. */
const isList = ({ name }: CallTarget["route"]): boolean => name === "models" || name === "compat.models"

/** The model of a call, as globs name it; `undefined` if nothing that the gateway reads names it. */
const namedModel = (target: CallTarget): string | undefined => {
  const { route: { deployment, namedByBody }, body } = target
  // A dedicated deployment serves its own model, whatever the body says.
  if (deployment !== undefined) return deployment
  return namedByBody ? body.view.model || undefined : describedModel(target)
}

const refusalOf = ({ caller: { token }, target }: Call): GatewayError | undefined => {
  const globs = token?.models
  const { route, isCovered } = target
  if (token === undefined || globs === undefined || isCovered === true || isList(route)) return undefined
  if (allowsProvider(globs, route.provider)) return undefined
  const model = namedModel(target)
  if (model !== undefined && allowsModel(globs, route.provider, model)) return undefined
  return modelForbidden(
    token.name,
    model === undefined || route.provider === "baseten" ? model : `${route.provider}/${model}`,
    globs,
  )
}

/** Lets a call pass if its caller's token may use the model. */
export const permitted = (next: Next): Next => (call) => {
  const refusal = refusalOf(call)
  return refusal === undefined ? next(call) : Promise.resolve(Result.fail(refusal))
}
