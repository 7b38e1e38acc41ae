/**
 * The path of a request, top to bottom.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { ownAnswer } from "./admin/own-routes.ts"
import { AuthForwarder } from "./auth/AuthForwarder.ts"
import { GatewayAuth } from "./auth/GatewayAuth.ts"
import type { GatewaySettings } from "./config/gateway-settings.ts"
import { Settings } from "./config/Settings.ts"
import { answerOptions } from "./cors.ts"
import { GatewayError, gatewayNotFound } from "./errors.ts"
import type { Exchange } from "./exchange.ts"
import { relayAnswer } from "./relay-answer.ts"
import { StreamRelay } from "./relay/StreamRelay.ts"
import { Upstream } from "./relay/Upstream.ts"
import { prepareBody, type PreparedBody } from "./request/prepare-body.ts"
import { allowedMethods, type UpstreamRoute } from "./route/routes.ts"
import { UrlResolver } from "./route/UrlResolver.ts"

/** Everything that the pipeline asks of its layers. */
export type Stages = AuthForwarder | GatewayAuth | Settings | StreamRelay | Upstream | UrlResolver

/** Answers one request: by itself, or with Baseten's answer, whose body is still on its way. */
export const pipeline: (exchange: Exchange) => Effect.Effect<Response, GatewayError, Stages> = Effect
  .fnUntraced(
    function* (exchange) {
      const { request } = exchange
      const settings = yield* Settings
      const route = yield* (yield* UrlResolver).resolve(request.method, exchange.url)
      if (request.method === "OPTIONS") {
        return answerOptions(request.headers, allowedMethods(route), settings.corsOrigins)
      }
      if (route.kind === "own") return ownAnswer(route)
      describe(exchange, route)

      const gateway = settings.gateway(route.account, route.gateway)
      if (gateway === undefined) return yield* gatewayNotFound(route.account, route.gateway)
      const caller = yield* (yield* GatewayAuth).identify(request.headers, gateway)
      const headers = yield* (yield* AuthForwarder).forward({
        headers: request.headers,
        hostname: exchange.url.hostname,
        loopback: exchange.loopback,
        caller,
        gateway,
        requestId: exchange.record.request_id,
      })
      const body = yield* Effect.promise(() => prepareBody(request, route.body, gateway.requestBodyLimit))
      if (body instanceof GatewayError) return yield* body
      noteBody(exchange, body)
      if (body.length !== undefined) headers.set("content-length", String(body.length))

      const before = exchange.elapsed()
      const answer = yield* (yield* Upstream).send(
        { url: route.url, method: request.method, headers, ...body },
        limits(route, gateway),
      ).pipe(Effect.mapError(({ error, ending }) => {
        exchange.record.ending = ending
        return gateway.cloudflareErrorStatus ? asCloudflare(error) : error
      }))
      exchange.record.time_to_headers_ms = exchange.elapsed()
      return yield* relayAnswer(exchange, route, answer, yield* StreamRelay, before)
    },
  )

const describe = ({ record }: Exchange, route: UpstreamRoute): void => {
  record.account_id = route.account
  record.gateway_id = route.gateway
  record.provider = "baseten"
  record.route = route.name
  record.deployment = route.deployment ?? null
}

const noteBody = ({ record }: Exchange, { view, received }: PreparedBody): void => {
  record.model = view.model ?? null
  record.stream = view.stream
  record.request_bytes = received ?? null
}

const limits = (route: UpstreamRoute, gateway: GatewaySettings) => ({
  headers: route.dedicated ? gateway.dedicatedHeadersTimeout : gateway.headersTimeout,
  idle: gateway.idleTimeout,
  total: gateway.totalTimeout,
})

/** Cloudflare's status for a provider that gave no answer; the gateway's other errors keep their own. */
const asCloudflare = (error: GatewayError): GatewayError =>
  error.code === 2005
    ? new GatewayError({ reason: error.reason, detail: error.detail, statusOverride: 400 })
    : error
