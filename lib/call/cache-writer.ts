/**
 * Stores an answer in the cache as it passes.
 *
 * @module
 */
import { isWholeAnswer } from "../cache/whole-answer.ts"
import { keptHeaders } from "../cache/kept-headers.ts"
import { mayStore } from "../cache/may-store.ts"
import type { CachePlace, ResponseCache } from "../cache/ResponseCache.ts"
import { reportedError } from "../answer/reported-error.ts"
import { collect } from "../bytes/collector.ts"
import { isEventStream } from "../sse/framing.ts"
import type { BodyTap, Call, PendingAnswer } from "./call.ts"

/** Whether a body has neither a length nor chunks (RFC 9112 §6.3, rule 8): a truncated one looks complete. */
const endsWithConnection = (headers: PendingAnswer["received"]): boolean =>
  /\bclose\b/i.test(headers.get("connection") ?? "") && !headers.has("content-length") &&
  !headers.has("transfer-encoding")

const reportsError = (value: unknown): boolean => reportedError(value) !== undefined

/** What is needed to store an answer. */
export interface CacheWriting {
  readonly cache: ResponseCache["Service"]
  /** Milliseconds since 1970. */
  readonly wall: () => number
}

/** Stores an answer once all of it has passed, unless it reports a failure; `undefined` if it may not be stored. */
export const cacheWriter = (
  { gateway, target }: Call,
  place: CachePlace,
  { status, statusText, headers, received }: PendingAnswer,
  { cache, wall }: CacheWriting,
): BodyTap | undefined => {
  if (!mayStore({ status, headers, streams: gateway.cache.streams })) return undefined
  const stream = isEventStream(headers)
  const { framing, body: read } = target.route
  // Without a known end mark, a stream cannot be known to be complete.
  if (stream && framing === undefined) return undefined
  const type = headers.get("content-type") ?? ""
  const untilClose = endsWithConnection(received)
  const collector = collect(cache.limit)
  // Before headers for this client, such as `Vary: Origin`, are added, which are not part of the answer.
  const kept = keptHeaders(headers)
  return {
    push: collector.push,
    ended: (ending) => {
      const body = ending === "complete" ? collector.whole() : undefined
      const object = !stream && ((read !== "unread" && read !== "json") || target.method === "GET")
      const kind = { type, stream, object, untilClose, tellsError: reportsError }
      if (body === undefined || !isWholeAnswer(body, kind)) return
      const answer = { status, statusText, headers: kept, body, storedAt: wall() }
      return cache.put(place, answer, target.options.cache.ttl * 1000)
    },
  }
}
