/**
 * What a call cost: the caller's own figure, else the operator's, else Baseten's price.
 *
 * @module
 */
import type { CustomCost } from "./custom-cost.ts"
import { costOf, dollarsOf, type Price } from "./price.ts"
import type { Usage } from "../usage/usage.ts"

/** What the operator says a call costs: by its tokens, or by its time, in picodollars per minute. */
export type PriceOverride =
  | { readonly kind: "tokens"; readonly price: Price }
  | { readonly kind: "time"; readonly minute: bigint }

/** What a call goes to. */
export interface PricedModel {
  /** `baseten`, or `custom-{slug}`. */
  readonly provider: string
  /** The dedicated model or chain, which no price list holds, whatever model it says it is. */
  readonly deployment: string | undefined
  readonly model: string | undefined
}

/** What is known of a call when it has ended. */
export interface CompletedCall extends PricedModel {
  /** The status of the answer. */
  readonly status: number
  /** Whether the answer came from the gateway's cache. */
  readonly cached: boolean
  /** `undefined` if the answer reported none and none was estimated. */
  readonly usage: Usage | undefined
  /** How long the provider was busy with it, in milliseconds. */
  readonly duration: number
}

/** Where its cost may come from. */
export interface Tariff {
  /** From `cf-aig-custom-cost`. */
  readonly custom: CustomCost | undefined
  /** The operator's, by name. */
  readonly overrides: ReadonlyMap<string, PriceOverride>
  /** Baseten's, by the slug of a Model API. */
  readonly priceOf: (model: string) => Price | undefined
}

/** A cost, and who says so. */
export interface CallCost {
  /** In US dollars; `undefined` if it is not known, which is not 0. */
  readonly cost: number | undefined
  /** Whether it comes from the caller's own figures. */
  readonly custom: boolean
}

/** The operator's price of a call, by the most specific of its names. */
const overrideOf = (
  { provider, deployment, model }: PricedModel,
  overrides: ReadonlyMap<string, PriceOverride>,
): PriceOverride | undefined => {
  if (overrides.size === 0) return undefined
  if (deployment !== undefined) return overrides.get(deployment)
  if (model === undefined) return undefined
  return (provider === "baseten" ? undefined : overrides.get(`${provider}/${model}`)) ?? overrides.get(model)
}

/** What so long a call costs, in picodollars, to half of one. */
export const picoCostOfTime = (milliseconds: number, minute: bigint): bigint => {
  const microseconds = BigInt(Math.round(1000 * Math.max(0, milliseconds)))
  return (microseconds * minute + 30_000_000n) / 60_000_000n
}

/** What a call costs by the price lists, whatever its caller says; `undefined` if it is on none. */
export const listedPrice = (
  call: PricedModel,
  { overrides, priceOf }: Pick<Tariff, "overrides" | "priceOf">,
): PriceOverride | undefined => {
  const override = overrideOf(call, overrides)
  if (override !== undefined) return override
  const price = call.provider === "baseten" && call.deployment === undefined && call.model !== undefined
    ? priceOf(call.model)
    : undefined
  return price && { kind: "tokens", price }
}

const free: CallCost = { cost: 0, custom: false }

/**
 * The cost of a call.
 *
 * Nothing is paid for an error (Baseten does not say; it is assumed), nor for a hit of the gateway's cache, whatever
 * the caller's figures are: Cloudflare logs both with a cost of 0. A call that broke off costs what its usage says.
 */
export const callCost = (call: CompletedCall, tariff: Tariff): CallCost => {
  const { custom } = tariff
  const { usage } = call
  if (call.cached || call.status >= 400) return free
  if (custom !== undefined) {
    const cost = "total" in custom ? dollarsOf(custom.total) : costOf(usage, custom.price)
    return { cost, custom: cost !== undefined }
  }
  const listed = listedPrice(call, tariff)
  const cost = listed?.kind === "time"
    ? dollarsOf(picoCostOfTime(call.duration, listed.minute))
    : costOf(usage, listed?.price)
  return { cost, custom: false }
}
