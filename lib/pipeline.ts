/**
 * The path of a request, top to bottom.
 *
 * @module
 */
import type * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { drainUnread } from "./body/stream-up.ts"
import { handleConsole } from "./admin/console-handler.ts"
import { type AdminServices, handleAdmin } from "./admin/handler.ts"
import { showUsage } from "./admin/usage-handler.ts"
import { tokenOfSession } from "./admin/usage-session.ts"
import type { Caller, GatewayAuth } from "./auth/GatewayAuth.ts"
import { ownCaller } from "./auth/own-caller.ts"
import type { Uploads } from "./body/Uploads.ts"
import type { Next } from "./call/call.ts"
import { callProvider, type CallServices } from "./call/stages.ts"
import { respond } from "./call/respond.ts"
import type { GatewaySettings } from "./config/gateway-settings.ts"
import { parseOptionHeaders } from "./config/option-headers.ts"
import { type RequestedOptions, withTokenMetadata } from "./config/request-options.ts"
import type { Settings } from "./config/Settings.ts"
import { type GatewayError, gatewayNotFound, upgradeRequired } from "./errors.ts"
import { policiesUnheld, tooManySockets } from "./errors/socket-errors.ts"
import type { Exchange, OwnCall } from "./exchange.ts"
import { optionsHeaders } from "./headers/cors.ts"
import { HeaderFields } from "./headers/header-fields.ts"
import { handleHealth } from "./health/handler.ts"
import type { Plan } from "./plan/plan.ts"
import { directBody, directOptions, planDirect, planUniversal } from "./plan/plan-request.ts"
import type { KeptChoices } from "./plan/KeptChoices.ts"
import { runPlan } from "./plan/run-plan.ts"
import { socketRoute } from "./plan/socket-route.ts"
import { startTrace } from "./record/trace-context.ts"
import { type Answer, answerOfResponse } from "./relay/answer.ts"
import { OpenSockets } from "./relay/open-sockets.ts"
import { placeOf } from "./route/paths.ts"
import { allowedMethods, type UniversalRoute, type UpstreamRoute, type UsageRoute } from "./route/routes.ts"
import type { UrlResolver } from "./route/UrlResolver.ts"

/** The services of the path, resolved once. */
export interface PipelineServices extends CallServices {
  readonly settings: Settings["Service"]
  readonly resolver: UrlResolver["Service"]
  readonly auth: GatewayAuth["Service"]
  readonly uploads: Uploads["Service"]
  readonly choices: KeptChoices["Service"]
}

/** The answer to a request, or its refusal. */
export type PipelineResult = Result.Result<Answer, GatewayError>

/** What handlers that are Effects run on: the management API and the health checks. */
export type HandlerServices = AdminServices

/** Runs the handlers that are Effects: the management API and the health checks. */
export type RunEffect = (
  effect: Effect.Effect<Response, GatewayError, HandlerServices>,
) => Promise<Result.Result<Response, GatewayError>>

/** Creates the path that all requests of a gateway take. */
export const makePipeline = (services: PipelineServices, run: RunEffect) => {
  const { settings, resolver, auth, limits } = services
  const sockets = new OpenSockets()
  const calls = new WeakMap<GatewaySettings, Next>()
  const callOf = (gateway: GatewaySettings): Next => {
    const known = calls.get(gateway)
    if (known !== undefined) return known
    const composed = callProvider(services, gateway)
    calls.set(gateway, composed)
    return composed
  }

  return async (exchange: Exchange): Promise<PipelineResult> => {
    const { method, headers, url } = exchange
    const resolved = resolver.resolve(method, url, headers)
    if (Result.isFailure(resolved)) {
      await noteStray(services, exchange)
      return Result.fail(resolved.failure)
    }
    let route = resolved.success
    if (method === "OPTIONS") {
      const isClosed = route.kind === "admin" || route.kind === "console"
      const origins = isClosed ? new Set<string>() : settings.corsOrigins
      return Result.succeed(empty(optionsHeaders(headers, allowedMethods(route), origins)))
    }
    if (route.kind === "own") return Result.map(await run(handleHealth(route)), answerOfResponse)
    if (route.kind === "admin") return Result.map(await run(handleAdmin(exchange, route)), answerOfResponse)
    if (route.kind === "console") {
      return Result.map(await run(handleConsole(exchange, route)), answerOfResponse)
    }
    describe(exchange, route)

    const gateway = settings.gateway(route.account, route.gateway)
    if (gateway === undefined) return Result.fail(gatewayNotFound(route.account, route.gateway))
    if (gateway.otel.length > 0) exchange.trace ??= startTrace(headers, everyTrace)
    const { ownCall } = exchange.host
    const identifying = ownCall !== undefined
      ? admitOwn(exchange, ownCall)
      : route.kind === "usage"
      ? identifyHolder(services, exchange, route, gateway)
      : auth.identify(headers, gateway)
    const identified = identifying instanceof Promise ? await identifying : identifying
    if (Result.isFailure(identified)) return Result.fail(identified.failure)
    const caller = identified.success
    exchange.authenticated = caller.token !== undefined
    exchange.token = caller.token?.name ?? null
    // Unauthenticated calls are not logged: otherwise anyone could evict the log's entries.
    exchange.shouldLog = gateway.log.collect
    if (route.kind === "universal" && method === "GET") {
      if (exchange.host.canUpgrade !== true) return Result.fail(upgradeRequired())
      // The calls made over the socket have entries of their own.
      exchange.shouldLog = false
      return Result.succeed(empty(new HeaderFields()))
    }
    if (route.kind === "usage") {
      exchange.shouldLog = false
      return Result.map(await run(showUsage(exchange, gateway, caller, limits)), answerOfResponse)
    }
    if (
      route.kind === "upstream" && (route.socket !== undefined || exchange.host.canUpgrade === true)
    ) {
      const opened = openSocket(sockets, exchange, route, gateway)
      if (Result.isFailure(opened)) return Result.fail(opened.failure)
      route = opened.success
    }
    const parsed = parseOptionHeaders(headers)
    if (Result.isFailure(parsed)) return Result.fail(parsed.failure)
    const requested = withTokenMetadata(parsed.success, caller.token?.metadata)
    noteRequested(exchange, requested)

    const context = { exchange, gateway, caller }
    let plan: Plan
    if (route.kind === "universal") {
      const planned = await planUniversal(services, context, requested)
      if (Result.isFailure(planned)) return Result.fail(planned.failure)
      plan = planned.success
    } else {
      const options = directOptions(gateway, route, requested)
      const body = await directBody(services, context, route, options)
      if (Result.isFailure(body)) return Result.fail(body.failure)
      plan = planDirect(services, context, route, body.success, options)
    }
    const outcome = await runPlan(services, context, plan, callOf(gateway))
    if (Result.isSuccess(outcome)) {
      const answer = respond(services, outcome.success)
      return answer instanceof Promise ? await answer : answer
    }
    if (exchange.streamedBody !== undefined) await drainUnread(exchange.streamedBody)
    return Result.fail(outcome.failure)
  }
}

/** The route of a WebSocket, which takes a place among those that are open until it ends. */
const openSocket = (
  sockets: OpenSockets,
  exchange: Exchange,
  route: UpstreamRoute,
  gateway: GatewaySettings,
): Result.Result<UpstreamRoute, GatewayError> => {
  const found = socketRoute(exchange, route)
  if (Result.isFailure(found) || found.success.socket !== "always") return found
  exchange.routeName = found.success.name
  if (holdsBack(gateway)) return Result.fail(policiesUnheld())
  const leave = sockets.enter(gateway.id, gateway.socketLimit)
  if (leave === undefined) return Result.fail(tooManySockets(gateway.socketLimit))
  exchange.settleBy(leave)
  return found
}

/** Whether a policy may have to hold something back, which over a socket none does. */
const holdsBack = ({ dlp, guardrails }: GatewaySettings): boolean =>
  dlp?.request?.withholds === true || dlp?.response?.withholds === true ||
  guardrails?.prompt?.blocks === true || guardrails?.response?.blocks === true

/** What goes to a gateway's own collectors is what their callers have not sampled out. */
const everyTrace = { parentBased: true, ratio: 1 }

const empty = (headers: HeaderFields): Answer => ({ status: 204, statusText: "", headers, body: null })

/** A call of the gateway's own needs no token. */
const admitOwn = (exchange: Exchange, { route, settled }: OwnCall): Result.Result<Caller, GatewayError> => {
  exchange.routeName = route
  exchange.settleBy(() => settled)
  return ownCaller
}

/** Usage is shown to the console's page as well, by the session of a token's holder. */
const identifyHolder = async (
  { settings, auth }: PipelineServices,
  { headers }: Exchange,
  { account, gateway: id }: UsageRoute,
  gateway: GatewaySettings,
): Promise<Result.Result<Caller, GatewayError>> => {
  const { adminTokens } = settings
  const token = await tokenOfSession(
    headers,
    { account, gateway: id },
    gateway.tokens,
    adminTokens,
    Date.now(),
  )
  return token === undefined
    ? await auth.identify(headers, gateway)
    : Result.succeed({ token, tokenHeaders: new Set() })
}

/** Logs a 404 under the gateway named in its path, if the caller may use that gateway. */
const noteStray = async ({ settings, auth }: PipelineServices, exchange: Exchange): Promise<void> => {
  const { headers, url, method } = exchange
  const place = placeOf(url.pathname)
  const gateway = place && settings.gateway(place.account, place.gateway)
  if (place === undefined || gateway === undefined || method === "OPTIONS") return
  const identified = await auth.identify(headers, gateway)
  if (Result.isFailure(identified)) return
  const { token } = identified.success
  exchange.account = place.account
  exchange.gateway = place.gateway
  exchange.authenticated = token !== undefined
  exchange.token = token?.name ?? null
  exchange.shouldLog = gateway.log.collect
  const requested = parseOptionHeaders(headers)
  if (Result.isSuccess(requested)) {
    noteRequested(exchange, withTokenMetadata(requested.success, token?.metadata))
  }
}

/** Notes the requested options, for the record if no call is made. */
const noteRequested = (exchange: Exchange, { collectLog, metadata }: RequestedOptions): void => {
  exchange.shouldLog = collectLog ?? exchange.shouldLog
  exchange.metadata = metadata ?? exchange.metadata
}

const describe = (exchange: Exchange, route: UniversalRoute | UpstreamRoute | UsageRoute): void => {
  exchange.account = route.account
  exchange.gateway = route.gateway
  if (route.kind !== "upstream") {
    exchange.routeName = route.kind
    return
  }
  exchange.provider = route.provider
  exchange.routeName = route.name
  exchange.model = exchange.deployment = route.deployment ?? null
}
