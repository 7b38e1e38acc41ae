/**
 * Keeps whole answers, and gives them again.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Store } from "../store/Store.ts"
import { variantKey } from "./cache-key.ts"
import { type CachedAnswer, decodeAnswer, encodeAnswer } from "./cached-answer.ts"
import { decodeNames, encodeNames, variantOf, variedBy } from "./vary.ts"

/** Where an answer is kept: its key, of `cacheKey`, and the headers of its request as they go up. */
export interface CachePlace {
  readonly key: string
  readonly request: Headers
}

/** Answers by key, over the store. Never fails: what cannot be read is a miss. */
export class ResponseCache extends Context.Service<ResponseCache, {
  /** How many bytes the body of an answer may have to be kept. */
  readonly limit: number
  /** The answer kept at a place; of one that varies, the variant that suits the request. */
  readonly lookup: (place: CachePlace) => Effect.Effect<CachedAnswer | undefined>
  /** Keeps an answer for `ttl` milliseconds, if its body is within the limit. */
  readonly put: (place: CachePlace, answer: CachedAnswer, ttl: number) => Effect.Effect<void>
}>()("basegate/cache/ResponseCache") {
  /** `limit` is 8 MiB unless given. */
  static readonly layer = (limit = defaultLimit): Layer.Layer<ResponseCache, never, Store> =>
    Layer.effect(
      ResponseCache,
      Effect.map(Store, (store) => {
        const read = (key: string) => store.get(`cache:${key}`)
        const variant = ({ key, request }: CachePlace, names: ReadonlyArray<string>) =>
          Effect.promise(() => variantKey(key, variantOf(names, request)))
        return {
          limit,
          lookup: (place) =>
            Effect.flatMap(read(place.key), (bytes) => {
              const names = bytes && decodeNames(bytes)
              return names === undefined
                ? Effect.succeed(bytes && decodeAnswer(bytes))
                : Effect.map(Effect.flatMap(variant(place, names), read), (found) =>
                  found && decodeAnswer(found))
            }),
          put: (place, answer, ttl) => {
            const names = variedBy(
              new Headers(answer.headers.map(([name, value]): [string, string] => [name, value])),
            )
            if (answer.body.byteLength > limit || names === undefined) {
              return Effect.void
            }
            const bytes = encodeAnswer(answer)
            if (names.length === 0) {
              return store.set(`cache:${place.key}`, bytes, ttl)
            }
            return Effect.flatMap(variant(place, names), (key) =>
              Effect.andThen(
                store.set(`cache:${key}`, bytes, ttl),
                store.set(`cache:${place.key}`, encodeNames(names), ttl),
              ))
          },
        }
      }),
    )
}

const defaultLimit = 8 * 1024 * 1024
