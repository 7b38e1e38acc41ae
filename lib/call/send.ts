/**
 * One try of a call, within the gateway's timeouts.
 *
 * @module
 */
import type * as Result from "effect/Result"
import { lengthOf } from "../body/prepared-body.ts"
import { codingOf } from "../body/content-coding.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import type { UpstreamRoute } from "../route/routes.ts"
import type { TimeoutLimits } from "../upstream/timeouts.ts"
import type { UpstreamAnswer } from "../upstream/Upstream.ts"
import type { UpstreamFailure } from "../upstream/upstream-failure.ts"
import type { CallServices } from "./stages.ts"
import type { Call } from "./call.ts"

/** The result of one try. */
export type TryResult = Result.Result<UpstreamAnswer, UpstreamFailure>

/** One try; `left` is the rest of the call's total time in milliseconds, `undefined` if it has no limit. */
export type Attempt = (call: Call, left: number | undefined, notes: AttemptNotes) => Promise<TryResult>

/** Notes of stages about a try, for the record. */
export interface AttemptNotes {
  /** The state of the host's circuit. */
  circuit: string | null
}

/** The gateway's timeout for the headers of an answer, in milliseconds. */
export const headersTimeout = (gateway: GatewaySettings, { dedicated }: UpstreamRoute): number =>
  dedicated ? gateway.dedicatedHeadersTimeout : gateway.headersTimeout

/** `cf-aig-request-timeout` can only shorten the time to the headers. */
const limitsOf = (
  gateway: GatewaySettings,
  { target: { route, options } }: Call,
  total: number | undefined,
): TimeoutLimits => {
  const headers = headersTimeout(gateway, route)
  return { headers: Math.min(headers, options.requestTimeout ?? headers), idle: gateway.idleTimeout, total }
}

/** Sends calls. */
export const send =
  ({ upstream }: Pick<CallServices, "upstream">, gateway: GatewaySettings): Attempt => (call, left) => {
    const { target, body, headers } = call
    const length = lengthOf(body)
    if (length !== undefined) headers.set("content-length", String(length))
    if (body.coding === undefined && codingOf(headers) !== undefined) headers.delete("content-encoding")
    const isHandshake = target.route.socket === "always"
    const { subprotocols = [] } = call.exchange.host
    if (isHandshake && subprotocols.length > 0) headers.set("sec-websocket-protocol", subprotocols.join(", "))
    const request = {
      url: target.route.url,
      method: target.method,
      headers,
      body: body.kind === "bytes" ? body.bytes : body.kind === "stream" ? body.stream : null,
      length,
      broken: body.kind === "stream" ? body.broken : undefined,
      isHandshake,
    }
    return upstream.send(request, limitsOf(gateway, call, left), call.cut)
  }
