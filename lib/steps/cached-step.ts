/**
 * The cache around one step: an answer that is kept, or one that will be.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { credentialIdentity, type CredentialSource } from "../auth/credential-identity.ts"
import { type CachedAnswer, replayHeaders } from "../cache/cached-answer.ts"
import { cacheKey } from "../cache/cache-key.ts"
import { ResponseCache } from "../cache/ResponseCache.ts"
import type { GatewayError } from "../errors.ts"
import type { Call, Called, Sent } from "./call.ts"
import { Misses } from "./Misses.ts"
import { answerWhole, relayed } from "./relay-answer.ts"

/** What the cache asks of the layers. */
export type CacheServices = Misses | ResponseCache

/** The answer to a step from the cache, else from the provider. */
export const cachedStep: <R>(
  call: Call,
  credential: CredentialSource,
  send: Effect.Effect<Sent, GatewayError, R>,
) => Effect.Effect<Called, GatewayError, R | CacheServices> = Effect.fnUntraced(
  function* (call, credential, send) {
    const { step } = call
    const cache = yield* ResponseCache
    const key = yield* keyOf(call, credential)
    if (key === undefined) return relayed(call, yield* send)
    const { lookup } = step.options.cache
    const kept = lookup ? yield* cache.lookup(key) : undefined
    if (kept !== undefined) return replayed(call, kept, yield* Clock.currentTimeMillis)
    const missed = Effect.map(send, (sent) => {
      sent.headers.set("cf-aig-cache-status", "MISS")
      return sent
    })
    return yield* (yield* Misses).send(call, key, missed)
  },
)

/**
 * The key of a step; nothing where it cannot be cached: a body that is handed on unread, a method that acts, an
 * asynchronous request, which would seem to be queued for ever.
 */
const keyOf = (
  { exchange: { record }, gateway, step: { method, route, body, options } }: Call,
  credential: CredentialSource,
): Effect.Effect<string | undefined> => {
  const mayRepeat = (method === "GET" || method === "POST") && !route.asynchronous
  if (!mayRepeat || body.body instanceof ReadableStream) {
    return Effect.succeed(undefined)
  }
  const bytes = body.body ?? new Uint8Array(0)
  return Effect.promise(async () => {
    const identity = await credentialIdentity(credential)
    const id = `${record.account_id}/${record.gateway_id}`
    const { key } = options.cache
    if (key !== undefined) {
      return cacheKey({
        kind: "custom",
        gateway: id,
        key,
        credential: gateway.cache.keyIsShared ? undefined : identity,
      })
    }
    const { pathname, search } = new URL(route.url)
    return cacheKey({
      kind: "request",
      gateway: id,
      credential: identity,
      method,
      provider: route.provider,
      endpoint: `${route.deployment ?? ""}${pathname}`,
      query: search,
      body: bytes,
    })
  })
}

const replayed = (call: Call, kept: CachedAnswer, now: number): Called => ({
  status: kept.status,
  release: () => {},
  respond: () => {
    const { status, statusText, body } = kept
    const headers = replayHeaders(kept, now)
    headers.set("cf-aig-cache-status", "HIT")
    call.exchange.record.cached = true
    return Effect.succeed(answerWhole(call, body, { status, statusText, headers }))
  },
})
