/**
 * The settings that say how long each part of a call may take.
 *
 * The comments are the text of this folder's README: `npm run docs` copies them there.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { integer, number } from "../schema/expected.ts"

const optional = Schema.optionalKey
const Milliseconds = integer(1, 86_400_000)

/** The timeouts of a gateway's entry. */
export const TimeoutSettings = {
  /**
   * Milliseconds until the response headers arrive, on Model APIs and custom providers. It holds for every try; a shorter
   * `cf-aig-request-timeout` holds in its place.
   *
   * @default `900000`
   */
  headers_timeout: optional(Milliseconds),
  /**
   * The same for dedicated deployments and chains, where a cold start holds the request. Baseten ends a synchronous call
   * after 1,200 s; the default is longer, so that Baseten's own 504 arrives.
   *
   * @default `1260000`
   */
  dedicated_headers_timeout: optional(Milliseconds),
  /**
   * Milliseconds of silence within a response body. Only the time in which the client waits for more counts.
   *
   * @default `300000`
   */
  idle_timeout: optional(Milliseconds),
  /**
   * Seconds of silence, from 0.1, after which an event stream gets a comment (`: keep-alive`), again and again until its next
   * event: for proxies and clients that give up on a quiet connection. Comments stand between events alone; clients skip them.
   * They hold no timeout of the gateway's off.
   *
   * @default none
   */
  stream_keep_alive: optional(number(0.1, 3600)),
  /**
   * Milliseconds of silence within a request's body; the answer is then 408. A slow body may take as long as it likes,
   * but one of up to 64 KiB has twice this time in all.
   *
   * @default `30000`
   */
  request_idle_timeout: optional(Milliseconds),
  /**
   * Milliseconds of the whole request, with its retries, fall-backs and answer. There is no such limit by default, since
   * a healthy stream is never cut.
   *
   * @default none
   */
  total_timeout: optional(Schema.NullOr(Milliseconds)),
  /**
   * How many WebSockets to Baseten may be open at once in one process (on Workers: in one isolate), those that are being
   * opened included. One more is refused with 429.
   *
   * @default `10000`
   */
  websocket_limit: optional(integer(0, 1_000_000)),
}
