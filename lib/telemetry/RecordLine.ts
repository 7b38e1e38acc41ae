/**
 * The line that standard output gets of each request.
 *
 * @module
 */
import * as Context from "effect/Context"
import { strictJson } from "../exact-json.ts"
import type { RequestRecord } from "./request-record.ts"

/** Makes the line of a record, whose level is known. */
export type LineOf = (record: RequestRecord, level: "info" | "warn" | "error") => string

/** One object of JSON, for whatever collects the output. */
export const jsonLine: LineOf = (record, level) =>
  `{"level":"${level}","msg":"request",${strictJson(record).slice(1)}`

/** JSON, unless the host knows that somebody reads along. */
export const RecordLine: Context.Reference<LineOf> = Context.Reference<LineOf>(
  "basegate/telemetry/RecordLine",
  { defaultValue: () => jsonLine },
)
