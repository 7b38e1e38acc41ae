/**
 * Runs a plan: makes its calls, checks its limits, and owns the answers until one becomes the request's.
 *
 * @module
 */
import * as Result from "effect/Result"
import { Call, type CallContext, type Next, type PendingAnswer } from "../call/call.ts"
import { routeBudget, routeRate } from "../limit/route-limits.ts"
import type { Limits } from "../limit/Limits.ts"
import { textDigest } from "../redaction/digest.ts"
import type { KeptChoices } from "./KeptChoices.ts"
import type { LimitResult, LimitStep, Plan, PlanResult } from "./plan.ts"

/** The services that plans run on. */
export interface PlanServices {
  readonly limits: Limits["Service"]
  readonly choices: KeptChoices["Service"]
}

/**
 * Runs a plan to its end.
 *
 * @param next makes a call, for the gateway of the request
 */
export const runPlan = async (
  services: PlanServices,
  context: CallContext,
  plan: Plan,
  next: Next,
): Promise<PlanResult> => {
  const { exchange } = context
  const answers: Array<PendingAnswer> = []
  let given: PendingAnswer | undefined
  try {
    let state = plan.next()
    while (!state.done) {
      const step = state.value
      if (step.kind === "limit") {
        state = plan.next(await ask(services, context, step))
        continue
      }
      if (step.kind === "recall") {
        state = plan.next({ kept: await services.choices.recall(step.key) })
        continue
      }
      const call = new Call(context, step.target, step.budgets)
      exchange.reports.push(call.report)
      const result = await next(call)
      if (Result.isSuccess(result)) {
        answers.push(result.success)
        state = plan.next(Result.succeed(result.success))
      } else state = plan.next(Result.fail({ error: result.failure, report: call.report }))
    }
    if (Result.isSuccess(state.value)) given = state.value.success
    return state.value
  } finally {
    // Releases all other answers: a client that leaves, or a defect, ends the plan half-way.
    for (const answer of answers) if (answer !== given) answer.release()
  }
}

/** Checks a limit of a dynamic route. */
const ask = async (
  { limits }: Pick<PlanServices, "limits">,
  { gateway }: CallContext,
  step: LimitStep,
): Promise<LimitResult> => {
  const { id, provider, value, limitType } = step
  const key = await textDigest(value)
  const subject = { gateway: gateway.id, key, model: undefined, metadata: { key } }
  if (limitType === "count") {
    return Result.map(await limits.acquire([routeRate(id, step)], subject, gateway.onStoreOutage), () => [])
  }
  const budgets = {
    limits: { enabled: true, rules: [routeBudget(id, step)] },
    subject: { ...subject, provider },
  }
  return Result.map(await limits.check(budgets, gateway.onStoreOutage), () => [budgets])
}
