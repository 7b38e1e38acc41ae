/**
 * What the gateway answers about itself, without credentials.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { Settings } from "../config/Settings.ts"
import { RequestLog } from "../request-log/RequestLog.ts"
import type { OwnRoute } from "../route/routes.ts"
import { product } from "../version.ts"

const answer = (body: object, status = 200): Response =>
  Response.json(body, { status, headers: { "cache-control": "no-store" } })

/**
 * A gateway that was never able to use the file it was told to keep its log in is not ready. One that has lost its file
 * goes on: it keeps what it can in memory, and would serve nobody better if it were left alone.
 */
const readiness = Effect.gen(function* () {
  // Logs of embedding apps are theirs to watch.
  if ((yield* Settings).logFile === undefined) return answer({ status: "ok" })
  const { healthy, hasWorked } = yield* (yield* RequestLog).health
  if (healthy) return answer({ status: "ok" })
  const problem = "The file that BASEGATE_DB names cannot be used: the request log is kept in memory. " +
    "The gateway's standard error says why."
  return hasWorked ? answer({ status: "ok", problem }) : answer({ status: "unavailable", problem }, 503)
})

/** The answer of `/`, `/livez` or `/readyz`. That it is given at all says that the settings were read. */
export const handleHealth = ({ name }: OwnRoute): Effect.Effect<Response, never, RequestLog | Settings> =>
  name === "readyz" ? readiness : Effect.succeed(answer(name === "home" ? product : { status: "ok" }))
