/**
 * The limits of dynamic routes, as rules: each value of the element's field has a count of its own.
 *
 * @module
 */
import type { RateRule, SpendRule } from "../config/limit-rules.ts"

/** A limit of a route. */
export interface RouteLimit {
  readonly limit: number
  readonly windowMs: number
  readonly technique: "fixed" | "sliding"
}

/** The id of the rule for a route's element. */
export const routeLimitId = (route: string, element: string): string => `route.${route}.${element}`

/** A limit that counts requests. */
export const routeRate = (id: string, { limit, windowMs, technique }: RouteLimit): RateRule => ({
  id,
  limit,
  interval: windowMs / 1000,
  technique,
  unit: "requests",
  per: ["key"],
})

/** A limit that counts costs. */
export const routeBudget = (id: string, { limit, windowMs, technique }: RouteLimit): SpendRule => ({
  id,
  limit,
  limitType: "cost",
  window: windowMs / 1000,
  technique,
  enabled: true,
  metadata: { key: { mode: "partition" } },
})
