/**
 * `cf-aig-custom-cost`: the caller's own price of a call (Cloudflare AI Gateway's custom costs).
 *
 * @module
 */
import * as Result from "effect/Result"
import { isObject, parseOrUndefined } from "../json/parse.ts"
import { attoPlaces, decimalUnits, picoPlaces, type Price, priceOf } from "./price.ts"

/** What a call costs: an amount in picodollars, or a price for the tokens that the answer reports. */
export type CustomCost = { readonly total: bigint } | { readonly price: Price }

const names = ["per_token_in", "per_token_out", "per_cache_read_token", "per_cache_write_token", "total_cost"]

const accepted = `cf-aig-custom-cost takes a JSON object with any of ${names.join(", ")}, in US dollars: ` +
  `{"per_token_in":0.000001,"per_token_out":0.000002}.`

/**
 * Reads the header's value; fails with what the header takes, as sentences for its caller.
 *
 * The caller's figures stand for the whole price (Cloudflare: they override the model's costs): a token whose price
 * is missing costs nothing, rather than what the list says or an unknown amount. `total_cost` goes
 * before the rest and needs no tokens. With one cache price the other is `per_token_in`, and with neither cached
 * tokens cost what others do: both follow from `Price`. The price of a cache write is checked but not used, since
 * Baseten's answers do not report cache writes. Other members are ignored.
 */
export const customCost = (header: string): Result.Result<CustomCost, string> => {
  const given = parseOrUndefined(header)
  if (!isObject(given)) return Result.fail(accepted)
  const members = new Map<string, unknown>(Object.entries(given).filter(([name]) => names.includes(name)))
  if (members.size === 0) return Result.fail(accepted)
  for (const [name, value] of members) {
    if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
      return Result.fail(`${accepted} ${name} must be a number from 0.`)
    }
  }
  const total = decimalUnits(members.get("total_cost"), picoPlaces)
  if (total !== undefined) return Result.succeed({ total })
  const perToken = (name: string) => decimalUnits(members.get(name), attoPlaces)
  return Result.succeed({
    price: priceOf(
      perToken("per_token_in") ?? 0n,
      perToken("per_cache_read_token"),
      perToken("per_token_out") ?? 0n,
    ),
  })
}
