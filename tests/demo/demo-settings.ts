/**
 * The settings of the demo's gateway.
 *
 * @module
 */
import type { PastRequest } from "../../lib/commands/demo-gateway.ts"
import { account } from "./past-uses.ts"

/** Tokens of the demo's teams; they open nothing else. */
const tokens = (...names: ReadonlyArray<string>) =>
  names.map((name) => ({ name, token: `demo-token-of-${name}` }))

const byTeam = { metadata: { team: { mode: "partition" } } }

/** A budget in US dollars. */
const budget = (window: "day" | "month", limit: number, whose: object = {}) => ({
  id: window,
  limit,
  limitType: "cost",
  window,
  technique: "fixed",
  enabled: true,
  ...whose,
})

/** What a team has spent at a gateway in the present month or day (UTC). */
const spentOf = (
  past: ReadonlyArray<PastRequest>,
  gateway: string,
  team: string,
  window: "month" | "day" = "month",
): number => {
  const present = new Date().toISOString().slice(0, window === "month" ? 7 : 10)
  return past.reduce((sum, { record }) => {
    const counts = record.time.startsWith(present) && record.gateway_id === gateway &&
      record.metadata["team"] === team
    return sum + (counts ? record.cost ?? 0 : 0)
  }, 0)
}

/** So many times as much, to ten cents: whatever the day of the month, some budgets are nearly gone and some are not. */
const times = (factor: number, spent: number): number => Math.ceil(10 * factor * spent + 1) / 10

/** Some gateways with limits, and one for each of the demo's calls. */
export const demoSettings = (past: ReadonlyArray<PastRequest>): object => ({
  gateways: {
    "*": {},
    [`${account}/cached`]: { cache_ttl: 60 },
    [`${account}/support`]: {
      authentication: false,
      cache_ttl: 600,
      collect_log_payloads: true,
      tokens: tokens("support-web"),
      spend_limits: {
        enabled: true,
        rules: [budget("month", times(1.02, spentOf(past, "support", "support")), byTeam)],
      },
      rate_limits: [{ id: "burst", limit: 600, interval: 60 }],
    },
    [`${account}/search`]: {
      authentication: false,
      cache_ttl: 600,
      tokens: tokens("search-api", "nightly-batch", "old-crawler"),
      spend_limits: {
        enabled: true,
        rules: [budget("month", times(1.7, spentOf(past, "search", "search")))],
      },
    },
    [`${account}/agents`]: {
      authentication: false,
      tokens: [
        ...tokens("coding-agent"),
        {
          name: "notebooks",
          token: "demo-token-of-notebooks",
          spend_limits: {
            enabled: true,
            rules: [budget("month", times(1.3, spentOf(past, "agents", "research")))],
          },
        },
      ],
      spend_limits: {
        enabled: true,
        rules: [
          budget("day", times(1.8, spentOf(past, "agents", "platform", "day")), byTeam),
          { ...budget("month", times(2.4, spentOf(past, "agents", "platform")), byTeam), id: "team-month" },
        ],
      },
    },
  },
})
