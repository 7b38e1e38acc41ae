/**
 * Reads the entries of datasets.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { LogEntry, LogScope } from "../../request-log/entry.ts"
import type { LogFilter, LogStretch } from "../../request-log/query.ts"
import { RequestLog } from "../../request-log/RequestLog.ts"

/** The most entries of a dataset that are read, the newest, so that an evaluation answers within seconds. */
const mostEntries = 100_000

/** How many are read at a time, so that other work can run in between. */
const stretchLength = 1024

/** The route of a judge's calls in their records. */
export const judgeRoute = "evaluation.judge"

/** Judges do not judge themselves, nor each other. */
const notJudges: LogFilter = { key: "request_type", operator: "neq", value: [judgeRoute] }

/** Some entries at a time, the newest first, up to `mostEntries`. */
export type DatasetEntries = (
  scope: LogScope,
  filters: ReadonlyArray<LogFilter>,
) => AsyncGenerator<ReadonlyArray<LogEntry>, void, void>

/** Reads from the log of this gateway. */
export const datasetEntries: Effect.Effect<DatasetEntries, never, RequestLog> = Effect.gen(function* () {
  const log = yield* RequestLog
  const run = Effect.runPromiseWith(yield* Effect.context<never>())
  return async function* (scope, filters) {
    let stretch: LogStretch | undefined
    const selection = { scope, filters: [...filters, notJudges], descending: true }
    for (let read = 0; read < mostEntries && (stretch === undefined || stretch.next !== undefined);) {
      stretch = await run(
        Effect.andThen(
          Effect.yieldNow,
          log.stretch(selection, stretch?.next, stretchLength),
        ),
      )
      read += stretch.entries.length
      yield stretch.entries
    }
  }
})
