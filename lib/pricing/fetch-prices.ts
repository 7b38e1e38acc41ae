/**
 * Fetches Baseten's list of models for its prices.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { concatBytes } from "../bytes/concat.ts"
import { abortOf } from "../upstream/lazy-abort.ts"
import { modelPrices, type PriceList } from "./model-prices.ts"
import type { Transport } from "../upstream/Transport.ts"
import { parseBytes } from "../json/members.ts"
import { objectOf } from "../json/parse.ts"
import { product } from "../version.ts"

/** A list of prices, and the models that it was read from. */
export interface FetchedList {
  readonly prices: PriceList
  readonly models: unknown
}

/** The largest list that is read, in bytes: one of twenty models has some 30 kB. */
const maxBytes = 32 * 1024 * 1024

/** A body's bytes; `undefined` if there are more than `maxBytes`. */
const bytesOf = async ({ body }: Pick<Response, "body">): Promise<Uint8Array | undefined> => {
  if (body === null) return new Uint8Array()
  const reader = body.getReader()
  const chunks: Array<Uint8Array> = []
  for (let size = 0;;) {
    const { done, value } = await reader.read()
    if (done) return concatBytes(chunks, size)
    size += value.byteLength
    if (size > maxBytes) {
      await reader.cancel()
      return undefined
    }
    chunks.push(value)
  }
}

const requestPrices = async (
  { send }: Transport["Service"],
  url: string,
  key: Redacted.Redacted<string>,
  signal: AbortSignal,
): Promise<Result.Result<FetchedList, string>> => {
  const headers = new Headers({
    accept: "application/json",
    "accept-encoding": "identity",
    authorization: `Bearer ${Redacted.value(key)}`,
    "user-agent": `${product.name}/${product.version}`,
  })
  const response = await send({ url, method: "GET", headers, body: null }, abortOf(signal))
  if (response.status !== 200) {
    await response.body?.cancel()
    return Result.fail(`status ${response.status}`)
  }
  const bytes = await bytesOf(response)
  if (bytes === undefined) return Result.fail(`more than ${maxBytes} bytes`)
  const body = parseBytes(bytes)
  const prices = modelPrices(body)
  return prices === undefined || prices.size === 0
    ? Result.fail("no prices in the answer")
    : Result.succeed({ prices, models: objectOf(body)["data"] })
}

/**
 * The list, or why there is none. A list without a single price does not count: it would replace the last good one.
 *
 * Interruption ends the request.
 */
export const fetchPrices = (
  transport: Transport["Service"],
  url: string,
  key: Redacted.Redacted<string>,
): Effect.Effect<Result.Result<FetchedList, string>> =>
  Effect.promise((signal) => requestPrices(transport, url, key, signal).catch(() => Result.fail("no answer")))
