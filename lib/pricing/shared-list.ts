/**
 * Baseten's list of prices in a store, so that one of the instances that share it reads the list for all of them.
 *
 * @module
 */
import { hex } from "../bytes/hex.ts"
import { objectOf, parseOrUndefined } from "../json/parse.ts"
import { sha256Now } from "../redaction/sha256.ts"
import { modelPrices, type PriceList } from "./model-prices.ts"

/** A list, and when it was read by the store's clock, in milliseconds since 1970. */
export interface SharedList {
  readonly prices: PriceList
  readonly readAt: number
}

/** The key under which the list of a URL is stored. */
export const sharedListKey = (url: string): string => `prices:${hex(sha256Now(url))}`

/** The models of a list, as Baseten sent them, in bytes. */
export const encodeSharedList = (models: unknown, readAt: number): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(JSON.stringify({ read_at: readAt, data: models }))

/** The list in bytes; `undefined` if they are something else, since others write to the store as well. */
export const decodeSharedList = (bytes: Uint8Array): SharedList | undefined => {
  const body = parseOrUndefined(new TextDecoder().decode(bytes))
  const readAt = objectOf(body)["read_at"]
  const prices = modelPrices(body)
  return typeof readAt === "number" && prices !== undefined && prices.size > 0
    ? { prices, readAt }
    : undefined
}
