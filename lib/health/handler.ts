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
import { Store, type StoreHealth, type StoreShape } from "../store/Store.ts"
import { effectOf } from "../time/effect-of.ts"
import { product } from "../version.ts"

const headers = { "content-type": "application/json", "cache-control": "no-store" }

// Not Response.json, whose media type differs between runtimes.
const answer = (body: object, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers })

/** How a store outside the process is, as soon as that is known. */
const healthOf = ({ health }: StoreShape): Effect.Effect<StoreHealth | undefined> =>
  effectOf(() => health?.())

/** What is said of changed settings; standard error names the file, the line and the column. */
const settingsProblem =
  "The settings file has changed to what cannot be used: the last good settings stay in force. " +
  "The gateway's standard error says why."

/** The same of the file of the log and of budgets. */
const fileProblem =
  "The file that BASEGATE_DB names cannot be used: the request log and budgets are kept in memory. " +
  "The gateway's standard error says why."

/** The same of a database. */
const databaseProblem =
  "The database that BASEGATE_DB names cannot be used: the request log is kept in memory. " +
  "The gateway's standard error says why."

/** The same of the store of limits. */
const storeProblem =
  "The store that BASEGATE_STORE names cannot be used: on_store_outage applies to limits. " +
  "The gateway's standard error says why."

/** The same of Durable Objects. */
const objectsProblem =
  "The Durable Objects of BASEGATE_OBJECTS cannot be used: the request log waits in this isolate, and " +
  "on_store_outage applies to limits. The gateway's standard error says why."

/**
 * A gateway that has never been able to use the file of its log, or the store of its limits, is not ready. One that has
 * lost one of them stays ready, and so does one whose settings cannot be renewed: taking it out of service would help no
 * caller.
 */
const readiness = Effect.gen(function* () {
  if ((yield* WrittenSettings).problem() !== undefined) {
    const problem =
      "The settings that were written through the management API cannot be used: calls are answered 500. " +
      "The gateway's standard error says why."
    return answer({ status: "unavailable", problem }, 503)
  }
  const { logFile, database, store: shared, state } = yield* Settings
  const problems = state().problem === undefined ? [] : [settingsProblem]
  let ready = true
  const log = yield* (yield* RequestLog).health
  const inObjects = log.kind === "object"
  // An embedding app monitors its own log.
  if (database !== undefined && !inObjects) {
    if (!log.healthy) problems.push(databaseProblem)
    ready = log.healthy || log.hasWorked
  }
  if (inObjects || logFile !== undefined || shared !== undefined) {
    const counts = yield* healthOf(yield* Store)
    if (inObjects) {
      const known = shared === undefined && counts !== undefined ? [log, counts] : [log]
      if (known.some(({ healthy }) => !healthy)) problems.push(objectsProblem)
      ready = known.every(({ healthy, hasWorked }) => healthy || hasWorked)
    } else if (logFile !== undefined) {
      const spend = shared === undefined ? counts ?? log : log
      const healthy = log.healthy && spend.healthy
      if (!healthy) problems.push(fileProblem)
      ready &&= healthy || (log.hasWorked && spend.hasWorked)
    }
    if (shared !== undefined && counts?.healthy === false) {
      problems.push(storeProblem)
      ready &&= counts.hasWorked
    }
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
