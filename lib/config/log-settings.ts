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
 * `collect_logs`, `log_management` (entries, null or 0 for no limit) and `log_management_strategy` are Cloudflare's
 * own. Its ranges are: 10,000 to 10,000,000 entries; ours begins at 1. `log_retention` is in seconds.
 */
export const LogCollection = {
  collect_logs: optional(Schema.Boolean),
  collect_log_payloads: optional(Schema.Boolean),
  log_payload_limit: optional(integer(1, 10_485_760)),
  log_management: optional(Schema.NullOr(integer(0, 10_000_000))),
  log_management_strategy: optional(Schema.NullOr(Strategy)),
  log_retention: optional(Schema.NullOr(integer(0, 3_155_760_000))),
}

/** What one gateway's log keeps, and for how long. */
export interface LogSettings {
  readonly collect: boolean
  /** Whether bodies are kept. Baseten keeps none: a gateway that does changes that, so it is off by default. */
  readonly payloads: boolean
  /** How much of each body is kept, in bytes. */
  readonly payloadLimit: number
  /** The most entries; nothing where there is no limit. */
  readonly maxEntries: number | undefined
  /** What happens when there are as many. */
  readonly strategy: "STOP_INSERTING" | "DELETE_OLDEST"
  /** How long an entry is kept, in milliseconds; nothing where its age does not matter. */
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
