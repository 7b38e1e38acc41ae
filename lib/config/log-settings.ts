/**
 * What an operator writes about the request log in a gateway's entry of `BASEGATE_CONFIG`.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { integer, oneOf } from "../schema/expected.ts"

const optional = Schema.optionalKey
const Strategy = oneOf("STOP_INSERTING", "DELETE_OLDEST")

/**
 * What a gateway's entry says about its log. `collect_logs`, `log_management` and `log_management_strategy` are
 * Cloudflare's own. Cloudflare takes 10,000 to 10,000,000 entries; here it begins at 1.
 *
 * The comments are the text of this folder's README: `npm run docs` copies them there.
 */
export const LogCollection = {
  /**
   * Keeps an entry of each call. `cf-aig-collect-log` takes its place.
   *
   * @default `true`
   */
  collect_logs: optional(Schema.Boolean),
  /**
   * Keeps the bodies of request and response with the entry. `cf-aig-collect-log-payload` takes its place. Baseten keeps
   * no bodies itself, so a gateway that does should be a decision.
   *
   * @default `false`
   */
  collect_log_payloads: optional(Schema.Boolean),
  /**
   * How many bytes of each body are kept.
   *
   * @default `65536`
   */
  log_payload_limit: optional(integer(1, 10_485_760)),
  /**
   * The most entries of this gateway; 0 or `null` for no limit.
   *
   * @default `1000000`
   */
  log_management: optional(Schema.NullOr(integer(0, 10_000_000))),
  /**
   * What happens at that number: the oldest entries are removed, or no more are added.
   *
   * @default `"DELETE_OLDEST"`
   */
  log_management_strategy: optional(Schema.NullOr(Strategy)),
  /**
   * Seconds for which an entry is kept; 0 or `null` for ever.
   *
   * @default none
   */
  log_retention: optional(Schema.NullOr(integer(0, 3_155_760_000))),
}

/** What one gateway's log keeps, and for how long. */
export interface LogSettings {
  readonly collect: boolean
  /** Whether bodies are kept. Baseten keeps none, so this is off by default. */
  readonly payloads: boolean
  /** How much of each body is kept, in bytes. */
  readonly payloadLimit: number
  /** The most entries; `undefined` if there is no limit. */
  readonly maxEntries: number | undefined
  /** What happens when there are as many. */
  readonly strategy: "STOP_INSERTING" | "DELETE_OLDEST"
  /** How long an entry is kept, in milliseconds; `undefined` for ever. */
  readonly retention: number | undefined
}

const Entry = Schema.Struct(LogCollection)

/** Fills in defaults: entries without bodies, the newest million of them, whatever their age. */
export const logSettings = (entry: typeof Entry.Type): LogSettings => ({
  collect: entry.collect_logs ?? true,
  payloads: entry.collect_log_payloads ?? false,
  payloadLimit: entry.log_payload_limit ?? 65_536,
  maxEntries: (entry.log_management === undefined ? 1_000_000 : entry.log_management) || undefined,
  strategy: entry.log_management_strategy ?? "DELETE_OLDEST",
  retention: entry.log_retention ? 1000 * entry.log_retention : undefined,
})
