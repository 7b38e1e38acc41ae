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

/**
 * A gateway that has never been able to use the file of its log is not ready. One that has lost the file stays ready: it
 * logs to memory, and taking it out of service would help no caller.
 */
const readiness = Effect.gen(function* () {
  if (typeof (yield* WrittenSettings).obstacle() === "string") {
    const problem =
      "The settings that were written through the management API cannot be used: calls are answered 500. " +
      "The gateway's standard error says why."
    return answer({ status: "unavailable", problem }, 503)
  }
  // An embedding app monitors its own log.
  if ((yield* Settings).logFile === undefined) return answer({ status: "ok" })
  const log = yield* (yield* RequestLog).health
  const spend = (yield* Store).health?.() ?? log
  if (log.healthy && spend.healthy) return answer({ status: "ok" })
  const hasWorked = log.hasWorked && spend.hasWorked
  const problem =
    "The file that BASEGATE_DB names cannot be used: the request log and budgets are kept in memory. " +
    "The gateway's standard error says why."
  return hasWorked ? answer({ status: "ok", problem }) : answer({ status: "unavailable", problem }, 503)
})

/** Answers `/`, `/livez` and `/readyz`. Any answer implies that the settings were read. */
export const handleHealth = ({ name }: OwnRoute): Effect.Effect<
  Response,
  never,
  RequestLog | Settings | Store | WrittenSettings
> => name === "readyz" ? readiness : Effect.succeed(answer(name === "home" ? product : { status: "ok" }))
