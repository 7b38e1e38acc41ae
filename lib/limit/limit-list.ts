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

/** A limit and how far it is used; of a rule with partitions, one of these for each. Amounts are in `unit`. */
export interface LimitState {
  /** The entry by which it counts: a gateway's id, or `*`. */
  readonly gateway: string
  readonly id: string
  /** The token whose own limit it is. */
  readonly token: string | null
  readonly kind: "spend" | "rate"
  readonly unit: "usd" | "requests" | "tokens"
  /** Whose it is, by name; `{}` for everybody's, `null` for those who have none of their own (yet). */
  readonly partition: Readonly<Record<string, string>> | null
  readonly limit: number
  /** In seconds, or a period of the calendar. */
  readonly window: WindowLength
  readonly time_zone: string | null
  readonly technique: "fixed" | "sliding"
  /** `null` if it is not known: the counts of a rate that tells callers apart are not listed. */
  readonly spent: number | null
  readonly left: number | null
  /** What is spent of the limit; above 1 once it is overshot. */
  readonly share: number | null
  /** How often the rule refused a call in its window, of all its partitions together. */
  readonly refused: number
  readonly resets_at: string
  /** When nothing is left, if spending goes on as it did in this period; `null` if that is not before its end. */
  readonly runs_out_at: string | null
}

/** Some limits of a gateway, the most spent of each rule, and how many there are in all. */
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

/** Lists; see `listLimits`. */
interface Listing {
  readonly store: StoreShape
  /** The entry's name, by which limits count. */
  readonly gateway: string
  readonly most: number
  readonly now: number
  readonly digest: DigestName
}

/** `*` is the entry of many gateways. */
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
 * @param most how many of each rule are listed, the most spent first
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
