/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11): what holds, and what is left.
 *
 * @module
 */
import type { RateRule } from "../config/limit-rules.ts"
import type { Guarantee } from "../store/Store.ts"
import { wholeSeconds } from "./windows.ts"

/** Where a rule stands for one request. */
export interface RuleState {
  readonly rule: RateRule
  /** Whole units left, at least 0. */
  readonly remaining: number
  /** Milliseconds until there is more. */
  readonly untilMore: number
}

/**
 * The rules: quota `q`, unit `qu` where it is not requests, window `w` in seconds.
 *
 * How far the counts hold is a parameter of ours, which the draft (§3.1) wants prefixed. `tokens` is not among
 * the draft's units: it has none that fits, and without one the quota would read as requests.
 */
export const policyField = (rules: ReadonlyArray<RateRule>, guarantee: Guarantee): string =>
  rules.map(({ id, limit, unit, interval }) =>
    `"${id}";q=${limit}${
      unit === "tokens" ? ';qu="tokens"' : ""
    };w=${interval};basegate-guarantee=${guarantee}`
  ).join(", ")

/** What is left of each rule, `r`, and for how many seconds no more than that can be used, `t`. */
export const stateField = (states: ReadonlyArray<RuleState>): string =>
  states.map(({ rule, remaining, untilMore }) => `"${rule.id}";r=${remaining};t=${wholeSeconds(untilMore)}`)
    .join(", ")
