/**
 * The path of a request, top to bottom.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { handleAdmin } from "./admin/handler.ts"
import { handleHealth } from "./health/handler.ts"
import { type Caller, GatewayAuth } from "./auth/GatewayAuth.ts"
import type { GatewaySettings } from "./config/gateway-settings.ts"
import { parseOptionHeaders } from "./config/option-headers.ts"
import { type RequestedOptions, type RequestOptions, requestOptions } from "./config/request-options.ts"
import { Settings } from "./config/Settings.ts"
import { answerOptions } from "./headers/cors.ts"
import { bodyTooLarge, type GatewayError, gatewayNotFound, upgradeRequired } from "./errors.ts"
import type { Exchange } from "./exchange.ts"
import type { RequestLog } from "./request-log/RequestLog.ts"
import { StreamRelay } from "./relay/StreamRelay.ts"
import { type BodyUse, prepareBody } from "./body/prepare-body.ts"
import { heldBytes } from "./body/prepared-body.ts"
import { drainUnread } from "./body/hand-on.ts"
import { liftResult } from "./call/lift.ts"
import { asksForModel } from "./limit/asks-for-model.ts"
import { placeOf } from "./route/paths.ts"
import { allowedMethods, type UniversalRoute, type UpstreamRoute } from "./route/routes.ts"
import { Uploads } from "./body/Uploads.ts"
import { UrlResolver } from "./route/UrlResolver.ts"
import { callInTurn } from "./plan/universal.ts"
import type { Metrics } from "./telemetry/metrics/Metrics.ts"
import { callTarget, type TargetServices } from "./plan/dispatch.ts"
import { isPredict, recordedModel, type Step } from "./call/step.ts"

/** Everything that the pipeline asks of its layers. */
export type PipelineServices =
  | GatewayAuth
  | Metrics
  | RequestLog
  | Settings
  | StreamRelay
  | TargetServices
  | Uploads

/** Answers one request: by itself, or with a provider's answer, whose body is still on its way. */
export const pipeline: (exchange: Exchange) => Effect.Effect<Response, GatewayError, PipelineServices> =
  Effect
    .fnUntraced(
      function* (exchange) {
        const { request, record } = exchange
        const settings = yield* Settings
        const route = yield* Effect.tapError(
          Effect.fromResult((yield* UrlResolver).resolve(request.method, exchange.url)),
          // Not Effect.ignore, which can log: 2 kB of gzip in a Worker for loggers that nothing here uses.
          () => Effect.orElseSucceed(noteStray(exchange), () => undefined),
        )
        if (request.method === "OPTIONS") {
          const origins = route.kind === "admin" ? new Set<string>() : settings.corsOrigins
          return answerOptions(exchange.headers, allowedMethods(route), origins)
        }
        if (route.kind === "own") return yield* handleHealth(route)
        if (route.kind === "admin") return yield* handleAdmin(exchange, route)
        describe(exchange, route)

        const gateway = settings.gateway(route.account, route.gateway)
        if (gateway === undefined) return yield* gatewayNotFound(route.account, route.gateway)
        const caller = yield* identified(yield* GatewayAuth, exchange, gateway)
        record.authenticated = caller.token !== undefined
        // Whoever may not call leaves no entry: a stranger could push the entries of others out of the log.
        exchange.collected.shouldLog = gateway.log.collect
        if (route.kind === "universal" && request.method === "GET") {
          if (!exchange.canUpgrade) return yield* upgradeRequired()
          // The calls that are made over the socket have entries of their own.
          exchange.collected.shouldLog = false
          return new Response(null, { status: 204 })
        }
        const asked = yield* Effect.fromResult(parseOptionHeaders(exchange.headers))
        noteAsked(exchange, asked)
        const call = { exchange, gateway, caller, relay: yield* StreamRelay, budgets: [] }
        if (route.kind === "universal") {
          const bytes = yield* universalBody(exchange, gateway)
          return yield* (yield* callInTurn(call, asked, bytes)).respond()
        }
        const options = requestOptions(gateway, asked, {}, gateway.retriesPredict || !isPredict(route))
        const body = yield* bodyOf(exchange, route.body, mayNeedAgain(options), gateway)
        const step: Step = {
          index: 0,
          method: request.method,
          route,
          headers: exchange.headers,
          tokenHeaders: caller.tokenHeaders,
          takesOwnKey: true,
          body,
          options,
          changes: [],
        }
        record.model = recordedModel(step)
        record.stream = body.view.stream
        const called = callTarget({ ...call, step })
        return yield* (yield* body.kind === "stream"
          ? Effect.tapError(called, () => Effect.promise(() => drainUnread(body.stream)))
          : called).respond()
      },
    )

const identified = (
  { identify }: GatewayAuth["Service"],
  { headers }: Exchange,
  gateway: GatewaySettings,
): Effect.Effect<Caller, GatewayError> => liftResult(() => identify(headers, gateway))

/** A call that no route takes is logged as well, at the gateway that it names and if that would have heard its caller. */
const noteStray = Effect.fnUntraced(function* (exchange: Exchange) {
  const { request, record, url } = exchange
  const place = placeOf(url.pathname)
  const gateway = place && (yield* Settings).gateway(place.account, place.gateway)
  if (place === undefined || gateway === undefined || request.method === "OPTIONS") return
  const caller = yield* identified(yield* GatewayAuth, exchange, gateway)
  record.account_id = place.account
  record.gateway_id = place.gateway
  record.authenticated = caller.token !== undefined
  exchange.collected.shouldLog = gateway.log.collect
  const asked = parseOptionHeaders(exchange.headers)
  if (Result.isSuccess(asked)) noteAsked(exchange, asked.success)
})

/** What holds of the entry of a call that does not get as far as a step. */
const noteAsked = ({ collected, record }: Exchange, { collectLog, metadata }: RequestedOptions): void => {
  collected.shouldLog = collectLog ?? collected.shouldLog
  record.metadata = metadata ?? record.metadata
}

/** A body that is not looked at is still held where it may have to be sent again, or found in the cache. */
const mayNeedAgain = ({ cache, retry }: RequestOptions): boolean => retry.maxAttempts > 1 || cache.ttl > 0

const bodyOf = (exchange: Exchange, use: BodyUse, isHeld: boolean, gateway: GatewaySettings) =>
  Effect.flatMap(
    Effect.flatMap(Uploads, ({ open }) => {
      const upload = exchange.upload = open(exchange.request, gateway.requestIdleTimeout)
      const wish = { use, isHeld, mustKnow: asksForModel(gateway), limit: gateway.requestBodyLimit }
      return liftResult(() => prepareBody(upload, wish))
    }),
    (body) => {
      exchange.record.request_bytes = body.received ?? null
      return Effect.succeed(body)
    },
  )

/** What a host holds already need not be read: it counts among what is held, and the limit alone decides. */
const universalBody = (
  exchange: Exchange,
  gateway: GatewaySettings,
): Effect.Effect<Uint8Array<ArrayBuffer>, GatewayError, Uploads> => {
  const { body, request, record } = exchange
  if (body === undefined) {
    return Effect.map(
      bodyOf(exchange, "read", false, gateway),
      heldBytes,
    )
  }
  record.request_bytes = body.byteLength
  const { requestBodyLimit, requestIdleTimeout } = gateway
  if (body.byteLength > requestBodyLimit) return Effect.fail(bodyTooLarge(requestBodyLimit))
  return Effect.flatMap(Uploads, ({ open }) => {
    const upload = exchange.upload = open(request, requestIdleTimeout)
    const refused = upload.hold(body.byteLength)
    return refused === undefined ? Effect.succeed(body) : Effect.fail(refused)
  })
}

const describe = ({ record }: Exchange, route: UniversalRoute | UpstreamRoute): void => {
  record.account_id = route.account
  record.gateway_id = route.gateway
  if (route.kind === "universal") {
    record.route = "universal"
    return
  }
  record.provider = route.provider
  record.route = route.name
  record.model = record.deployment = route.deployment ?? null
}
