/**
 * Whether limits depend on the model of a call.
 *
 * @module
 */
import type { RateRule, SpendLimits } from "../config/limit-rules.ts"

/** Whether the model has to be known before a call is admitted: for budgets, or for a rate per model. */
export const dependsOnModel = (
  { rateRules, spendLimits }: {
    readonly rateRules: ReadonlyArray<RateRule>
    readonly spendLimits: SpendLimits
  },
): boolean => spendLimits.enabled || rateRules.some(({ per }) => per.includes("model"))
