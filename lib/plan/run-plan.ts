/**
 * Runs a plan: makes its calls, checks its limits, and owns the answers until one becomes the request's.
 *
 * @module
 */
import * as Result from "effect/Result"
import { Call, type CallContext, type CallResult, type Next, type PendingAnswer } from "../call/call.ts"
import { routeBudget, routeRate } from "../limit/route-limits.ts"
import type { Limits } from "../limit/Limits.ts"
import { textDigest } from "../redaction/digest.ts"
import type { KeptChoices } from "./KeptChoices.ts"
import { type CallStep, isCall, type LimitResult, type LimitStep, type Plan, type Steps } from "./plan.ts"

/** The services that plans run on. */
export interface PlanServices {
  readonly limits: Limits["Service"]
  readonly choices: KeptChoices["Service"]
}

/**
 * Runs a plan to its end. If it fails, the exchange is answered by the report of the call that failed.
 *
 * @param next makes a call, for the gateway of the request
 */
export const runPlan = (
  services: PlanServices,
  context: CallContext,
  plan: Plan,
  next: Next,
): Promise<CallResult> => {
  if (!isCall(plan)) return runSteps(services, context, plan, next)
  const call = begin(context, plan)
  context.exchange.answering = call.report
  return next(call)
}

const begin = (context: CallContext, { target, budgets }: CallStep): Call => {
  const call = new Call(context, target, budgets)
  context.exchange.reports.push(call.report)
  return call
}

const runSteps = async (
  services: PlanServices,
  context: CallContext,
  steps: Steps,
  next: Next,
): Promise<CallResult> => {
  const answers: Array<PendingAnswer> = []
  let given: PendingAnswer | undefined
  try {
    let state = steps.next()
    while (!state.done) {
      const step = state.value
      if (step.kind === "limit") {
        state = steps.next(await ask(services, context, step))
        continue
      }
      if (step.kind === "recall") {
        state = steps.next({ kept: await services.choices.recall(step.key) })
        continue
      }
      const call = begin(context, step)
      const result = await next(call)
      if (Result.isSuccess(result)) {
        answers.push(result.success)
        state = steps.next(Result.succeed(result.success))
      } else state = steps.next(Result.fail({ error: result.failure, report: call.report }))
    }
    const result = state.value
    if (Result.isSuccess(result)) {
      given = result.success
      return Result.succeed(given)
    }
    context.exchange.answering = result.failure.report
    return Result.fail(result.failure.error)
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
