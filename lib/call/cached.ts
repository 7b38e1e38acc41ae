/**
 * The cache around one step: an answer that is kept, or one that will be.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { CredentialSource } from "../auth/credential-identity.ts"
import { type CachedAnswer, replayHeaders } from "../cache/cached-answer.ts"
import { ResponseCache } from "../cache/ResponseCache.ts"
import type { GatewayError } from "../errors.ts"
import { placeOf } from "./cache-place.ts"
import type { Call, Called, Sent } from "./call.ts"
import { lift } from "./lift.ts"
import { RequestCoalescer } from "./RequestCoalescer.ts"
import { answerWhole, relayed } from "./respond.ts"

/** What the cache asks of the layers. */
export type CacheServices = RequestCoalescer | ResponseCache

/**
 * The answer to a step from the cache, else from the provider.
 *
 * @param request the headers that go up
 */
export const cachedStep: <R>(
  call: Call,
  credential: CredentialSource,
  request: Headers,
  send: Effect.Effect<Sent, GatewayError, R>,
) => Effect.Effect<Called, GatewayError, R | CacheServices> = Effect.fnUntraced(
  function* (call, credential, request, send) {
    const place = yield* Effect.promise(() => placeOf(call, credential, request))
    if (place === undefined) return relayed(call, yield* send)
    const { lookup } = call.step.options.cache
    const cache = yield* ResponseCache
    const kept = lookup ? yield* lift(() => cache.lookup(place)) : undefined
    if (kept !== undefined) return replayed(call, kept, yield* Clock.currentTimeMillis)
    const missed = Effect.map(send, (sent) => {
      sent.headers.set("cf-aig-cache-status", "MISS")
      return sent
    })
    return yield* (yield* RequestCoalescer).coalesce(call, place, missed)
  },
)

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
