/**
 * The verdicts of a run, as its calls left them in the log.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { LogEntry, LogScope } from "../../request-log/entry.ts"
import type { LogFilter, LogStretch } from "../../request-log/query.ts"
import type { RequestLog } from "../../request-log/RequestLog.ts"
import type { EvaluationRun } from "../../settings-store/evaluation-document.ts"
import { judgeRoute } from "./dataset-entries.ts"

/** A judge's verdict on an entry. */
export interface EntryVerdict {
  /** The id of the entry. */
  readonly entry: string
  readonly evaluation_type_id: string
  /** From 0 to 1; 1 or 0 for pass or fail; `null` if there is none. */
  readonly verdict: number | null
  /** Why there is no verdict. */
  readonly problem: string | null
  /** The id of the call's own entry, which has the judge's words. */
  readonly call: string
  readonly cost: number | null
}

/** The calls of a run. */
const callsOf = ({ id, started_at }: EvaluationRun): ReadonlyArray<LogFilter> => [
  { key: "created_at", operator: "gt", value: [Date.parse(started_at) - 1] },
  { key: "request_type", operator: "eq", value: [judgeRoute] },
  { key: "metadata.key", operator: "eq", value: ["run"] },
  { key: "metadata.value", operator: "eq", value: [id] },
]

const textOf = (value: unknown): string => typeof value === "string" ? value : ""

const verdictOf = ({ metadata, request_id, cost }: LogEntry): EntryVerdict => {
  const { entry, judge, verdict, problem } = metadata
  return {
    entry: textOf(entry),
    evaluation_type_id: textOf(judge),
    verdict: typeof verdict === "number" ? verdict : null,
    problem: typeof verdict === "number" ? null : textOf(problem) || "unreadable",
    call: request_id,
    cost,
  }
}

/** The most calls that are read: runs are bounded, but there may be several calls about an entry. */
const mostCalls = 50_000

/** All verdicts, the oldest first: if an entry has several, the last one counts. */
export const readVerdicts = (
  log: RequestLog["Service"],
  scope: LogScope,
  run: EvaluationRun,
): Effect.Effect<ReadonlyArray<EntryVerdict>> =>
  Effect.gen(function* () {
    const found: Array<EntryVerdict> = []
    let stretch: LogStretch | undefined
    do {
      stretch = yield* log.stretch({ scope, filters: callsOf(run), descending: false }, stretch?.next, 1024)
      found.push(...stretch.entries.map(verdictOf))
    } while (stretch.next !== undefined && found.length < mostCalls)
    return found
  })

/** One for each judge and entry: the verdict, or else the last problem. */
export const lastVerdicts = (all: ReadonlyArray<EntryVerdict>): ReadonlyArray<EntryVerdict> => {
  const last = new Map<string, EntryVerdict>()
  for (const one of all) {
    const key = `${one.evaluation_type_id} ${one.entry}`
    if (one.verdict !== null || last.get(key)?.verdict == null) last.set(key, one)
  }
  return [...last.values()]
}
