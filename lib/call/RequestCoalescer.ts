/**
 * What becomes of a step that could be cached and is not in the cache.
 *
 * Its layers are in files of their own, so that a Worker does not carry what it must not use.
 *
 * @module
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { ResponseCache } from "../cache/ResponseCache.ts"
import type { GatewayError } from "../errors.ts"
import type { StepPlace } from "./cache-place.ts"
import type { Call, Called, Sent } from "./call.ts"

/** Makes the calls that fill the cache. */
export class RequestCoalescer extends Context.Service<RequestCoalescer, {
  /**
   * @param place where the cache would have the answer
   * @param send makes the call
   */
  readonly coalesce: <R>(
    call: Call,
    place: StepPlace,
    send: Effect.Effect<Sent, GatewayError, R>,
  ) => Effect.Effect<Called, GatewayError, R | ResponseCache>
}>()("basegate/call/RequestCoalescer") {}
