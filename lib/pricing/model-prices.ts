/**
 * Prices from Baseten's own list of models.
 *
 * @module
 */
import { objectOf } from "../json/parse.ts"
import { attoPlaces, decimalUnits, type Price, priceOf } from "./price.ts"

/** Prices by the models' slugs. */
export type PriceList = ReadonlyMap<string, Price>

/**
 * The price of each model, by slug, from the parsed body of `GET /v1/models`: USD per token as decimal
 * strings. Models without a price are left out. `undefined` if the body is not such a list, so that the
 * caller can stay with the last one.
 */
export const modelPrices = (body: unknown): PriceList | undefined => {
  const models = objectOf(body)["data"]
  if (!Array.isArray(models)) return undefined
  const prices = new Map<string, Price>()
  for (const model of models.map(objectOf)) {
    const slug = model["id"]
    const pricing = objectOf(model["pricing"])
    const perToken = (name: string) => decimalUnits(pricing[name], attoPlaces)
    const price = priceOf(perToken("prompt"), perToken("input_cache_read"), perToken("completion"))
    if (typeof slug !== "string" || (price.input ?? price.output) === undefined) continue
    const longest = model["max_completion_tokens"]
    prices.set(slug, Number.isSafeInteger(longest) ? { ...price, longest: longest as number } : price)
  }
  return prices
}
