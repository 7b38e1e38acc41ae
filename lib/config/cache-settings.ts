/**
 * The settings of the response cache.
 *
 * The comments are the text of this folder's README: `npm run docs` copies them there.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { integer, oneOf } from "../schema/expected.ts"

const optional = Schema.optionalKey

/** What a gateway's entry says about its cache. */
export const Caching = {
  /**
   * Seconds for which answers are kept. With 0 or `null` an answer is kept only if its request asks for it, with
   * `cf-aig-cache-key`.
   *
   * @default `0`
   */
  cache_ttl: optional(Schema.NullOr(integer(0, 2_592_000))),
  /**
   * Keeps event streams as well, and replays them as streams.
   *
   * @default `false`
   */
  cache_streams: optional(Schema.Boolean),
  /**
   * Who shares an answer that is kept under a caller's own `cf-aig-cache-key`: callers with the same credential, or all
   * callers of the gateway.
   *
   * @default `"credential"`
   */
  cache_key_scope: optional(oneOf("credential", "gateway")),
  /**
   * Lets `cf-aig-cache-ttl` alone ask for caching, as it did at Cloudflare until August 2026. Otherwise it only says for
   * how long.
   *
   * @default `false`
   */
  cache_ttl_header_enables: optional(Schema.Boolean),
}
