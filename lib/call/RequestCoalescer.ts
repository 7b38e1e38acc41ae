/**
 * Request coalescing: makes the calls that could be cached and are not in the cache.
 *
 * Its layers are in files of their own, so that a Worker does not carry what it must not use.
 *
 * @module
 */
import * as Context from "effect/Context"
import type { CachePlace } from "../cache/ResponseCache.ts"
import type { Call, CallResult, Next } from "./call.ts"

/** The cache key of a call's answer, and its caller. */
export interface CallPlace extends CachePlace {
  /** A name for the caller that reveals nothing of its secrets. */
  readonly caller: string
}

/** Makes the calls that fill the cache. */
export class RequestCoalescer extends Context.Service<RequestCoalescer, {
  /**
   * @param place where the cache would have the answer
   * @param next makes the call
   */
  readonly coalesce: (call: Call, place: CallPlace, next: Next) => Promise<CallResult>
}>()("basegate/call/RequestCoalescer") {}
