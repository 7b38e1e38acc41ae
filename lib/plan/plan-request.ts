/**
 * From a request to its plan: its options, its body, and what to call.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { Caller } from "../auth/GatewayAuth.ts"
import { type BodyUse, prepareBody } from "../body/prepare-body.ts"
import { heldBytes, type PreparedBody } from "../body/prepared-body.ts"
import type { Uploads } from "../body/Uploads.ts"
import { isPredict, recordedModel } from "../call/target.ts"
import type { CallContext } from "../call/call.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { type RequestedOptions, type RequestOptions, requestOptions } from "../config/request-options.ts"
import { bodyTooLarge, type GatewayError } from "../errors.ts"
import { dependsOnModel } from "../limit/depends-on-model.ts"
import type { Prices } from "../pricing/Prices.ts"
import type { UpstreamRoute } from "../route/routes.ts"
import type { Awaitable } from "../time/awaitable.ts"
import { direct } from "./direct.ts"
import type { KeptChoices } from "./KeptChoices.ts"
import type { Planning } from "./planning.ts"
import type { Plan } from "./plan.ts"
import { universal, type UniversalPlanning, universalTargets } from "./universal.ts"

interface BodyServices {
  readonly uploads: Uploads["Service"]
}

interface PlanningServices extends BodyServices, Pick<Planning, "resolver"> {
  readonly prices: Pick<Prices["Service"], "priceOf">
  readonly choices: Pick<KeptChoices["Service"], "keep">
}

const noOptions: RequestedOptions = {}

/** A body that is not inspected is still held if it may have to be sent again, or is part of a cache key. */
const mayNeedAgain = ({ cache, retry }: RequestOptions): boolean => retry.maxAttempts > 1 || cache.ttl > 0

/** Whether a call must not be made before its model is known. */
const mustKnowModel = (gateway: GatewaySettings, { token }: Caller): boolean =>
  dependsOnModel(gateway) ||
  (token !== undefined &&
    (token.models !== undefined || (token.limits !== undefined && dependsOnModel(token.limits))))

const readBody = (
  { uploads }: BodyServices,
  { exchange, gateway, caller }: CallContext,
  use: BodyUse,
  isHeld: boolean,
): Awaitable<Result.Result<PreparedBody, GatewayError>> => {
  const upload = exchange.upload = uploads.open(
    exchange.request,
    gateway.requestIdleTimeout,
    exchange.headers,
  )
  return prepareBody(upload, {
    use,
    isHeld,
    isChecked: gateway.dlp?.request !== undefined || gateway.guardrails?.prompt !== undefined,
    mustKnow: mustKnowModel(gateway, caller),
    limit: gateway.requestBodyLimit,
  })
}

const planningOf = ({ resolver, prices, choices }: PlanningServices, context: CallContext): Planning => ({
  exchange: context.exchange,
  gateway: context.gateway,
  caller: context.caller,
  resolver,
  priceOf: prices.priceOf,
  keep: choices.keep,
})

/** The options of a call of a route that a provider answers. */
export const directOptions = (
  gateway: GatewaySettings,
  route: UpstreamRoute,
  requested: RequestedOptions,
): RequestOptions =>
  requestOptions(gateway, requested, noOptions, gateway.retriesPredict || !isPredict(route))

/** The body of such a call. */
export const directBody = (
  services: BodyServices,
  context: CallContext,
  route: UpstreamRoute,
  options: RequestOptions,
): Awaitable<Result.Result<PreparedBody, GatewayError>> =>
  readBody(services, context, route.body, mayNeedAgain(options))

/** Plans such a call. */
export const planDirect = (
  services: PlanningServices,
  context: CallContext,
  route: UpstreamRoute,
  body: PreparedBody,
  options: RequestOptions,
): Plan => {
  const planning = planningOf(services, context)
  const { exchange, caller } = planning
  const target = {
    step: 0,
    method: exchange.method,
    route,
    headers: exchange.headers,
    tokenHeaders: caller.tokenHeaders,
    acceptsCallerKey: !route.storedKeysOnly,
    body,
    options,
    adaptations: [],
  }
  exchange.requestBytes = body.received ?? null
  exchange.describe(recordedModel(target), body.view.stream)
  if (body.kind === "stream") exchange.streamedBody = body.stream
  return direct(planning, target)
}

/** Plans the steps of a universal request. */
export const planUniversal = async (
  services: PlanningServices & Pick<UniversalPlanning, "auth">,
  context: CallContext,
  requested: RequestedOptions,
): Promise<Result.Result<Plan, GatewayError>> => {
  const bytes = await universalBody(services, context)
  if (Result.isFailure(bytes)) return Result.fail(bytes.failure)
  const planning = { ...planningOf(services, context), auth: services.auth }
  const targets = await universalTargets(planning, requested, bytes.success)
  return Result.map(targets, (targets) => universal(planning, targets))
}

/** A body that the host holds already need not be read: it is counted as held, and only the limit is checked. */
const universalBody = async (
  services: BodyServices,
  context: CallContext,
): Promise<Result.Result<Uint8Array<ArrayBuffer>, GatewayError>> => {
  const { exchange, gateway: { requestBodyLimit, requestIdleTimeout } } = context
  const { body } = exchange.host
  if (body === undefined) {
    return Result.map(await readBody(services, context, "read", false), (read) => {
      exchange.requestBytes = read.received ?? null
      return heldBytes(read)
    })
  }
  exchange.requestBytes = body.byteLength
  if (body.byteLength > requestBodyLimit) return Result.fail(bodyTooLarge(requestBodyLimit))
  const upload = exchange.upload = services.uploads.open(
    exchange.request,
    requestIdleTimeout,
    exchange.headers,
  )
  const refused = upload.hold(body.byteLength)
  return refused === undefined ? Result.succeed(body) : Result.fail(refused)
}
