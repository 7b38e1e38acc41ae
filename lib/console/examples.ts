/**
 * Example values for settings that are entered as JSON.
 *
 * @module
 */

const budget = (window: string) => ({ rules: [{ id: window, limit: 10, limitType: "cost", window }] })

/** By the setting's name, examples by their description. */
export const examples: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  spend_limits: {
    "$10 a day": budget("day"),
    "$10 a week": budget("week"),
    "$10 a month": budget("month"),
  },
  rate_limits: {
    "60 requests a minute": [{ limit: 60, interval: 60 }],
    "100,000 tokens a minute": [{ limit: 100_000, interval: 60, unit: "tokens" }],
  },
  circuit_breaker: { "With its defaults": {} },
}
