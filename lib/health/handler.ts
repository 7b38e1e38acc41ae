/**
 * Health checks and the home page: what the gateway says about itself without credentials.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { Settings } from "../config/Settings.ts"
import { RequestLog } from "../request-log/RequestLog.ts"
import { WrittenSettings } from "../settings-store/WrittenSettings.ts"
import type { OwnRoute } from "../route/routes.ts"
import { Store } from "../store/Store.ts"
import { product } from "../version.ts"

const answer = (body: object, status = 200): Response =>
  Response.json(body, { status, headers: { "cache-control": "no-store" } })

/** What is said of changed settings; standard error names the file, the line and the column. */
const settingsProblem =
  "The settings file has changed to what cannot be used: the last good settings stay in force. " +
  "The gateway's standard error says why."

/** The same of the file of the log and of budgets. */
const fileProblem =
  "The file that BASEGATE_DB names cannot be used: the request log and budgets are kept in memory. " +
  "The gateway's standard error says why."

/**
 * A gateway that has never been able to use the file of its log is not ready. One that has lost the file stays ready, and
 * so does one whose settings cannot be renewed: taking it out of service would help no caller.
 */
const readiness = Effect.gen(function* () {
  if (typeof (yield* WrittenSettings).obstacle() === "string") {
    const problem =
      "The settings that were written through the management API cannot be used: calls are answered 500. " +
      "The gateway's standard error says why."
    return answer({ status: "unavailable", problem }, 503)
  }
  const { logFile, state } = yield* Settings
  const problems = state().problem === undefined ? [] : [settingsProblem]
  let ready = true
  // An embedding app monitors its own log.
  if (logFile !== undefined) {
    const log = yield* (yield* RequestLog).health
    const spend = (yield* Store).health?.() ?? log
    const healthy = log.healthy && spend.healthy
    if (!healthy) problems.push(fileProblem)
    ready = healthy || (log.hasWorked && spend.hasWorked)
  }
  const problem = problems.length === 0 ? {} : { problem: problems.join(" ") }
  return ready ? answer({ status: "ok", ...problem }) : answer({ status: "unavailable", ...problem }, 503)
})

/** Answers `/`, `/livez` and `/readyz`. Any answer implies that the settings were read. */
export const handleHealth = ({ name }: OwnRoute): Effect.Effect<
  Response,
  never,
  RequestLog | Settings | Store | WrittenSettings
> => name === "readyz" ? readiness : Effect.succeed(answer(name === "home" ? product : { status: "ok" }))
