/**
 * Every limit of a gateway, whoever it is for.
 *
 * @module
 */
import type { GatewaySettings } from "../config/gateway-settings.ts"
import type { RateRule, SpendRule } from "../config/limit-rules.ts"
import { nodesOf } from "../dynamic-route/graph.ts"
import { routeBudget, routeLimitId, routeRate } from "./route-limits.ts"

/** A rule, and how the settings name it. */
export interface NamedRule<Rule> {
  /** As it is written, for a token's own rule too. */
  readonly id: string
  /** The token whose own rule it is. */
  readonly token: string | null
  readonly rule: Rule
}

/** The rules of a gateway that hold. */
export interface GatewayLimits {
  readonly budgets: ReadonlyArray<NamedRule<SpendRule>>
  readonly rates: ReadonlyArray<NamedRule<RateRule>>
}

/** The gateway's own limits, and those of its dynamic routes. */
export const limitsOf = ({ spendLimits, rateRules, routes }: GatewaySettings): GatewayLimits => {
  const budgets = spendLimits.enabled ? spendLimits.rules.filter(({ enabled }) => enabled) : []
  const rates = [...rateRules]
  for (const graph of routes.values()) {
    for (const { element, action } of nodesOf(graph)) {
      if (action.type !== "limit") continue
      const id = routeLimitId(graph.name, element)
      if (action.limitType === "count") rates.push(routeRate(id, action))
      else budgets.push(routeBudget(id, action))
    }
  }
  return {
    budgets: budgets.map((rule) => ({ id: rule.id, token: null, rule })),
    rates: rates.map((rule) => ({ id: rule.id, token: null, rule })),
  }
}
