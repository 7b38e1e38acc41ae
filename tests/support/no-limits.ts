/** Limits that let everything pass, and choices that are forgotten. */
import * as Result from "effect/Result"
import { noQuota } from "../../lib/limit/rate-outcome.ts"
import type { PlanServices } from "../../lib/plan/run-plan.ts"

export const noLimits: PlanServices = {
  limits: {
    admit: () => Result.succeed({ quota: noQuota, settle: () => {}, release: () => {}, spent: () => [] }),
    acquire: () => Result.succeed(noQuota),
    check: () => Result.succeed(undefined),
    states: () => [],
  },
  choices: { recall: () => undefined, keep: () => {} },
}
