/**
 * Keeps whole answers, and gives them again.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Store } from "../store/Store.ts"
import { type CachedAnswer, decodeAnswer, encodeAnswer } from "./cached-answer.ts"
import { type Flights, makeFlights } from "./flights.ts"
import type { SharedBody } from "./shared-body.ts"

/** An answer of which each client who asked for the same gets its own body. */
export interface SharedAnswer {
  readonly status: number
  readonly statusText: string
  readonly headers: Headers
  readonly body: SharedBody
}

/** Answers by key, over the store. Never fails: what cannot be read is a miss. */
export class ResponseCache extends Context.Service<ResponseCache, {
  /** How many bytes the body of an answer may have to be kept. */
  readonly limit: number
  /** The answer kept under a key of `cacheKey`. */
  readonly lookup: (key: string) => Effect.Effect<CachedAnswer | undefined>
  /** Keeps an answer for `ttl` milliseconds, if its body is within the limit. */
  readonly keep: (key: string, answer: CachedAnswer, ttl: number) => Effect.Effect<void>
  /**
   * Misses under way, so that equal ones share one call; nothing where requests must not wait for each other.
   * A flight is to be closed when its body can no longer be joined, or has been kept.
   */
  readonly flights: Flights<SharedAnswer> | undefined
}>()("basegate/cache/ResponseCache") {
  /** For Bun, Deno and Node: equal misses at the same time share one call. `limit` is 8 MiB unless given. */
  static readonly layer = (limit = defaultLimit): Layer.Layer<ResponseCache, never, Store> =>
    Layer.effect(ResponseCache, Effect.map(Store, (store) => over(store, limit, makeFlights<SharedAnswer>())))

  /** For Workers: each miss makes its own call, since a request must not wait for another's. */
  static readonly layerWithoutFlights = (limit = defaultLimit): Layer.Layer<ResponseCache, never, Store> =>
    Layer.effect(ResponseCache, Effect.map(Store, (store) => over(store, limit, undefined)))
}

const defaultLimit = 8 * 1024 * 1024

const over = (
  store: Store["Service"],
  limit: number,
  flights: Flights<SharedAnswer> | undefined,
): ResponseCache["Service"] => ({
  limit,
  flights,
  lookup: (key) =>
    Effect.map(store.get(`cache:${key}`), (bytes) => bytes === undefined ? undefined : decodeAnswer(bytes)),
  keep: (key, answer, ttl) =>
    answer.body.byteLength > limit ? Effect.void : store.set(`cache:${key}`, encodeAnswer(answer), ttl),
})
