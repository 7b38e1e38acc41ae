/**
 * Which answers may be kept.
 *
 * @module
 */

import { isEventStream } from "../framing.ts"

/** What the decision rests on. */
export interface StorableInput {
  readonly status: number
  /** The answer's end-to-end headers, as the client sees them. */
  readonly headers: Headers
  /** Whether the operator has asked for event streams to be kept. Off by default, as with Cloudflare. */
  readonly streams: boolean
}

/** JSON is `application/json` or `…+json`; binary is `application/octet-stream`, MessagePack and the media types. */
const keptTypes = /^(?:application|audio|font|image|model|text|video)\//i

/**
 * Whether an answer may be kept once its whole body has come.
 *
 * Only a 200: an error is not an answer to keep, and a 206 is a part. No type, no entry: what it is cannot be known.
 * A content coding that the transport has not undone was agreed with one client, and is not in the key.
 *
 * Of `Cache-Control`, `no-store` alone is obeyed (RFC 9111 §5.2.2.5). The cache is on because the operator or
 * the caller asked for it, with a time to live of their own, and the key holds the credential: that overrules
 * `no-cache`, `private` and `max-age`, which tell caches in general how long and for whom, and which Baseten
 * (`no-cache` on streams) and others send out of habit. `no-store` is how the author of a dedicated model says
 * that an answer must not lie about anywhere; a miss is the smaller surprise.
 */
export const mayStore = ({ status, headers, streams }: StorableInput): boolean => {
  const type = headers.get("content-type")?.trim() ?? ""
  if (status !== 200 || !keptTypes.test(type)) return false
  if (isEventStream(headers) && !streams) return false
  if (headers.has("content-encoding")) return false
  const directives = (headers.get("cache-control") ?? "").toLowerCase().split(",")
  return !directives.some((directive) => directive.trim() === "no-store")
}
