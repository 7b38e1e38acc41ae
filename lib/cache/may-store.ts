/**
 * Which answers may be stored, judged by their status and headers.
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
  /** Whether the operator wants event streams stored. Off by default, like at Cloudflare. */
  readonly streams: boolean
}

/** JSON is `application/json` or `…+json`; binary is `application/octet-stream`, MessagePack and the media types. */
const keptTypes = /^(?:application|audio|font|image|model|text|video)\//i

/** A page instead of an answer: proxies show one when the server behind them gives none. */
const page = /^(?:text\/html|application\/xhtml\+xml)\b/i

/** Whether `Cache-Control` names a directive; one within quotes is not a directive, but a miss is the smaller surprise. */
const forbids = (headers: Headers, directives: RegExp): boolean =>
  directives.test(headers.get("cache-control") ?? "")

/**
 * Whether an answer may be stored once its whole body has arrived.
 *
 * Only a 200: an error is not worth storing, and a 206 is a part. Without a media type there is no telling what it is. A
 * content coding that the transport has not undone was negotiated with one client, and is not in the key.
 *
 * `Cache-Control` says for whom an answer is and for how long. `no-store` and `private` are obeyed (RFC 9111 §5.2.2.5,
 * §5.2.2.7), those with field names too: the author does not want it stored here. `no-cache`, `max-age` and
 * `s-maxage` are not: how long an answer will do is decided by the operator's or the caller's own time to
 * live, and Baseten and others send them out of habit. With `Vary: *` it suits no other request.
 */
export const mayStore = ({ status, headers, streams }: StorableInput): boolean => {
  const type = headers.get("content-type")?.trim() ?? ""
  if (status !== 200 || !keptTypes.test(type) || page.test(type)) return false
  if (isEventStream(headers) && !streams) return false
  if (headers.has("content-encoding") || variedBy(headers) === undefined) return false
  return !forbids(headers, /(?:^|[,"\s])(?:no-store|private)(?=$|[,;="\s])/i)
}

/**
 * Whether a request permits storing its answer, and a stored answer: not with `no-store` (RFC 9111 §5.2.1.5). `no-cache`,
 * which clients of event streams send out of habit, is ignored: `cf-aig-skip-cache` is the option for it.
 */
export const mayAnswer = (request: Headers): boolean =>
  !forbids(request, /(?:^|[,"\s])no-store(?=$|[,;="\s])/i)
