/**
 * What a call cost: the caller's own figure, else the operator's, else Baseten's price.
 *
 * @module
 */
import type { CustomCost } from "./custom-cost.ts"
import { picoCostOf, type Price } from "./price.ts"
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
  /** In picodollars; `undefined` if it is not known, which is not 0. */
  readonly pico: bigint | undefined
  /** Whether it comes from the caller's own figures. */
  readonly custom: boolean
}

/** The names of a call among the operator's prices, the most specific first. */
const namesOf = ({ provider, deployment, model }: PricedModel): ReadonlyArray<string> => {
  if (deployment !== undefined) return [deployment]
  if (model === undefined) return []
  return provider === "baseten" ? [model] : [`${provider}/${model}`, model]
}

const ofTime = (milliseconds: number, minute: bigint): bigint => {
  const microseconds = BigInt(Math.round(1000 * Math.max(0, milliseconds)))
  return (microseconds * minute + 30_000_000n) / 60_000_000n
}

/** What a call costs by the price lists, whatever its caller says; `undefined` if it is on none. */
export const listedPrice = (
  call: PricedModel,
  { overrides, priceOf }: Pick<Tariff, "overrides" | "priceOf">,
): PriceOverride | undefined => {
  const override = namesOf(call).map((name) => overrides.get(name)).find((price) => price !== undefined)
  if (override !== undefined) return override
  const { provider, deployment, model } = call
  const price = provider === "baseten" && deployment === undefined && model !== undefined
    ? priceOf(model)
    : undefined
  return price && { kind: "tokens", price }
}

/**
 * The cost of a call.
 *
 * Nothing is paid for an error (Baseten does not say; it is assumed), nor for a hit of the gateway's cache, whatever
 * the caller's figures are: Cloudflare logs both with a cost of 0. A call that broke off costs what its usage says.
 */
export const callCost = (call: CompletedCall, tariff: Tariff): CallCost => {
  const { custom } = tariff
  const { usage } = call
  if (call.cached || call.status >= 400) return { pico: 0n, custom: false }
  if (custom !== undefined) {
    const pico = "total" in custom ? custom.total : picoCostOf(usage, custom.price)
    return { pico, custom: pico !== undefined }
  }
  const listed = listedPrice(call, tariff)
  if (listed?.kind === "time") return { pico: ofTime(call.duration, listed.minute), custom: false }
  return { pico: picoCostOf(usage, listed?.price), custom: false }
}
