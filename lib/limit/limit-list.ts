/**
 * Lists how far the limits of a gateway are used, for its operator.
 *
 * @module
 */
import type { RateRule, SpendRule } from "../config/limit-rules.ts"
import { defaultZone, type WindowLength } from "../config/window-length.ts"
import type { Spent } from "../store/counter.ts"
import type { Counted } from "../store/counted.ts"
import type { StoreShape } from "../store/Store.ts"
import { spendQuery, usedOf } from "./budget-states.ts"
import { budgetOf, dollars, spendName, spendWindow } from "./budget-counters.ts"
import { type DigestName, refusalsOf, rememberDigests } from "./counter-keys.ts"
import type { GatewayLimits, NamedRule } from "./gateway-limits.ts"
import { readFrom } from "./outage.ts"
import { rateCountOf, rateLength, rateName, rateWindow } from "./rate-counters.ts"
import type { Window, WindowUsage } from "../store/windows.ts"

/** How far a limit is used; a rule with partitions has one state for each. Amounts are in `unit`. */
export interface LimitState {
  /** The settings entry under which it counts: a gateway's id, or `*`. */
  readonly gateway: string
  readonly id: string
  /** The token whose own limit it is. */
  readonly token: string | null
  readonly kind: "spend" | "rate"
  readonly unit: "usd" | "requests" | "tokens"
  /**
   * The partition, by name: `{}` for a limit that is not partitioned, `null` for any partition that has no count yet.
   */
  readonly partition: Readonly<Record<string, string>> | null
  readonly limit: number
  /** In seconds, or a calendar period. */
  readonly window: WindowLength
  readonly time_zone: string | null
  readonly technique: "fixed" | "sliding"
  /** `null` if unknown: a rate's counts by caller are not listed. */
  readonly spent: number | null
  readonly left: number | null
  /** The spent share of the limit; above 1 if it is overshot. */
  readonly share: number | null
  /** How many calls the rule refused in its window, in all partitions together. */
  readonly refused: number
  readonly resets_at: string
  /** When nothing is left if spending goes on as in this period so far; `null` if that is after its end. */
  readonly runs_out_at: string | null
}

/** The most spent limits of each rule of a gateway, and the number of all. */
export interface LimitPage {
  readonly total: number
  readonly limits: ReadonlyArray<LimitState>
}

const iso = (time: number): string => new Date(time).toISOString()

const named = (partition: ReadonlyArray<string>): Record<string, string> => {
  const names: Record<string, string> = Object.create(null)
  for (let index = 0; index < partition.length; index += 2) {
    names[partition[index] ?? ""] = partition[index + 1] ?? ""
  }
  return names
}

type Facts = Omit<LimitState, "partition" | "spent" | "left" | "share" | "resets_at" | "runs_out_at">

const nothing: WindowUsage = { previous: 0, current: 0 }

const stateOf = (
  facts: Facts,
  partition: LimitState["partition"],
  window: Window,
  usage: WindowUsage | undefined,
  now: number,
): LimitState => {
  const { used, left, resetsAt, runsOutAt } = usedOf(window, usage ?? nothing, now)
  const amount = facts.kind === "spend" ? dollars : (units: number) => units
  const known = usage !== undefined
  return {
    ...facts,
    partition,
    spent: known ? amount(used) : null,
    left: known ? amount(left) : null,
    share: known ? used / window.limit : null,
    resets_at: iso(resetsAt),
    runs_out_at: known && runsOutAt !== undefined ? iso(runsOutAt) : null,
  }
}

const usageOf = async (store: StoreShape, counted: Counted): Promise<WindowUsage | undefined> =>
  (await readFrom(store, [counted])).uses[0]

const refusedOf = async (
  { store, gateway, now }: Listing,
  rule: ReadonlyArray<string | number>,
  window: Window,
): Promise<number> =>
  usedOf(window, await usageOf(store, refusalsOf(rule, gateway, window)) ?? nothing, now).used

/** The parameters of a listing; see `listLimits`. */
interface Listing {
  readonly store: StoreShape
  /** The entry's name, by which limits count. */
  readonly gateway: string
  readonly most: number
  readonly now: number
  readonly digest: DigestName
}

/** The gateway's name, or `*`, which stands for many. */
const shownGateway = (entry: string): string => entry.slice(entry.indexOf("/") + 1)

const budgetStates = async (
  listing: Listing,
  { id, token, rule }: NamedRule<SpendRule>,
): Promise<LimitPage> => {
  const { store, gateway, most, now, digest } = listing
  const window = spendWindow(rule)
  const facts: Facts = {
    gateway: shownGateway(gateway),
    id,
    token,
    kind: "spend",
    unit: "usd",
    limit: rule.limit,
    window: rule.window,
    time_zone: typeof rule.window === "number" ? null : rule.time_zone ?? defaultZone,
    technique: rule.technique,
    refused: await refusedOf(listing, spendName(gateway, rule), window),
  }
  const isDivided = [rule.model, rule.provider, ...Object.values(rule.metadata ?? {})]
    .some((selector) => selector?.mode === "partition")
  if (!isDivided) {
    const usage = await usageOf(store, await budgetOf(rule, [], { gateway }, digest))
    return { total: 1, limits: [stateOf(facts, {}, window, usage, now)] }
  }
  const { total, spent } = await store.spent?.(spendQuery(rule, gateway, most, now)) ??
    { total: 0, spent: [] }
  if (total === 0) {
    return { total: 1, limits: [stateOf(facts, null, window, store.spent && nothing, now)] }
  }
  const limitOf = ({ partition, ...usage }: Spent): LimitState =>
    stateOf(facts, partition === undefined ? null : named(partition), window, usage, now)
  return { total, limits: spent.map(limitOf) }
}

const rateStates = async (
  listing: Listing,
  { id, token, rule }: NamedRule<RateRule>,
): Promise<LimitPage> => {
  const { store, gateway, now, digest } = listing
  const length = rateLength(rule)
  const window = rateWindow(rule)
  const facts: Facts = {
    gateway: shownGateway(gateway),
    id,
    token,
    kind: "rate",
    unit: rule.unit,
    limit: rule.limit,
    window: length,
    time_zone: typeof length === "number" ? null : rule.time_zone ?? defaultZone,
    technique: rule.technique,
    refused: await refusedOf(listing, rateName(gateway, rule), window),
  }
  if (rule.per.length > 0) return { total: 1, limits: [stateOf(facts, null, window, undefined, now)] }
  const usage = await usageOf(store, await rateCountOf(rule, [], gateway, digest))
  return { total: 1, limits: [stateOf(facts, {}, window, usage, now)] }
}

/**
 * Lists the limits of an entry.
 *
 * @param most the most to list of each rule, the most spent first
 */
export const listLimits = async (
  store: StoreShape,
  gateway: string,
  { budgets, rates }: GatewayLimits,
  most: number,
  now: number,
): Promise<LimitPage> => {
  const listing = { store, gateway, most, now, digest: rememberDigests() }
  const pages = await Promise.all([
    ...budgets.map((rule) => budgetStates(listing, rule)),
    ...rates.map((rule) => rateStates(listing, rule)),
  ])
  return {
    total: pages.reduce((sum, { total }) => sum + total, 0),
    limits: pages.flatMap(({ limits }) => limits),
  }
}
