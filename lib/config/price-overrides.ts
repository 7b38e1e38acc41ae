/**
 * What an operator writes about prices in a gateway's entry of `BASEGATE_CONFIG`.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import type { PriceOverride } from "../pricing/call-cost.ts"
import { attoPlaces, decimalUnits, picoPlaces, priceOf } from "../pricing/price.ts"
import { integer, recordOf, text } from "../schema/expected.ts"

const isAmount = (value: string): boolean => /^(?:\d{1,9}(?:\.\d{0,12})?|\.\d{1,12})$/.test(value)

/** A number, or text for an exact decimal. */
const Dollars = Schema.Union([
  Schema.Number.check(
    Schema.makeFilter((value) => value >= 0 && value < 1e9 ? undefined : "Expected US dollars from 0"),
  ),
  text("US dollars from 0, as a decimal number", isAmount),
])

const TokenPrice = Schema.Struct({
  input: Dollars,
  cached_input: Schema.optionalKey(Dollars),
  output: Dollars,
})

/** The price of a replica, and how many requests share it (1 by default). */
const TimePrice = Schema.Struct({ minute: Dollars, concurrency: Schema.optionalKey(integer(1, 100_000)) })

/**
 * `prices`: in US dollars per million tokens, or per minute of a replica, which says what the time of a call is worth.
 * By the names that `callCost` looks for: a slug of Baseten's, the id of a dedicated model or chain,
 * `custom-{slug}/{model}`.
 */
export const ModelPrices = recordOf(
  "a model's slug, a deployment's id or custom-{slug}/{model}",
  (name) => name !== "",
  Schema.Union([TokenPrice, TimePrice]),
)

/** An amount per million tokens is a millionth of it per token. */
const perToken = (dollars: string | number | undefined): bigint | undefined =>
  decimalUnits(dollars, attoPlaces - 6)

const overrideOf = (entry: typeof TokenPrice.Type | typeof TimePrice.Type): PriceOverride =>
  "minute" in entry
    ? {
      kind: "time",
      minute: (decimalUnits(entry.minute, picoPlaces) ?? 0n) / BigInt(entry.concurrency ?? 1),
    }
    : {
      kind: "tokens",
      price: priceOf(perToken(entry.input), perToken(entry.cached_input), perToken(entry.output)),
    }

/** The prices of an entry. */
export const priceOverrides = (entry: typeof ModelPrices.Type): ReadonlyMap<string, PriceOverride> =>
  new Map(Object.entries(entry).map(([name, price]) => [name, overrideOf(price)]))
