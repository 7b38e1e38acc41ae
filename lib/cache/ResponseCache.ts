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

/** Answers by key, over the store. Never fails: what cannot be read is a miss. */
export class ResponseCache extends Context.Service<ResponseCache, {
  /** How many bytes the body of an answer may have to be kept. */
  readonly limit: number
  /** The answer kept under a key of `cacheKey`. */
  readonly lookup: (key: string) => Effect.Effect<CachedAnswer | undefined>
  /** Keeps an answer for `ttl` milliseconds, if its body is within the limit. */
  readonly keep: (key: string, answer: CachedAnswer, ttl: number) => Effect.Effect<void>
}>()("basegate/cache/ResponseCache") {
  /** `limit` is 8 MiB unless given. */
  static readonly layer = (limit = defaultLimit): Layer.Layer<ResponseCache, never, Store> =>
    Layer.effect(
      ResponseCache,
      Effect.map(Store, (store) => ({
        limit,
        lookup: (key) =>
          Effect.map(
            store.get(`cache:${key}`),
            (bytes) => bytes === undefined ? undefined : decodeAnswer(bytes),
          ),
        keep: (key, answer, ttl) =>
          answer.body.byteLength > limit ? Effect.void : store.set(`cache:${key}`, encodeAnswer(answer), ttl),
      })),
    )
}

const defaultLimit = 8 * 1024 * 1024
