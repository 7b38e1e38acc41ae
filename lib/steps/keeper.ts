/**
 * Keeps an answer in the cache as it passes.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { keptHeaders } from "../cache/cached-answer.ts"
import { collect } from "../cache/collector.ts"
import { mayStore } from "../cache/may-store.ts"
import type { ResponseCache } from "../cache/ResponseCache.ts"
import type { Call, Observer, StepAnswer } from "./call.ts"

/** Keeps an answer once all of it has passed; nothing where it may not be kept. */
export const keeper = (
  { gateway, step }: Call,
  key: string,
  { response: { status, statusText }, headers }: StepAnswer,
  cache: ResponseCache["Service"],
): Observer | undefined => {
  if (!mayStore({ status, headers, streams: gateway.cache.streams })) return undefined
  const collector = collect(cache.limit)
  return {
    push: collector.push,
    ended: (ending) => {
      const body = ending === "complete" ? collector.whole() : undefined
      if (body === undefined) return Effect.void
      return Effect.flatMap(Clock.currentTimeMillis, (storedAt) =>
        cache.keep(
          key,
          { status, statusText, headers: keptHeaders(headers), body, storedAt },
          step.options.cache.ttl * 1000,
        ))
    },
  }
}
