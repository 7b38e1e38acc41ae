/**
 * The log as a file: every entry of a selection, in the order of time.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { GatewayError } from "../errors.ts"
import type { LogScope } from "../request-log/entry.ts"
import type { LogStretch, TimeSelection } from "../request-log/query.ts"
import { RequestLog } from "../request-log/RequestLog.ts"
import { entryColumns, entryJson } from "./entry-json.ts"
import { allAtOnce, type Exported, exportOf } from "./export.ts"
import type { ExportFormat } from "./export-format.ts"
import { exportQuery } from "./log-query.ts"

/** How many entries are read at a time: about 3 MB in memory. */
const stretchLength = 1024
/** How many of them are written at a time, in a few milliseconds. */
const rowsAtOnce = 128

/** The name of a file, with today's date. */
export const fileName = (words: ReadonlyArray<string>, now: number): string =>
  ["basegate", ...words, new Date(now).toISOString().slice(0, 10)].join("-")

/** Reads a selection in stretches, one with each call. */
const entriesOf = (
  log: RequestLog["Service"],
  run: <A>(effect: Effect.Effect<A>) => Promise<A>,
  selection: TimeSelection,
): Exported["next"] => {
  let stretch: LogStretch | undefined
  let written = 0
  return async () => {
    if (stretch === undefined || written >= stretch.entries.length) {
      if (stretch !== undefined && stretch.next === undefined) return undefined
      const next: LogStretch = await run(log.stretch(selection, stretch?.next, stretchLength))
      // The store became unavailable or was closed: the part in memory must not be mistaken for all of it.
      if (stretch !== undefined && stretch.from !== next.from) {
        throw new Error("the log's file cannot be read any more")
      }
      stretch = next
      written = 0
    } else await run(Effect.yieldNow)
    const { entries } = stretch
    const rows = entries.slice(written, written + rowsAtOnce).map(entryJson)
    written += rows.length
    return rows
  }
}

/** The log of a gateway in another format: everything that is selected, or a page if the query has `per_page`. */
export const exportLogs = (
  scope: LogScope,
  search: URLSearchParams,
  format: ExportFormat,
  hasBody: boolean,
): Effect.Effect<Response, GatewayError, RequestLog> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const query = exportQuery(scope, search, now)
    if (query instanceof GatewayError) return yield* query
    const log = yield* RequestLog
    const answer = (next: Exported["next"]): Response =>
      exportOf(
        { format, columns: entryColumns, name: fileName(["logs", scope.account, scope.gateway], now), next },
        hasBody,
      )
    if ("page" in query) return answer(allAtOnce((yield* log.list(query)).entries.map(entryJson)))
    return answer(entriesOf(log, Effect.runPromiseWith(yield* Effect.context<never>()), query))
  })
