/**
 * Keeps an answer in the cache as it passes.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { collect } from "../bytes/collector.ts"
import { keptHeaders } from "../cache/kept-headers.ts"
import { mayStore } from "../cache/may-store.ts"
import type { CachePlace, ResponseCache } from "../cache/ResponseCache.ts"
import { isWholeAnswer } from "../cache/whole-answer.ts"
import { isEventStream } from "../sse/framing.ts"
import { reportedError } from "../answer/reported-error.ts"
import type { Call, Observer, StepAnswer } from "./call.ts"
import { lift } from "./lift.ts"

/** Whether a body has neither a length nor chunks (RFC 9112 §6.3, rule 8): what is cut of it looks like all of it. */
const endsWithConnection = (headers: Pick<Headers, "get" | "has">): boolean =>
  /\bclose\b/i.test(headers.get("connection") ?? "") && !headers.has("content-length") &&
  !headers.has("transfer-encoding")

const tellsError = (value: unknown): boolean => reportedError(value) !== undefined

/** Keeps an answer once all of it has passed, if it is none of a failure; nothing where it may not be kept. */
export const keeper = (
  { gateway, step }: Call,
  place: CachePlace,
  { status, statusText, received, headers }: StepAnswer,
  cache: ResponseCache["Service"],
): Observer | undefined => {
  if (!mayStore({ status, headers, streams: gateway.cache.streams })) return undefined
  const stream = isEventStream(headers)
  const { framing, body: read } = step.route
  // Where the end of a stream is not known, it cannot be known to have come.
  if (stream && framing === undefined) return undefined
  const type = headers.get("content-type") ?? ""
  const untilClose = endsWithConnection(received)
  const collector = collect(cache.limit)
  return {
    push: collector.push,
    ended: (ending) => {
      const body = ending === "complete" ? collector.whole() : undefined
      const object = !stream && (read === "viewed" || read === "compat" || step.method === "GET")
      if (body === undefined || !isWholeAnswer(body, { type, stream, object, untilClose, tellsError })) {
        return Effect.void
      }
      return Effect.flatMap(Clock.currentTimeMillis, (storedAt) =>
        lift(() =>
          cache.put(
            place,
            { status, statusText, headers: keptHeaders(headers), body, storedAt },
            step.options.cache.ttl * 1000,
          )
        ))
    },
  }
}
