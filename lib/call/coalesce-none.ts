/**
 * No coalescing, for Workers: there a request must not wait for another.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { ResponseCache } from "../cache/ResponseCache.ts"
import { plainClock } from "../time/clock.ts"
import { cacheWriter, type CacheWriting } from "./cache-writer.ts"
import type { Call, CallResult, Next } from "./call.ts"
import { type CallPlace, RequestCoalescer } from "./RequestCoalescer.ts"

/** Equal requests at the same time cause separate calls. */
export const layerCoalesceNone: Layer.Layer<RequestCoalescer, never, ResponseCache> = Layer.effect(
  RequestCoalescer,
  Effect.gen(function* () {
    const cache = yield* ResponseCache
    const { wall } = yield* plainClock
    return { coalesce: (call, place, next) => callAlone({ cache, wall }, call, place, next) }
  }),
)

/** Makes the call for one client, and stores its answer. */
export const callAlone = async (
  writing: CacheWriting,
  call: Call,
  place: CallPlace,
  next: Next,
): Promise<CallResult> => {
  const result = await next(call)
  if (Result.isFailure(result)) return result
  const writer = cacheWriter(call, place, result.success, writing)
  if (writer !== undefined) result.success.taps.push(writer)
  return result
}
