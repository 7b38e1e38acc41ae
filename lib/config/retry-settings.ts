/**
 * The settings of retries: Cloudflare's names and ranges, and one more.
 *
 * The comments are the text of this folder's README: `npm run docs` copies them there.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { integer, oneOf } from "../schema/expected.ts"

const optional = Schema.optionalKey

/** How the delay between tries grows. */
export type Backoff = "constant" | "linear" | "exponential"

/** What a gateway's entry says about retries. */
export const Retrying = {
  /**
   * Tries in all, the first included. `cf-aig-max-attempts` takes its place.
   *
   * @default `1`
   */
  retry_max_attempts: optional(Schema.NullOr(integer(1, 5))),
  /**
   * Milliseconds between two tries, from which the delay grows.
   *
   * @default `500`
   */
  retry_delay: optional(Schema.NullOr(integer(0, 60_000))),
  /**
   * How the delay grows: it stays the same, is multiplied by the number of tries so far, or doubles with each.
   *
   * @default `"exponential"`
   */
  retry_backoff: optional(Schema.NullOr(oneOf("constant", "linear", "exponential"))),
  /**
   * Retries calls of dedicated deployments and chains too. Such a call may do something, and a retry may do it twice.
   * A caller's `cf-aig-max-attempts` holds for them in any case.
   *
   * @default `false`
   */
  retry_predict: optional(Schema.Boolean),
  /**
   * Takes an answer of status 200 for a failed one if its JSON body, or the first event of its stream, is an error: it is
   * [retried and falls back](../dynamic-route/README.md#errors-within-an-answer) like a 502. The answer's headers then wait
   * for its first event. A universal step's `config.fallbackOnReportedError` takes its place.
   *
   * @default `false`
   */
  fallback_on_reported_error: optional(Schema.Boolean),
}
