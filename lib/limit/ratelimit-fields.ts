/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11): what holds, and what is left.
 *
 * @module
 */
import type { Guarantee } from "../store/Store.ts"
import { wholeSeconds } from "./windows.ts"

/** A rule as it is told: of requests, or of another unit. */
export interface ToldRule {
  /** Any text: what a structured field cannot hold (RFC 9651 §3.3.3) is shown as `?`. */
  readonly id: string
  readonly limit: number
  /** In seconds. */
  readonly interval: number
  readonly unit: string
}

/** Where a rule stands for one request. */
export interface RuleState {
  readonly rule: ToldRule
  /** Whole units left, at least 0. */
  readonly remaining: number
  /** Milliseconds until there is more. */
  readonly untilMore: number
}

const quoted = (id: string): string => `"${id.replace(/[^ -~]/g, "?").replace(/["\\]/g, "\\$&")}"`

/**
 * The rules: quota `q`, unit `qu` where it is not requests, window `w` in seconds.
 *
 * How far the counts hold is a parameter of ours, which the draft (§3.1) wants prefixed. `tokens` and
 * `micro-usd` are not among the draft's units: it has none that fits, and without one the quota would read as
 * requests.
 */
export const policyField = (rules: ReadonlyArray<ToldRule>, guarantee: Guarantee): string =>
  rules.map(({ id, limit, unit, interval }) =>
    `${quoted(id)};q=${limit}${
      unit === "requests" ? "" : `;qu="${unit}"`
    };w=${interval};basegate-guarantee=${guarantee}`
  ).join(", ")

/** What is left of each rule, `r`, and for how many seconds no more than that can be used, `t`. */
export const stateField = (states: ReadonlyArray<RuleState>): string =>
  states.map(({ rule, remaining, untilMore }) =>
    `${quoted(rule.id)};r=${remaining};t=${wholeSeconds(untilMore)}`
  )
    .join(", ")
