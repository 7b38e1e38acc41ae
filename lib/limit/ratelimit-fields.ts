/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11): the rules, and what is left of them.
 *
 * The only place that makes headers of limits: limiters return states.
 *
 * @module
 */
import type { scopeOf } from "../store/guarantee.ts"
import { wholeSeconds } from "../store/windows.ts"

/** A rule as clients see it: of requests, or of another unit. */
export interface AdvertisedRule {
  /** Any text; characters that a structured field cannot contain (RFC 9651 §3.3.3) become `?`. */
  readonly id: string
  readonly limit: number
  /** In seconds. */
  readonly interval: number
  readonly unit: string
}

/** The state of a rule for one request. */
export interface RuleState {
  readonly rule: AdvertisedRule
  /** Whole units left, at least 0. */
  readonly remaining: number
  /** Milliseconds until there is more. */
  readonly untilMore: number
}

/** The states of the rules that apply to a request. */
export interface Quota {
  readonly guarantee: Scope
  readonly states: ReadonlyArray<RuleState>
}

/** Whether this process counts alone. */
type Scope = ReturnType<typeof scopeOf>

/** Headers by name, in lower case. */
type Fields = Readonly<Record<string, string>>

const noFields: Fields = {}

/** `ratelimit-policy` and `ratelimit` of an answer; no headers if no rule applies. */
export const quotaFields = ({ guarantee, states }: Quota): Fields =>
  states.length === 0 ? noFields : {
    "ratelimit-policy": policyField(states, guarantee),
    ratelimit: stateField(states),
  }

/**
 * The same for a refusal: `ratelimit` lists only the rules that refuse, and `retry-after` is long enough for all of them
 * (Cloudflare lacks it; SDKs honour it).
 */
export const refusalFields = ({ guarantee, states }: Quota, refused: ReadonlyArray<RuleState>): Fields => ({
  "retry-after": String(secondsUntilMore(refused)),
  "ratelimit-policy": policyField(states, guarantee),
  ratelimit: stateField(refused),
})

/** Whole seconds until all of these have more. */
export const secondsUntilMore = (states: ReadonlyArray<RuleState>): number =>
  wholeSeconds(Math.max(...states.map(({ untilMore }) => untilMore)))

const quoted = (id: string): string => `"${id.replace(/[^ -~]/g, "?").replace(/["\\]/g, "\\$&")}"`

/**
 * The rules: quota `q`, unit `qu` if it is not requests, window `w` in seconds.
 *
 * The scope of the counts is a parameter of ours, prefixed as the draft (§3.1) requires. `tokens` and `micro-usd` are
 * not among the draft's units: none of them fits, and without a unit the quota would read as requests.
 */
const policyField = (states: ReadonlyArray<RuleState>, guarantee: Scope): string =>
  states.map(({ rule: { id, limit, unit, interval } }) =>
    `${quoted(id)};q=${limit}${
      unit === "requests" ? "" : `;qu="${unit}"`
    };w=${interval};basegate-guarantee=${guarantee}`
  ).join(", ")

/** What is left of each rule, `r`, and for how many seconds no more than that can be used, `t`. */
const stateField = (states: ReadonlyArray<RuleState>): string =>
  states.map(({ rule, remaining, untilMore }) =>
    `${quoted(rule.id)};r=${remaining};t=${wholeSeconds(untilMore)}`
  ).join(", ")
