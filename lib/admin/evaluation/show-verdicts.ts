/**
 * Shows the verdicts of an evaluation's judges on each entry.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { GatewayError } from "../../errors.ts"
import type { AdminRoute } from "../../route/admin-paths.ts"
import type { LogScope } from "../../request-log/entry.ts"
import { RequestLog } from "../../request-log/RequestLog.ts"
import type { WrittenDocument } from "../../settings-store/document.ts"
import { envelope } from "../envelope.ts"
import { allAtOnce, exportOf } from "../export.ts"
import type { AskedFormat } from "../export-format.ts"
import { fileName } from "../log-export.ts"
import { openParameters } from "../query-parameters.ts"
import { evaluationsOf, noEvaluation } from "../written/evaluations.ts"
import { reasonIn } from "./judge-verdict.ts"
import { type EntryVerdict, lastVerdicts, readVerdicts } from "./verdicts.ts"

const columns = ["entry", "evaluation_type_id", "verdict", "problem", "reason", "call", "cost"]

/** A verdict with the judge's reason, if the body of its answer was stored. */
export interface ReasonedVerdict extends EntryVerdict {
  readonly reason: string | null
}

const reasoned = (
  log: RequestLog["Service"],
  scope: LogScope,
  one: EntryVerdict,
): Effect.Effect<ReasonedVerdict> =>
  Effect.map(
    log.payload(scope, one.call, "response"),
    (answer) => ({ ...one, reason: answer === undefined ? null : reasonIn(answer.text) }),
  )

/** The verdicts of the last run, as far as its calls are still in the log. */
export const showVerdicts = (
  document: WrittenDocument,
  route: AdminRoute,
  { format, search }: AskedFormat,
  hasBody: boolean,
): Effect.Effect<Response, GatewayError, RequestLog> =>
  Effect.gen(function* () {
    const { account, gateway, item } = route
    const problem = openParameters(search).problem()
    if (problem !== undefined) return yield* problem
    const evaluation = evaluationsOf(document, { route }).find(({ id }) => id === item)
    if (evaluation === undefined) return yield* noEvaluation(item)
    const log = yield* RequestLog
    const { run } = evaluation
    const scope = { account, gateway }
    const found = run === undefined ? [] : lastVerdicts(yield* readVerdicts(log, scope, run))
    const rows = yield* Effect.forEach(found, (one) => reasoned(log, scope, one), { concurrency: 8 })
    if (format === "json") return envelope(rows)
    const name = fileName(["verdicts", account, gateway], yield* Clock.currentTimeMillis)
    return exportOf({ format, columns, name, next: allAtOnce(rows.map((row) => ({ ...row }))) }, hasBody)
  })
