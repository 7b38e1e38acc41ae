/**
 * Routes of the management API to their handlers, for callers with the admin token.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Alerts } from "../alert/Alerts.ts"
import { Settings } from "../config/Settings.ts"
import { SettingsControl } from "../config/SettingsControl.ts"
import { adminForbidden, adminNotFound, adminUnauthorized } from "../errors/admin-errors.ts"
import { GatewayError } from "../errors.ts"
import type { Exchange } from "../exchange.ts"
import type { LogScope } from "../request-log/entry.ts"
import { Prices } from "../pricing/Prices.ts"
import { RequestLog } from "../request-log/RequestLog.ts"
import type { WrittenDocument } from "../settings-store/document.ts"
import { WrittenSettings, type WrittenSettingsShape } from "../settings-store/WrittenSettings.ts"
import type { Store } from "../store/Store.ts"
import { prometheusType } from "../telemetry/metrics/prometheus-text.ts"
import { Metrics } from "../telemetry/metrics/Metrics.ts"
import type { AdminRoute } from "../route/admin-paths.ts"
import type { CircuitBreakers } from "../upstream/CircuitBreakers.ts"
import { testAlerts } from "./alert-handler.ts"
import { listAccounts } from "./account-list.ts"
import { type Admin, AdminVerifier, issuedAdmin } from "./admin-jwt.ts"
import { adminOf, isMetricsToken, presented } from "./admin-auth.ts"
import { showAnalytics } from "./analytics-handler.ts"
import { adminOfSession, shownSession } from "./console-session.ts"
import { adminHeaders, envelope } from "./envelope.ts"
import { listGateways, showGateway, showOrigins } from "./gateway-list.ts"
import type { PriceSource as EntryPrices } from "./entry-price.ts"
import { datasetEntries } from "./evaluation/dataset-entries.ts"
import { JudgeRuns } from "./evaluation/JudgeRuns.ts"
import { showVerdicts } from "./evaluation/show-verdicts.ts"
import { showExamples } from "./evaluation/examples.ts"
import { requestedFormat } from "./export-format.ts"
import { calledOrigin, gatewayUrl } from "./gateway-url.ts"
import { gatewaysWithLimits, showLimits } from "./limit-handlers.ts"
import { exportLogs } from "./log-export.ts"
import { handleWritten } from "./written/handle-written.ts"
import { deleteLogs, editLog, listLogs, showLog, showPayload } from "./log-handlers.ts"
import { showStatus } from "./status-handler.ts"
import { tailLogs } from "./tail-handler.ts"

/** What the management API works with. */
export type AdminServices =
  | Alerts
  | CircuitBreakers
  | JudgeRuns
  | Metrics
  | Prices
  | RequestLog
  | Settings
  | SettingsControl
  | Store
  | WrittenSettings

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
  prices: EntryPrices,
): Answer => {
  const scope = { account, gateway }
  const searchParams = new URLSearchParams(url.search)
  switch (name) {
    case "log":
      return request.method === "PATCH" ? editLog(scope, item, request) : showLog(scope, item, prices)
    case "log.request":
      return showPayload(scope, item, "request")
    case "logs.tail":
      return tailLogs(scope, searchParams)
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
    answered(requestedFormat(searchParams, headers)),
    ({ format, search }) =>
      format === "json" ? listLogs(scope, search) : exportLogs(scope, search, format, method !== "HEAD"),
  )

/** Answers a request that shows the admin token; fails with `admin_unauthorized` for others. */
export const handleAdmin = (
  exchange: Exchange,
  route: AdminRoute,
): Effect.Effect<Response, GatewayError, AdminServices> =>
  Effect.gen(function* () {
    const settings = yield* Settings
    const { request, url } = exchange
    const { account, gateway: id, name } = route
    exchange.routeName = `admin.${name}`
    // The log records calls, not who reads it.
    exchange.shouldLog = false
    const { adminIssuer, adminTokens, metricsToken } = settings
    const shown = presented(request.headers)
    const now = yield* Clock.currentTimeMillis
    const session = shown.length === 0 ? shownSession(request.headers) : undefined
    const verifier = yield* AdminVerifier
    const admin = yield* answered(
      yield* Effect.promise<Admin | GatewayError | undefined>(async () =>
        session === undefined
          ? await adminOf(shown, adminTokens) ?? await issuedAdmin(shown, adminIssuer, verifier, now)
          : await adminOfSession(session, adminTokens, adminIssuer, now)
      ),
    )
    if (name === "metrics" && (yield* Effect.promise(() => isMetricsToken(shown, metricsToken)))) {
      return yield* metrics
    }
    if (admin === undefined) return yield* adminUnauthorized(shown.length > 0, name === "metrics")
    if (name === "metrics") return yield* metrics
    if (name === "accounts") return yield* listAccounts
    if (name === "status") return yield* showStatus(admin)
    const isRead = request.method === "GET" || request.method === "HEAD"
    if (!isRead && admin.role !== "write") return yield* adminForbidden(admin.name)
    exchange.account = account
    exchange.gateway = id === "" ? null : id
    const searchParams = new URLSearchParams(url.search)
    const hasBody = request.method !== "HEAD"
    const control = yield* SettingsControl
    const written = yield* WrittenSettings
    const services = { settings, control, written, entries: yield* datasetEntries, judging: yield* JudgeRuns }
    if (!isRead && (name === "gateways" || name === "gateway")) {
      const answer = yield* writing(handleWritten(exchange, route, admin.name, services))
      if (request.method === "DELETE" && answer.ok) yield* removeLog({ account, gateway: id })
      return answer
    }
    if (name === "limits" && id === "") {
      const asked = yield* answered(requestedFormat(searchParams, request.headers))
      return yield* showLimits(gatewaysWithLimits(settings, account), route, asked, hasBody)
    }
    if (name === "gateways") {
      const document = yield* newest(written)
      const asked = yield* answered(requestedFormat(searchParams, request.headers))
      return yield* answered(
        listGateways(services, document, account, asked, hasBody, yield* Clock.currentTimeMillis),
      )
    }
    if (name === "analytics" && id === "") {
      return yield* showAnalytics(
        { account },
        yield* answered(requestedFormat(searchParams, request.headers)),
        hasBody,
      )
    }
    if (id === "") return yield* writing(handleWritten(exchange, route, admin.name, services))
    // Applies what another process has written before answering.
    if (name === "gateway" || name === "origins" || settings.gateway(account, id) === undefined) {
      yield* newest(written)
    }
    const gateway = settings.gateway(account, id)
    if (gateway === undefined) {
      return yield* adminNotFound(
        `There is no gateway "${account}/${id}". Create it with POST accounts/${account}/ai-gateway/gateways, ` +
          'or add it (or "*") to the settings.',
      )
    }
    switch (name) {
      case "alerts.test":
        return yield* testAlerts(gateway)
      case "limits":
        return yield* showLimits(
          [gateway],
          route,
          yield* answered(requestedFormat(searchParams, request.headers)),
          hasBody,
        )
      case "gateway":
        return showGateway(services, yield* newest(written), account, id)
      case "origins":
        return showOrigins(control, account, id)
      case "url":
        return envelope(yield* answered(gatewayUrl(calledOrigin(url, request.headers), route, gateway)))
      case "analytics":
        return yield* showAnalytics(
          { account, gateway: id },
          yield* answered(requestedFormat(searchParams, request.headers)),
          hasBody,
        )
      case "dataset.examples":
        return yield* showExamples(yield* newest(written), route, services.entries, hasBody)
      case "evaluation.verdicts":
        return yield* showVerdicts(
          yield* newest(written),
          route,
          yield* answered(requestedFormat(searchParams, request.headers)),
          hasBody,
        )
      case "logs":
      case "logs.tail":
      case "log":
      case "log.request":
      case "log.response":
        return yield* logs(exchange, route, {
          overrides: gateway.prices,
          priceOf: (yield* Prices).priceOf,
        })
      default:
        return yield* writing(handleWritten(exchange, route, admin.name, services))
    }
  })

/** The newest written settings, or else those in force: gateways are shown even if the store cannot be read. */
const newest = (written: WrittenSettingsShape): Effect.Effect<WrittenDocument> =>
  Effect.promise(async () => Result.getOrElse(await written.newest(), written.inForce))

/** Deletes a gateway's log entries with it. */
const removeLog = (scope: LogScope): Effect.Effect<number, never, RequestLog> =>
  RequestLog.use((log) =>
    log.remove({ scope, filters: [], orderBy: "created_at", descending: false }, undefined)
  )

const writing = <A>(answer: Promise<Result.Result<A, GatewayError>>): Effect.Effect<A, GatewayError> =>
  Effect.flatMap(
    Effect.promise(() => answer),
    (result) => Result.isSuccess(result) ? Effect.succeed(result.success) : Effect.fail(result.failure),
  )

const answered = <A>(answer: A | GatewayError): Effect.Effect<A, GatewayError> =>
  answer instanceof GatewayError ? Effect.fail(answer) : Effect.succeed(answer)
