/**
 * The plan of a universal request: its steps, tried one after the other until one succeeds.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { GatewayAuth } from "../auth/GatewayAuth.ts"
import { heldBytes } from "../body/prepared-body.ts"
import { adaptParameters } from "../body/model-parameters.ts"
import { inspect } from "../body/prepare-body.ts"
import { type UniversalStep, universalSteps } from "../body/universal-steps.ts"
import { type CallTarget, isPredict, recordedModel } from "../call/target.ts"
import {
  configOptions,
  optionsForCall,
  type RequestedOptions,
  requestOptions,
  withTokenMetadata,
} from "../config/request-options.ts"
import { parseOptionHeaders } from "../config/option-headers.ts"
import { badRequest, GatewayError, methodNotAllowed } from "../errors.ts"
import { eventIdIn } from "../exchange.ts"
import { allowedMethods } from "../route/routes.ts"
import { direct, validateTarget } from "./direct.ts"
import type { Planning } from "./planning.ts"
import {
  failed,
  hasClientLeft,
  isBlocked,
  type PlanResult,
  release,
  type Steps,
  stepsOf,
  succeeded,
} from "./plan.ts"

/** The context that universal plans are made in. */
export interface UniversalPlanning extends Planning {
  readonly auth: GatewayAuth["Service"]
}

/** Reads all steps of a universal request, before the first is called. */
export const universalTargets = async (
  planning: UniversalPlanning,
  requested: RequestedOptions,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Result.Result<ReadonlyArray<CallTarget>, GatewayError>> => {
  const read = universalSteps(bytes)
  if (Result.isFailure(read)) return Result.fail(read.failure)
  planning.exchange.stepHeaders = read.success.map(({ headers }) => headers)
  const targets: Array<CallTarget> = []
  for (const [index, step] of read.success.entries()) {
    const target = await targetOf(planning, requested, step, index, targets[0])
    if (Result.isFailure(target)) return Result.fail(target.failure)
    targets.push(target.success)
  }
  return targets.length === 0
    ? Result.fail(badRequest("The body has no steps. Send at least one."))
    : Result.succeed(targets)
}

/**
 * Tries the steps. An error status, a time-out or a refusal moves on to the next; the result of the last step is final,
 * whatever it is.
 */
export function* universal(planning: Planning, targets: ReadonlyArray<CallTarget>): Steps {
  const { exchange } = planning
  let result: PlanResult | undefined
  let last = targets.length - 1
  for (const [index, target] of targets.entries()) {
    exchange.stepsToCome = targets.length - index - 1
    // The Workers binding form of `ai-gateway-provider` puts the id into each step.
    exchange.eventId = eventIdIn(target.headers) ?? exchange.eventId
    exchange.describe(recordedModel(target), target.body.view.stream)
    release(result)
    result = yield* stepsOf(direct(planning, target))
    if (succeeded(result) || hasClientLeft(result)) return result
    if (!isBlocked(result)) continue
    last = index
    break
  }
  return result === undefined
    ? failed(badRequest("The body has no steps. Send at least one."))
    : Result.mapError(result, ({ error, report }) => ({ error: ofStep(error, last), report }))
}

/** Clients choose the parser of an answer by its step, even for the gateway's own errors. */
const ofStep = ({ reason, detail, headers, statusOverride }: GatewayError, index: number): GatewayError =>
  new GatewayError({
    reason,
    detail,
    headers: { ...headers, "cf-aig-step": String(index) },
    ...(statusOverride && { statusOverride }),
  })

const targetOf = async (
  planning: UniversalPlanning,
  requested: RequestedOptions,
  { provider, path, search, headers, body, config }: UniversalStep,
  index: number,
  first: CallTarget | undefined,
): Promise<Result.Result<CallTarget, GatewayError>> => {
  const { gateway, exchange, resolver, auth } = planning
  const named = (error: GatewayError) =>
    Result.fail(new GatewayError({ reason: error.reason, detail: `Step ${index + 1}: ${error.detail}` }))
  const place = { account: exchange.account ?? "", gateway: exchange.gateway ?? "" }
  const found = resolver.resolveWithin(place, "POST", provider, path, search)
  if (Result.isFailure(found)) return named(found.failure)
  const route = found.success
  if (route.kind !== "upstream") return named(methodNotAllowed("POST", allowedMethods(route)))
  const seen = inspect(body, route.body)
  if (Result.isFailure(seen)) return named(seen.failure)
  const invalid = validateTarget(gateway, seen.success)
  if (invalid !== undefined) return named(invalid)
  const own = parseOptionHeaders(headers)
  if (Result.isFailure(own)) return named(own.failure)
  if (!headers.has("content-type")) headers.set("content-type", "application/json")
  // Its body has been parsed as JSON, whatever its media type says.
  headers.delete("content-encoding")

  const adapted = adaptedTo({ route, body: seen.success }, first)
  // A step's metadata replace those of the request, but not those of the token.
  const stepOptions = own.success.metadata === undefined
    ? own.success
    : withTokenMetadata(own.success, planning.caller.token?.metadata)
  const options = requestOptions(
    gateway,
    requested,
    { ...configOptions(config), ...stepOptions },
    gateway.retriesPredict || !isPredict(route),
  )
  return Result.succeed({
    step: index,
    method: "POST",
    route,
    headers,
    tokenHeaders: await auth.tokenHeaders(headers, gateway),
    acceptsCallerKey: true,
    body: { ...seen.success, kind: "bytes", bytes: adapted.bytes },
    adaptations: adapted.changes,
    options: index === 0 ? options : optionsForCall(options, `step ${index}`),
  })
}

/** Baseten's model that is called; a custom provider may have one of the same name. */
const basetenModel = ({ route, body: { provider = "baseten", view } }: Pick<CallTarget, "route" | "body">) =>
  route.provider === "baseten" && provider === "baseten" ? view.model : undefined

/** The body of a step, adapted if it falls back to another of Baseten's models than the first step's. */
const adaptedTo = (target: Pick<CallTarget, "route" | "body">, first: CallTarget | undefined) => {
  const bytes = heldBytes(target.body)
  const model = basetenModel(target)
  return first === undefined || model === undefined
    ? { bytes, changes: [] }
    : adaptParameters(bytes, basetenModel(first), model)
}
