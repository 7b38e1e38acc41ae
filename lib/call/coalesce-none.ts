/**
 * Each miss makes its own call: for Workers, where a request must not wait for another's.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ResponseCache } from "../cache/ResponseCache.ts"
import type { GatewayError } from "../errors.ts"
import type { StepPlace } from "./cache-place.ts"
import type { Call, Called, Sent } from "./call.ts"
import { keeper } from "./cache-writer.ts"
import { RequestCoalescer } from "./RequestCoalescer.ts"
import { relayed } from "./respond.ts"

/** Two clients who ask for the same at once cause two calls. */
export const layerCoalesceNone: Layer.Layer<RequestCoalescer> = Layer.sync(
  RequestCoalescer,
  () => ({ coalesce: separateMiss }),
)

/** Makes the call for one client, and keeps its answer. */
export const separateMiss = <R>(
  call: Call,
  place: StepPlace,
  send: Effect.Effect<Sent, GatewayError, R>,
): Effect.Effect<Called, GatewayError, R | ResponseCache> =>
  Effect.flatMap(ResponseCache, (cache) =>
    Effect.map(send, (sent) => {
      const observer = keeper(call, place, sent.answer, cache)
      return relayed(call, {
        ...sent,
        observers: observer === undefined ? sent.observers : [...sent.observers, observer],
      })
    }))
