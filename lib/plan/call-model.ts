/**
 * A call of one model in place of the one that the request names: for dynamic routes and model aliases.
 *
 * @module
 */
import * as Result from "effect/Result"
import { withModel } from "../body/compat-body.ts"
import { adaptParameters } from "../body/model-parameters.ts"
import { inspect } from "../body/prepare-body.ts"
import type { Budgets } from "../limit/Limits.ts"
import type { CallTarget } from "../call/target.ts"
import { optionsForCall } from "../config/request-options.ts"
import { atProvider, type Planning } from "./planning.ts"
import { failed, type Steps, yieldCall } from "./plan.ts"

/** The model to call, and how. */
export interface NamedModel {
  readonly provider: string
  readonly model: string
  /** How long the answer's headers may take, in milliseconds, instead of what the request's options say. */
  readonly timeout?: number | undefined
  /** How many retries, instead of what the request's options say. */
  readonly retries?: number | undefined
}

/**
 * Calls a model with the request's body adapted to it, and says so in the answer's headers.
 *
 * A caller's own key is Baseten's and goes to no other provider: for those the gateway must hold keys (as Cloudflare asks
 * for every model of a route).
 *
 * @param isCovered whether the caller's token names what calls the model, with all that it calls
 */
export function* callModel(
  planning: Planning,
  target: CallTarget,
  bytes: Uint8Array<ArrayBuffer>,
  { provider, model, timeout, retries }: NamedModel,
  budgets: ReadonlyArray<Budgets>,
  isCovered: boolean,
): Steps {
  const isBaseten = provider === "baseten"
  const named = withModel(bytes, model)
  const adapted = isBaseten ? adaptParameters(named, undefined, model) : { bytes: named, changes: [] }
  const body = inspect(adapted.bytes, "viewed")
  if (Result.isFailure(body)) return failed(body.failure)
  const options = optionsForCall(target.options, `${provider}/${model}`)
  const called: CallTarget = {
    ...target,
    body: body.success,
    adaptations: adapted.changes,
    acceptsCallerKey: isBaseten && target.acceptsCallerKey,
    isCovered,
    options: {
      ...options,
      requestTimeout: timeout ?? options.requestTimeout,
      retry: retries === undefined ? options.retry : { ...options.retry, maxAttempts: retries + 1 },
    },
  }
  const there = isBaseten ? Result.succeed(called) : atProvider(planning, called, provider)
  if (Result.isFailure(there)) return failed(there.failure)
  const result = yield* yieldCall(there.success, budgets)
  if (Result.isSuccess(result)) {
    const { headers, call: { report } } = result.success
    report.model = model
    headers.set("cf-aig-model", model)
    headers.set("cf-aig-provider", provider)
  }
  return result
}
