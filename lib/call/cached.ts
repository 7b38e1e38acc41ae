/**
 * The cache around a call: a stored answer, or one to be stored.
 *
 * @module
 */
import * as Result from "effect/Result"
import { type CachedAnswer, replayHeaders } from "../cache/cached-answer.ts"
import { cachePlace } from "./cache-place.ts"
import type { CallServices } from "./stages.ts"
import { type Call, type Next, PendingAnswer } from "./call.ts"

/** Answers from the cache, or else by a call that equal requests may share, and whose answer may be stored. */
export const cached = (
  { cache, coalescer, clock }: Pick<CallServices, "cache" | "coalescer" | "clock">,
  next: Next,
): Next => {
  const makeAnew: Next = async (call) => {
    const result = await next(call)
    if (Result.isSuccess(result)) result.success.headers.set("cf-aig-cache-status", "MISS")
    return result
  }
  const lookUp: Next = async (call) => {
    const place = await cachePlace(call)
    if (place === undefined) return next(call)
    const kept = call.target.options.cache.lookup ? await cache.lookup(place) : undefined
    if (kept !== undefined) return Result.succeed(replayed(call, kept, clock.wall()))
    return coalescer.coalesce(call, place, makeAnew)
  }
  // Callers can request caching themselves, so every gateway has this stage.
  return (call) => call.target.options.cache.ttl === 0 ? next(call) : lookUp(call)
}

const replayed = (call: Call, kept: CachedAnswer, now: number): PendingAnswer => {
  const { status, statusText, body } = kept
  const headers = replayHeaders(kept, now)
  headers.set("cf-aig-cache-status", "HIT")
  call.report.cached = true
  call.report.cost = 0
  return new PendingAnswer({ status, statusText, headers, received: headers, body, release: () => {} }, call)
}
