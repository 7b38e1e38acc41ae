/**
 * Which answers may be kept, as far as their heads say.
 *
 * @module
 */

import { isEventStream } from "../sse/framing.ts"
import { variedBy } from "./vary.ts"

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

/** A page instead of an answer: what stands before a server shows one when it has none. */
const page = /^(?:text\/html|application\/xhtml\+xml)\b/i

/** Whether `Cache-Control` names a directive; one within quotes is none, but a miss is the smaller surprise. */
const forbids = (headers: Headers, directives: RegExp): boolean =>
  directives.test(headers.get("cache-control") ?? "")

/**
 * Whether an answer may be kept once its whole body has come.
 *
 * Only a 200: an error is not an answer to keep, and a 206 is a part. No type, no entry: what it is cannot be known.
 * A content coding that the transport has not undone was agreed with one client, and is not in the key.
 *
 * `Cache-Control` says for whom an answer is and for how long. `no-store` and `private` are obeyed (RFC 9111 §5.2.2.5,
 * §5.2.2.7), those with field names too: its author does not want it to lie about here. `no-cache`, `max-age` and
 * `s-maxage` are not: how long an answer will do is what the operator or the caller has decided with a time to live of
 * their own, and Baseten and others send them out of habit. `Vary` with `*` leaves no other request that it would suit.
 */
export const mayStore = ({ status, headers, streams }: StorableInput): boolean => {
  const type = headers.get("content-type")?.trim() ?? ""
  if (status !== 200 || !keptTypes.test(type) || page.test(type)) return false
  if (isEventStream(headers) && !streams) return false
  if (headers.has("content-encoding") || variedBy(headers) === undefined) return false
  return !forbids(headers, /(?:^|[,"\s])(?:no-store|private)(?=$|[,;="\s])/i)
}

/**
 * Whether a request lets its answer be kept, and be answered by one that is: not with `no-store` (RFC 9111 §5.2.1.5).
 * `no-cache`, which clients of event streams send out of habit, is not heard: `cf-aig-skip-cache` is the word for it.
 */
export const mayAnswer = (request: Headers): boolean =>
  !forbids(request, /(?:^|[,"\s])no-store(?=$|[,;="\s])/i)
