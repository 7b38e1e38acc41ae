/**
 * The plan of a model alias: its models, tried one after the other until one succeeds.
 *
 * @module
 */
import { heldBytes } from "../body/prepared-body.ts"
import type { CallTarget } from "../call/target.ts"
import type { AliasTarget, ModelAlias } from "../config/model-aliases.ts"
import { allowsAlias } from "../config/model-globs.ts"
import { monotonicNow } from "../time/monotonic.ts"
import { callModel } from "./call-model.ts"
import type { Planning } from "./planning.ts"
import {
  failed,
  hasClientLeft,
  isBlocked,
  type PlanResult,
  release,
  type Steps,
  succeeded,
  yieldRecall,
} from "./plan.ts"
import { sessionOf } from "./session.ts"
import { badChatRequest } from "../errors.ts"
import { orderedTargets, TargetSpeeds } from "./target-order.ts"

/** By alias object, which changes with its settings. */
const speedsOf = new WeakMap<ModelAlias, TargetSpeeds>()

const speedsFor = (alias: ModelAlias): TargetSpeeds => {
  const speeds = speedsOf.get(alias) ?? new TargetSpeeds()
  speedsOf.set(alias, speeds)
  return speeds
}

const nameOf = ({ provider, model }: AliasTarget): string => `${provider}/${model}`

/** The models with the one first that is kept for the session; the others follow in their order. */
const keptFirst = (
  targets: ReadonlyArray<AliasTarget>,
  kept: string | undefined,
): ReadonlyArray<AliasTarget> => {
  const found = targets.find((target) => nameOf(target) === kept)
  return found === undefined ? targets : [found, ...targets.filter((target) => target !== found)]
}

/** Tries the models; the result of the last is final, whatever it is. */
export function* alias(planning: Planning, target: CallTarget, alias: ModelAlias): Steps {
  const { exchange, caller, gateway, priceOf, keep } = planning
  exchange.requestedModel = `custom/${alias.name}`
  const bytes = heldBytes(target.body)
  const isCovered = allowsAlias(caller.token?.models ?? [], alias.name)
  const speeds = speedsFor(alias)
  const listed = orderedTargets(alias, gateway, priceOf, speeds, monotonicNow())
  const key = alias.targets.length > 1 ? sessionOf(planning, target)?.key(alias.name) : undefined
  const kept = key === undefined ? undefined : yield* yieldRecall(key)
  const ordered = keptFirst(listed, kept)
  let result: PlanResult = failed(badChatRequest(`The alias "${alias.name}" has no models.`))
  for (const one of ordered) {
    release(result)
    const began = monotonicNow()
    result = yield* callModel(planning, target, bytes, one, [], isCovered)
    if (hasClientLeft(result) || isBlocked(result)) return result
    const now = monotonicNow()
    speeds.note(one, now - began, succeeded(result), now)
    if (!succeeded(result)) continue
    // Without a kept choice, a session begins with the first again, unless the order itself changes.
    if (key !== undefined && (kept !== undefined || one !== ordered[0] || alias.order !== "default")) {
      const keeping = keep(key, nameOf(one))
      if (keeping instanceof Promise) exchange.settleBy(() => keeping)
    }
    return result
  }
  return result
}
