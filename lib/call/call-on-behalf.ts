/**
 * A call that is made on behalf of several clients, beside the call of each.
 *
 * Functions, not methods of what every call has: a Worker, which does not share calls, has no use for them.
 *
 * @module
 */
import type { CallReport } from "../record/call-report.ts"
import type { Cut } from "../upstream/cut.ts"
import { Call } from "./call.ts"

/** The same call, made on behalf of several clients: it has its own report, and ends when all have left. */
export const callOnBehalf = (of: Call, cut: Cut): Call => {
  const call = new Call(of, of.target, of.budgets, cut)
  call.headers = of.headers
  call.credential = of.credential
  call.dlp = of.dlp
  call.report.key = of.report.key
  call.report.keyAlias = of.report.keyAlias
  return call
}

/** Takes over the findings of a call that was made on behalf of another's: its tries, usage and cost. */
export const adoptReport = (own: CallReport, made: CallReport): void => {
  own.attempts = made.attempts
  own.error ??= made.error
  own.model ??= made.model
  own.firstTokenAt ??= made.firstTokenAt
  own.tokensIn = made.tokensIn
  own.tokensOut = made.tokensOut
  own.tokensCached = made.tokensCached
  own.tokensReasoning = made.tokensReasoning
  own.usageSource = made.usageSource
  own.cost = made.cost
  own.customCost = made.customCost
  own.dlp ??= made.dlp
  own.guardrails ??= made.guardrails
  own.guardrailsScanner ??= made.guardrailsScanner
}
