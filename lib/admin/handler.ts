/**
 * Routes of the management API to their handlers, for callers with the admin token.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Settings } from "../config/Settings.ts"
import { adminNotFound, adminUnauthorized } from "../errors/admin-errors.ts"
import { GatewayError } from "../errors.ts"
import type { Exchange } from "../exchange.ts"
import type { LogScope } from "../request-log/entry.ts"
import type { RequestLog } from "../request-log/RequestLog.ts"
import { prometheusType } from "../telemetry/metrics/prometheus-text.ts"
import { Metrics } from "../telemetry/metrics/Metrics.ts"
import type { AdminRoute } from "../route/admin-paths.ts"
import { isAdminToken, presented } from "./admin-auth.ts"
import { showAnalytics } from "./analytics-handler.ts"
import { adminHeaders, envelope } from "./envelope.ts"
import { gatewayJson } from "./gateway-json.ts"
import { listGateways } from "./gateway-list.ts"
import { askedFormat } from "./export-format.ts"
import { calledOrigin, gatewayUrl } from "./gateway-url.ts"
import { exportLogs } from "./log-export.ts"
import { deleteLogs, editLog, listLogs, showLog, showPayload } from "./log-handlers.ts"

type Answer = Effect.Effect<Response, GatewayError, RequestLog>

const metrics: Effect.Effect<Response, never, Metrics> = Effect.map(
  Effect.flatMap(Metrics, ({ text }) => text),
  (text) =>
    new Response(text, {
      headers: { ...adminHeaders, "content-type": prometheusType },
    }),
)

const logs = (
  { request, url }: Exchange,
  { account, gateway, item, name }: AdminRoute,
): Answer => {
  const scope = { account, gateway }
  const searchParams = new URLSearchParams(url.search)
  switch (name) {
    case "log":
      return request.method === "PATCH" ? editLog(scope, item, request) : showLog(scope, item)
    case "log.request":
      return showPayload(scope, item, "request")
    case "log.response":
      return showPayload(scope, item, "response")
    default:
      return request.method === "DELETE"
        ? deleteLogs(scope, searchParams)
        : listOrExport(scope, searchParams, request)
  }
}

const listOrExport = (
  scope: LogScope,
  searchParams: URLSearchParams,
  { headers, method }: Pick<Request, "headers" | "method">,
): Answer =>
  Effect.flatMap(
    answered(askedFormat(searchParams, headers)),
    ({ format, search }) =>
      format === "json" ? listLogs(scope, search) : exportLogs(scope, search, format, method !== "HEAD"),
  )

/** Answers a request that shows the admin token; fails with `admin_unauthorized` for others. */
export const handleAdmin = (
  exchange: Exchange,
  route: AdminRoute,
): Effect.Effect<Response, GatewayError, Metrics | RequestLog | Settings> =>
  Effect.gen(function* () {
    const settings = yield* Settings
    const { request, url } = exchange
    const { account, gateway: id, name } = route
    exchange.routeName = `admin.${name}`
    // The log records calls, not who reads it.
    exchange.shouldLog = false
    const { adminToken } = settings
    const shown = presented(request.headers)
    if (adminToken === undefined || !(yield* Effect.promise(() => isAdminToken(shown, adminToken)))) {
      return yield* adminUnauthorized(shown.length > 0)
    }
    if (name === "metrics") return yield* metrics
    exchange.account = account
    exchange.gateway = id === "" ? null : id
    const searchParams = new URLSearchParams(url.search)
    const hasBody = request.method !== "HEAD"
    if (name === "gateways") {
      const asked = yield* answered(askedFormat(searchParams, request.headers))
      return yield* answered(listGateways(settings, account, asked, hasBody, yield* Clock.currentTimeMillis))
    }
    if (id === "") {
      return yield* showAnalytics(
        { account },
        yield* answered(askedFormat(searchParams, request.headers)),
        hasBody,
      )
    }
    const gateway = settings.gateway(account, id)
    if (gateway === undefined) {
      return yield* adminNotFound(
        `There is no gateway "${account}/${id}". Add it (or "*") to BASEGATE_CONFIG.`,
      )
    }
    switch (name) {
      case "gateway":
        return envelope(gatewayJson(id, gateway))
      case "url":
        return envelope(yield* answered(gatewayUrl(calledOrigin(url, request.headers), route, gateway)))
      case "analytics":
        return yield* showAnalytics(
          { account, gateway: id },
          yield* answered(askedFormat(searchParams, request.headers)),
          hasBody,
        )
      default:
        return yield* logs(exchange, route)
    }
  })

const answered = <A>(answer: A | GatewayError): Effect.Effect<A, GatewayError> =>
  answer instanceof GatewayError ? Effect.fail(answer) : Effect.succeed(answer)
