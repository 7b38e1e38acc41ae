/**
 * What an operator writes about limits in a gateway's entry of `BASEGATE_CONFIG`.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { integer, number, oneOf, someText, text } from "../schema/expected.ts"
import type { CalendarUnit } from "../time/calendar.ts"
import { maxSeconds, TimeZone, type WindowLength, windowProblem, WindowSetting } from "./window-length.ts"

const Seconds = integer(1, maxSeconds)
const Technique = oneOf("fixed", "sliding")

/** The largest number that a header field may hold (RFC 9651 §3.3.1). */
const maxCount = 999_999_999_999_999
const Count = integer(1, maxCount)

const RuleId = text("up to 64 of A-Z a-z 0-9 _ . : -", (id) => /^[\w.:-]{1,64}$/.test(id))

const Dimension = text(
  '"key", "model" or "metadata.<name>"',
  (name) => /^(?:key|model|metadata\.[^]+)$/.test(name),
)

const RateRuleEntry = Schema.Struct({
  id: Schema.optionalKey(RuleId),
  limit: Count,
  interval: Schema.optionalKey(Seconds),
  window: Schema.optionalKey(WindowSetting),
  time_zone: Schema.optionalKey(TimeZone),
  technique: Schema.optionalKey(Technique),
  unit: Schema.optionalKey(oneOf("requests", "tokens")),
  per: Schema.optionalKey(Schema.Array(Dimension)),
}).check(Schema.makeFilter(
  (rule) =>
    (rule.interval === undefined) === (rule.window === undefined)
      ? 'Expected either interval, in seconds, or window, which may be "day", "week" or "month"'
      : windowProblem(rule),
  { either: ["interval", "window"] },
))

/** The id of the rule that Cloudflare's three settings make. */
export const gatewayRule = "gateway"

const idAt = (rule: typeof RateRuleEntry.Type, index: number): string => rule.id ?? `rule-${index + 1}`

/**
 * `rate_limits`: beyond Cloudflare, any number of rules, by requests or tokens, for the whole gateway or per
 * caller's key, model, or value of a metadata entry. A rule without `id` is called `rule-1`, `rule-2` and so on
 * by its place.
 */
export const RateLimits = Schema.Array(RateRuleEntry).check(
  Schema.makeFilter((rules) =>
    new Set([gatewayRule, ...rules.map(idAt)]).size === rules.length + 1
      ? undefined
      : `Expected ids that differ from each other and from "${gatewayRule}"`
  ),
)

/**
 * Cloudflare's own rule of a gateway's entry.
 *
 * The comments are the text of this folder's README: `npm run docs` copies them there.
 */
export const RateLimiting = {
  /**
   * Requests within an interval; with 0 or `null` there is no such limit. The limit and its interval belong together:
   * one without the other is an error.
   *
   * @default none
   */
  rate_limiting_limit: Schema.optionalKey(Schema.NullOr(integer(0, maxCount))),
  /**
   * The length of the interval, in seconds.
   *
   * @default none
   */
  rate_limiting_interval: Schema.optionalKey(Schema.NullOr(integer(0, maxSeconds))),
  /**
   * Fixed windows follow each other, counted from 1970 (UTC). Sliding ones end at every moment; their count is Cloudflare's
   * estimate from two fixed ones.
   *
   * @default `"fixed"`
   */
  rate_limiting_technique: Schema.optionalKey(Schema.NullOr(Technique)),
}

const Filter = Schema.Struct({
  mode: oneOf("filter"),
  values: Schema.NonEmptyArray(Schema.String),
})
const SelectorEntry = Schema.Union([Schema.Struct({ mode: oneOf("partition") }), Filter])

const SpendRuleEntry = Schema.Struct({
  id: someText,
  limit: number(0.000_001, 9_000_000),
  limitType: oneOf("cost"),
  window: WindowSetting,
  time_zone: Schema.optionalKey(TimeZone),
  technique: Technique,
  enabled: Schema.Boolean,
  model: Schema.optionalKey(SelectorEntry),
  provider: Schema.optionalKey(SelectorEntry),
  metadata: Schema.optionalKey(Schema.Record(Schema.String, SelectorEntry)),
}).check(Schema.makeFilter(windowProblem))

/**
 * `spend_limits`: Cloudflare's shape, up to 20 rules. `limit` is in USD (up to 9 million, so that sums of
 * nano-dollars are exact), `window` in seconds, or beyond Cloudflare a period of the calendar. `model` and `provider` can also be `{"mode":"partition"}`: Cloudflare's
 * documentation says so, though its schema of August 2026 does not.
 */
export const SpendLimitsEntry = Schema.Struct({
  enabled: Schema.Boolean,
  reserve: Schema.optionalKey(Schema.Boolean),
  rules: Schema.Array(SpendRuleEntry).check(
    Schema.makeFilter((rules) =>
      rules.length <= 20 && new Set(rules.map(({ id }) => id)).size === rules.length
        ? undefined
        : "Expected at most 20 rules with ids that differ"
    ),
  ),
})

/** Spend rules and whether any is in force. */
export interface SpendLimits {
  readonly enabled: boolean
  /** Whether the worst that a call may cost is reserved before it is sent; false unless given. */
  readonly reserve?: boolean
  readonly rules: ReadonlyArray<SpendRule>
}

/** One spend rule. */
export interface SpendRule {
  readonly id: string
  /** In USD. */
  readonly limit: number
  readonly limitType: "cost"
  /** In seconds, or a period of the calendar. */
  readonly window: WindowLength
  /** The calendar's, by its IANA name; UTC by default. */
  readonly time_zone?: string
  readonly technique: "fixed" | "sliding"
  readonly enabled: boolean
  readonly model?: Selector
  readonly provider?: Selector
  readonly metadata?: Readonly<Record<string, Selector>>
}

/** How a rule selects requests by one property: only some values, or each value with a budget of its own. */
export type Selector =
  | { readonly mode: "partition" }
  | { readonly mode: "filter"; readonly values: ReadonlyArray<string> }

/** A rate limit with every default filled in. */
export interface RateRule {
  /** Names the rule in headers; differs within a gateway. */
  readonly id: string
  readonly limit: number
  /** In seconds; otherwise there is a `window`. */
  readonly interval?: number
  readonly window?: CalendarUnit
  /** The calendar's, by its IANA name; UTC by default. */
  readonly time_zone?: string
  readonly technique: "fixed" | "sliding"
  readonly unit: "requests" | "tokens"
  /** What has a count of its own: `key`, `model`, `metadata.<name>`; empty for one count for all. */
  readonly per: ReadonlyArray<string>
}

/** What limits do with a call while their store cannot be used. */
export type OnStoreOutage = typeof outagePolicies[number]
const outagePolicies = ["allow", "refuse", "local"] as const

/**
 * What holds while counts cannot be reached.
 *
 * The comments are the text of this folder's README: `npm run docs` copies them there.
 */
export const StoreOutages = {
  /**
   * What limits and budgets do while the store that [`BASEGATE_STORE`](#basegate_store) names cannot be used: `local`
   * counts on in this process, from what it last knew of the store; `allow` lets calls pass; `refuse` answers them 503, code
   * 2042. What is spent meanwhile is counted in the store once it can be used again.
   *
   * @default `"local"`
   */
  on_store_outage: Schema.optionalKey(oneOf(...outagePolicies)),
}

/** The part of a gateway's entry that limits rates. */
export interface RateEntry {
  readonly rate_limiting_limit?: number | null
  readonly rate_limiting_interval?: number | null
  readonly rate_limiting_technique?: "fixed" | "sliding" | null
  readonly rate_limits?: typeof RateLimits.Type
}

/**
 * What is missing from Cloudflare's rule, as the rest of a sentence; `undefined` if it is complete or off. Half a limit
 * limits nothing, but looks as if it did. A limit of 0 or null is off, whatever the interval.
 */
export const rateProblem = (entry: RateEntry): string | undefined => {
  const { rate_limiting_limit: limit, rate_limiting_interval: interval, rate_limiting_technique } = entry
  if (limit && !interval) {
    return "expected rate_limiting_interval, in seconds, beside rate_limiting_limit; without both there is no limit"
  }
  const speaksOfLimit = Boolean(interval) || typeof rate_limiting_technique === "string"
  return speaksOfLimit && limit === undefined
    ? "expected rate_limiting_limit beside the interval or technique of one; without it there is no limit"
    : undefined
}

/** The rules of an entry: first Cloudflare's, which is off unless both its limit and its interval are set. */
export const rateRules = (entry: RateEntry): ReadonlyArray<RateRule> => {
  const { rate_limiting_limit: limit, rate_limiting_interval: interval, rate_limiting_technique: technique } =
    entry
  const cloudflare = limit && interval
    ? [{ id: gatewayRule, limit, interval, ...(technique && { technique }) }]
    : []
  const own = (entry.rate_limits ?? []).map((rule, index) => ({ ...rule, id: idAt(rule, index) }))
  return [...cloudflare, ...own].map(rateRule)
}

/** Seconds are called `interval`, however they were written. */
const rateRule = ({ window, ...rule }: typeof RateRuleEntry.Type & { readonly id: string }): RateRule => ({
  unit: "requests",
  per: [],
  technique: "fixed",
  ...rule,
  ...(typeof window === "number" ? { interval: window } : window !== undefined && { window }),
})
