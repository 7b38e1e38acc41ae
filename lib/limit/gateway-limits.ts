/**
 * All limits of a gateway: its own, its routes' and its tokens'.
 *
 * @module
 */
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { writtenId } from "../config/gateway-tokens.ts"
import type { RateRule, SpendLimits, SpendRule } from "../config/limit-rules.ts"
import { nodesOf } from "../dynamic-route/graph.ts"
import { routeBudget, routeLimitId, routeRate } from "./route-limits.ts"

/** A rule, and how the settings name it. */
export interface NamedRule<Rule> {
  /** As in the settings, for a token's own rule too. */
  readonly id: string
  /** The token whose own rule it is. */
  readonly token: string | null
  readonly rule: Rule
}

/** The enabled rules of a gateway. */
export interface GatewayLimits {
  readonly budgets: ReadonlyArray<NamedRule<SpendRule>>
  readonly rates: ReadonlyArray<NamedRule<RateRule>>
}

/** The gateway's own limits, those of its dynamic routes, and those of its tokens. */
export const limitsOf = ({ spendLimits, rateRules, routes, tokens }: GatewaySettings): GatewayLimits => {
  const budgets: Array<NamedRule<SpendRule>> = []
  const rates: Array<NamedRule<RateRule>> = []
  const addBudgets = ({ enabled, rules }: SpendLimits, token: string | null): void => {
    for (const rule of enabled ? rules.filter((each) => each.enabled) : []) {
      budgets.push({ id: token === null ? rule.id : writtenId(token, rule.id) ?? rule.id, token, rule })
    }
  }
  addBudgets(spendLimits, null)
  for (const rule of rateRules) rates.push({ id: rule.id, token: null, rule })
  for (const graph of routes.values()) {
    for (const { element, action } of nodesOf(graph)) {
      if (action.type !== "limit") continue
      const id = routeLimitId(graph.name, element)
      if (action.limitType === "count") rates.push({ id, token: null, rule: routeRate(id, action) })
      else budgets.push({ id, token: null, rule: routeBudget(id, action) })
    }
  }
  // While a token is rotated, two values share its name and count together.
  const named = new Map(tokens.map((token) => [token.name, token.limits] as const))
  for (const [token, limits] of named) {
    if (token === null || limits === undefined) continue
    addBudgets(limits.spendLimits, token)
    for (const rule of limits.rateRules) {
      const id = writtenId(token, rule.id)
      if (id !== undefined) rates.push({ id, token, rule })
    }
  }
  return { budgets, rates }
}
