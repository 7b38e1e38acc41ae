/** Limits that let everything pass. */
import * as Result from "effect/Result"
import type { PlanServices } from "../../lib/plan/run-plan.ts"

export const noLimits: PlanServices = {
  rateLimit: {
    acquire: () => Result.succeed({ guarantee: "local" as const, states: [] }),
    prepareTokenCharge: () => () => {},
  },
  spendLimit: {
    check: () => Result.succeed(undefined),
    enter: () => Result.succeed({ charge: () => {}, release: () => {} }),
    states: () => [],
  },
}
