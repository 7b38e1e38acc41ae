/**
 * Stores whole answers and replays them.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { HeaderReader } from "../headers/header-reader.ts"
import { Store, type StoreShape } from "../store/Store.ts"
import { type Awaitable, whenReady } from "../time/awaitable.ts"
import { variantKey } from "./cache-key.ts"
import { type CachedAnswer, decodeAnswer, encodeAnswer } from "./cached-answer.ts"
import { decodeNames, encodeNames, variantOf, variedByValue } from "./vary.ts"

/** Where an answer is kept: its key, of `cacheKey`, and the headers of its request as they go up. */
export interface CachePlace {
  readonly key: string
  readonly request: HeaderReader
}

/** What `ResponseCache` does. */
export interface ResponseCacheShape {
  /** How many bytes the body of an answer may have to be kept. */
  readonly limit: number
  /** The answer kept at a place; of one that varies, the variant that suits the request. */
  readonly lookup: (place: CachePlace) => Awaitable<CachedAnswer | undefined>
  /** Keeps an answer for `ttl` milliseconds, if its body is within the limit. */
  readonly put: (place: CachePlace, answer: CachedAnswer, ttl: number) => Awaitable<void>
}

const defaultLimit = 8 * 1024 * 1024

/** Answers by key, on top of the store. Never fails: an unreadable entry is a miss. */
export class ResponseCache
  extends Context.Service<ResponseCache, ResponseCacheShape>()("basegate/cache/ResponseCache") {
  /** `limit` is 8 MiB unless given. */
  static readonly layer = (limit = defaultLimit): Layer.Layer<ResponseCache, never, Store> =>
    Layer.effect(ResponseCache, Effect.map(Store, (store) => makeResponseCache(store, limit)))
}

const keyOf = (key: string): string => `cache:${key}`

const variantOfPlace = async (
  { key, request }: CachePlace,
  names: ReadonlyArray<string>,
): Promise<string> => keyOf(await variantKey(key, variantOf(names, request)))

const makeResponseCache = (store: StoreShape, limit: number): ResponseCacheShape => {
  const lookupVariant = async (
    place: CachePlace,
    names: ReadonlyArray<string>,
  ): Promise<CachedAnswer | undefined> => {
    const found = await store.get(await variantOfPlace(place, names))
    return found && decodeAnswer(found)
  }
  const putVariant = async (
    place: CachePlace,
    names: ReadonlyArray<string>,
    bytes: Uint8Array<ArrayBuffer>,
    ttl: number,
  ): Promise<void> => {
    await store.set(await variantOfPlace(place, names), bytes, ttl)
    await store.set(keyOf(place.key), encodeNames(names), ttl)
  }
  return {
    limit,
    lookup: (place) =>
      whenReady(store.get(keyOf(place.key)), (bytes) => {
        const names = bytes && decodeNames(bytes)
        return names === undefined ? bytes && decodeAnswer(bytes) : lookupVariant(place, names)
      }),
    put: (place, answer, ttl) => {
      const vary = answer.headers.filter(([name]) => name.toLowerCase() === "vary")
      const names = variedByValue(vary.map(([, value]) => value).join())
      if (answer.body.byteLength > limit || names === undefined) return
      const bytes = encodeAnswer(answer)
      return names.length === 0
        ? store.set(keyOf(place.key), bytes, ttl)
        : putVariant(place, names, bytes, ttl)
    },
  }
}
