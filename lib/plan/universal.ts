/**
 * The universal endpoint: steps, tried one after the other until one succeeds.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { GatewayAuth } from "../auth/GatewayAuth.ts"
import { parseOptionHeaders } from "../config/option-headers.ts"
import {
  configOptions,
  optionsForCall,
  type RequestedOptions,
  requestOptions,
} from "../config/request-options.ts"
import { badRequest, GatewayError, methodNotAllowed } from "../errors.ts"
import { eventId } from "../exchange.ts"
import { HeaderFields } from "../headers/header-fields.ts"
import { inspect } from "../body/prepare-body.ts"
import { heldBytes } from "../body/prepared-body.ts"
import { adaptParameters } from "../body/model-parameters.ts"
import { type UniversalStep, universalSteps } from "../body/universal-steps.ts"
import { allowedMethods } from "../route/routes.ts"
import { UrlResolver } from "../route/UrlResolver.ts"
import type { Call, Called } from "../call/call.ts"
import { lift } from "../call/lift.ts"
import { callTarget, missingTarget, type TargetServices } from "./dispatch.ts"
import { isPredict, recordedModel, type Step } from "../call/step.ts"

/** A call whose step is yet to be read. */
export type UniversalCall = Omit<Call, "step">

/**
 * Tries the steps of a universal request. An error status, a time-out or a refusal moves on to the next; what the last
 * step comes to is the answer, whatever it is. All steps are read before the first is called.
 */
export const callInTurn: (
  call: UniversalCall,
  asked: RequestedOptions,
  bytes: Uint8Array<ArrayBuffer>,
) => Effect.Effect<Called, GatewayError, GatewayAuth | TargetServices> = Effect.fnUntraced(
  function* (call, asked, bytes) {
    const read = yield* Effect.fromResult(universalSteps(bytes))
    call.exchange.shown.push(...read.map(({ headers }) => headers))
    const steps: Array<Step> = []
    for (const [index, step] of read.entries()) {
      steps.push(yield* stepOf(call, asked, step, index, steps[0]))
    }
    const { record } = call.exchange
    const coming = call.exchange.steps
    coming.toCome = steps.length
    const callOne = (step: Step) => {
      coming.toCome--
      // The Workers binding form of `ai-gateway-provider` puts the id into each step.
      record.event_id = eventId(step.headers) ?? record.event_id
      record.model = recordedModel(step)
      record.stream = step.body.view.stream
      return callTarget({ ...call, step })
    }
    const last = steps.pop()
    for (const step of steps) {
      const result = yield* Effect.result(callOne(step))
      if (Result.isFailure(result)) {
        if (result.failure.reason === "client_left") return yield* result.failure
      } else if (result.success.status < 400) return result.success
      else result.success.release()
    }
    if (last === undefined) return yield* badRequest("The body has no steps. Send at least one.")
    return yield* Effect.mapError(callOne(last), (error) => ofStep(error, last))
  },
)

/** Clients choose the reader of an answer by its step, an answer of the gateway's own included. */
const ofStep = ({ reason, detail, headers, statusOverride }: GatewayError, { index }: Step): GatewayError =>
  new GatewayError({
    reason,
    detail,
    headers: { ...headers, "cf-aig-step": String(index) },
    ...(statusOverride && { statusOverride }),
  })

const stepOf: (
  call: UniversalCall,
  asked: RequestedOptions,
  step: UniversalStep,
  index: number,
  first: Step | undefined,
) => Effect.Effect<Step, GatewayError, GatewayAuth | UrlResolver> = Effect.fnUntraced(
  function* (
    { gateway, exchange: { record } },
    asked,
    { provider, path, search, headers: given, body, config },
    index,
    first,
  ) {
    const headers = HeaderFields.of(given)
    const named = (error: GatewayError) =>
      new GatewayError({ reason: error.reason, detail: `Step ${index + 1}: ${error.detail}` })
    const place = { account: record.account_id ?? "", gateway: record.gateway_id ?? "" }
    const found = (yield* UrlResolver).resolveWithin(place, "POST", provider, path, search)
    if (Result.isFailure(found)) return yield* named(found.failure)
    const route = found.success
    if (route.kind !== "upstream") return yield* named(methodNotAllowed("POST", allowedMethods(route)))
    const seen = yield* Effect.fromResult(Result.mapError(inspect(body, route.body), named))
    const missing = missingTarget(gateway, seen)
    if (missing !== undefined) return yield* named(missing)
    const own = parseOptionHeaders(headers)
    if (Result.isFailure(own)) return yield* named(own.failure)
    if (!headers.has("content-type")) headers.set("content-type", "application/json")
    // Its body is JSON as it stands, whatever it is said to be.
    headers.delete("content-encoding")

    const { tokenHeaders } = yield* GatewayAuth
    const fitted = fittedTo({ route, body: seen }, first)
    const options = requestOptions(
      gateway,
      asked,
      { ...configOptions(config), ...own.success },
      gateway.retriesPredict || !isPredict(route),
    )
    return {
      index,
      method: "POST",
      route,
      headers,
      tokenHeaders: yield* lift(() => tokenHeaders(headers, gateway)),
      takesOwnKey: true,
      body: { ...seen, bytes: fitted.bytes },
      changes: fitted.changes,
      options: index === 0 ? options : optionsForCall(options, `step ${index}`),
    }
  },
)

/** The model of Baseten's that a step calls; a custom provider may have one of the same name. */
const basetenModel = ({ route, body: { provider = "baseten", view } }: Pick<Step, "route" | "body">) =>
  route.provider === "baseten" && provider === "baseten" ? view.model : undefined

/** A body that falls back to another of Baseten's models than the first step's, made to suit that model. */
const fittedTo = (step: Pick<Step, "route" | "body">, first: Step | undefined) => {
  const bytes = heldBytes(step.body)
  const model = basetenModel(step)
  return first === undefined || model === undefined
    ? { bytes, changes: [] }
    : adaptParameters(bytes, basetenModel(first), model)
}
