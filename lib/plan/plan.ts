/**
 * What a request calls, and in which order: a plan yields its steps one by one, and is resumed with the result of each.
 *
 * Pure: the one runner (`run-plan.ts`) makes the calls, checks the limits and owns the answers.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { PendingAnswer } from "../call/call.ts"
import type { Budgets } from "../limit/Limits.ts"
import type { CallTarget } from "../call/target.ts"
import type { LimitAction } from "../dynamic-route/elements.ts"
import type { GatewayError } from "../errors.ts"
import type { CallReport } from "../record/call-report.ts"

/** Why there is no answer, and the report of the call that failed; `undefined` if no call was made. */
export interface PlanFailure {
  readonly error: GatewayError
  readonly report: CallReport | undefined
}

/** The result of a plan: an answer, whatever its status, or why there is no answer. */
export type PlanResult = Result.Result<PendingAnswer, PlanFailure>

/** A call to make. */
export interface CallStep {
  readonly kind: "call"
  readonly target: CallTarget
  /** Budgets beside the gateway's own that the call counts on as well. */
  readonly budgets: ReadonlyArray<Budgets>
}

/** A limit of a dynamic route to check. */
export interface LimitStep extends Omit<LimitAction, "type" | "key"> {
  readonly kind: "limit"
  /** The rule's name. */
  readonly id: string
  /** The provider that the request counts for. */
  readonly provider: string
  /** The value to count by; it may be a secret, and is hashed before it is stored. */
  readonly value: string
}

/** The result of a limit: the budgets that later calls are charged to, or a refusal. */
export type LimitResult = Result.Result<ReadonlyArray<Budgets>, GatewayError>

/** A choice to recall. */
export interface RecallStep {
  readonly kind: "recall"
  /** The key of a session. */
  readonly key: string
}

/** What is kept of a choice: the model, if there is one. */
export interface Recalled {
  readonly kept: string | undefined
}

/** The next thing to do. */
export type PlanStep = CallStep | LimitStep | RecallStep

/** The result of a step. */
export type StepResult = PlanResult | LimitResult | Recalled

/** The steps of a request. Each `yield` is resumed with the result that belongs to its step: see the functions below. */
export type Steps = Generator<PlanStep, PlanResult, StepResult>

/** The plan of a request: one call, as in nearly all, whose result is the request's, or steps. */
export type Plan = CallStep | Steps

const noBudgets: ReadonlyArray<Budgets> = []

/** A call that counts on no budgets but the gateway's own. */
export const callOf = (target: CallTarget): CallStep => ({ kind: "call", target, budgets: noBudgets })

/** Yields a call. */
export function* yieldCall(target: CallTarget, budgets: ReadonlyArray<Budgets> = noBudgets): Steps {
  return (yield { kind: "call", target, budgets }) as PlanResult
}

/** Whether a plan is one call. */
export const isCall = (plan: Plan): plan is CallStep => "kind" in plan

/** A plan as part of another one. */
export function* stepsOf(plan: Plan): Steps {
  return isCall(plan) ? (yield plan) as PlanResult : yield* plan
}

/** Yields a limit. */
export function* yieldLimit(
  step: Omit<LimitStep, "kind">,
): Generator<PlanStep, LimitResult, StepResult> {
  return (yield { kind: "limit", ...step }) as LimitResult
}

/** Yields a recall. */
export function* yieldRecall(key: string): Generator<PlanStep, string | undefined, StepResult> {
  return ((yield { kind: "recall", key }) as Recalled).kept
}

/** A failure without a call. */
export const failed = (error: GatewayError): PlanResult => Result.fail({ error, report: undefined })

/** Whether a result is an answer that needs no fall-back. */
export const succeeded = (result: PlanResult): boolean =>
  Result.isSuccess(result) && result.success.status < 400 && !result.success.reportsError

/** Whether the client has left, so that a fall-back would be in vain. */
export const hasClientLeft = (result: PlanResult): boolean =>
  Result.isFailure(result) && result.failure.error.reason === "client_left"

/** Whether a policy has blocked a request or its answer: another model would only be asked for the same. */
export const isBlocked = (result: PlanResult): boolean =>
  Result.isFailure(result) &&
  /^(?:re(?:quest|sponse)_blocked|(?:run_)?(?:prompt|response)_unsafe|guardrails_.*)$/.test(
    result.failure.error.reason,
  )

/** Releases the answer of a result, if any. */
export const release = (result: PlanResult | undefined): void => {
  if (result !== undefined && Result.isSuccess(result)) result.success.release()
}
