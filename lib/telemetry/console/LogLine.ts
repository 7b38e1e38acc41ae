/**
 * The line on standard output for each request.
 *
 * @module
 */
import * as Context from "effect/Context"
import { strictJson } from "../../json/exact-json.ts"
import type { RequestRecord } from "../../record/request-record.ts"

/** Formats the line of a record. */
export type FormatLine = (record: RequestRecord, level: "info" | "warn" | "error") => string

/** One JSON object, for log collectors. */
export const jsonLine: FormatLine = (record, level) =>
  `{"level":"${level}","msg":"request",${strictJson(record).slice(1)}`

/** JSON, unless the host knows that a person reads the output. */
export const LogLine: Context.Reference<FormatLine> = Context.Reference<FormatLine>(
  "basegate/telemetry/console/LogLine",
  { defaultValue: () => jsonLine },
)
