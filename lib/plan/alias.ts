/**
 * The plan of a model alias: its models, tried one after the other until one succeeds.
 *
 * @module
 */
import { heldBytes } from "../body/prepared-body.ts"
import type { CallTarget } from "../call/call-target.ts"
import type { ModelAlias } from "../config/model-aliases.ts"
import { allowsAlias } from "../config/model-globs.ts"
import { monotonicNow } from "../time/monotonic.ts"
import { callModel } from "./call-model.ts"
import type { Planning } from "./planning.ts"
import { clientLeft, failed, isBlocked, type Plan, type PlanResult, release, succeeded } from "./plan.ts"
import { badChatRequest } from "../errors.ts"
import { orderedTargets, TargetSpeeds } from "./target-order.ts"

/** By alias, which is another object once its settings have changed. */
const speedsOf = new WeakMap<ModelAlias, TargetSpeeds>()

const speedsFor = (alias: ModelAlias): TargetSpeeds => {
  const speeds = speedsOf.get(alias) ?? new TargetSpeeds()
  speedsOf.set(alias, speeds)
  return speeds
}

/** Tries the models; the result of the last is final, whatever it is. */
export function* alias(planning: Planning, target: CallTarget, alias: ModelAlias): Plan {
  const { exchange, caller, gateway, priceOf } = planning
  exchange.requestedModel = `custom/${alias.name}`
  const bytes = heldBytes(target.body)
  const isCovered = allowsAlias(caller.token?.models ?? [], alias.name)
  const speeds = speedsFor(alias)
  const ordered = orderedTargets(alias, gateway, priceOf, speeds, monotonicNow())
  let result: PlanResult = failed(badChatRequest(`The alias "${alias.name}" has no models.`))
  for (const one of ordered) {
    release(result)
    const began = monotonicNow()
    result = yield* callModel(planning, target, bytes, one, [], isCovered)
    if (clientLeft(result) || isBlocked(result)) return result
    const now = monotonicNow()
    speeds.note(one, now - began, succeeded(result), now)
    if (succeeded(result)) return result
  }
  return result
}
