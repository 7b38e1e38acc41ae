/**
 * A dynamic route, followed for one request: models are called and limits are asked as its graph says.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { SpendLimits } from "../config/limit-rules.ts"
import { optionsForCall } from "../config/request-options.ts"
import type { RouteGraph } from "../dynamic-route/graph.ts"
import { textDigest } from "../redaction/digest.ts"
import { GatewayError } from "../errors.ts"
import { RateLimit } from "../limit/RateLimit.ts"
import { SpendLimit } from "../limit/SpendLimit.ts"
import { withModel } from "../body/body-view.ts"
import { valueAt } from "../json/value-at.ts"
import { adaptParameters } from "../body/model-parameters.ts"
import { inspect } from "../body/prepare-body.ts"
import { heldBytes } from "../body/prepared-body.ts"
import { type CallStep, type LimitStep, startTraversal } from "../dynamic-route/traversal.ts"
import type { UrlResolver } from "../route/UrlResolver.ts"
import type { Budgets, Call, Called } from "../call/call.ts"
import { callStep, type StepServices } from "../call/call-provider.ts"
import { lift } from "../call/lift.ts"
import { toProvider } from "./resolve-provider.ts"

/** The best and the worst so far: answers that are yet to be relayed, or let go. */
interface InHand {
  answer?: Called
  failure?: Called | GatewayError
}

const letGo = (called: Called | GatewayError | undefined): void => {
  if (called !== undefined && !(called instanceof GatewayError)) called.release()
}

/**
 * Follows a route to its end.
 *
 * A caller's own key is Baseten's and goes to no other provider: for those the gateway must hold keys (as Cloudflare
 * asks for every model of a route).
 */
export const followRoute = (
  call: Call,
  graph: RouteGraph,
): Effect.Effect<Called, GatewayError, StepServices | UrlResolver> =>
  Effect.suspend(() => {
    const inHand: InHand = {}
    // A client that leaves interrupts the walk: nobody else ends the calls whose answers are in hand.
    return Effect.onError(walkRoute(call, graph, inHand), () =>
      Effect.sync(() => {
        letGo(inHand.answer)
        letGo(inHand.failure)
      }))
  })

const walkRoute: (
  call: Call,
  graph: RouteGraph,
  inHand: InHand,
) => Effect.Effect<Called, GatewayError, StepServices | UrlResolver> = Effect.fnUntraced(
  function* (call, graph, inHand) {
    const { step, exchange: { request, record } } = call
    const bytes = heldBytes(step.body)
    let walk = startTraversal(graph, {
      metadata: step.options.metadata,
      body: (path) => valueAt(bytes, path),
      // Of a universal request, the step's own headers go before those of the request.
      header: (name) => step.headers.get(name) ?? request.headers.get(name),
      random: Math.random,
    })
    const budgets: Array<Budgets> = []
    const fail = (next: Called | GatewayError) => {
      letGo(inHand.failure)
      inHand.failure = next
    }
    while (walk.do !== "end") {
      if (walk.do === "limit") {
        const refused = yield* askLimit(call, graph.name, walk, budgets)
        if (refused !== undefined) {
          fail(refused)
          record.ending = "complete"
        }
        walk = refused === undefined ? walk.allowed() : walk.refused()
        continue
      }
      const result = yield* Effect.result(callModel(call, bytes, walk, budgets))
      const called = Result.isSuccess(result) ? result.success : undefined
      if (Result.isFailure(result) && result.failure.reason === "client_left") return yield* result.failure
      if (called !== undefined && called.status < 400) {
        letGo(inHand.answer)
        inHand.answer = called
        walk = walk.succeeded()
      } else {
        fail(Result.isSuccess(result) ? result.success : result.failure)
        walk = walk.failed()
      }
    }
    const { answer, failure } = inHand
    if (answer !== undefined) {
      letGo(failure)
      return answer
    }
    if (failure === undefined || failure instanceof GatewayError) {
      return yield* failure ?? new GatewayError({
        reason: "provider_failed",
        detail: `The route "${graph.name}" ended at element "${walk.element}" without calling a model.`,
      })
    }
    return failure
  },
)

/** Calls the model of an element, with the request's body made that model's. */
const callModel: (
  call: Call,
  bytes: Uint8Array<ArrayBuffer>,
  walk: CallStep,
  budgets: ReadonlyArray<Budgets>,
) => Effect.Effect<Called, GatewayError, StepServices | UrlResolver> = Effect.fnUntraced(
  function* (call, bytes, { provider, model, timeout, retries }, budgets) {
    const { step, exchange: { record } } = call
    const named = withModel(bytes, model)
    const fitted = provider === "baseten"
      ? adaptParameters(named, undefined, model)
      : { bytes: named, changes: [] }
    const body = yield* Effect.fromResult(inspect(fitted.bytes, "viewed"))
    const options = optionsForCall(step.options, `${provider}/${model}`)
    const modelCall: Call = {
      ...call,
      budgets: [...budgets],
      step: {
        ...step,
        body,
        changes: fitted.changes,
        takesOwnKey: provider === "baseten",
        options: {
          ...options,
          requestTimeout: timeout ?? options.requestTimeout,
          retry: retries === undefined ? options.retry : { ...options.retry, maxAttempts: retries + 1 },
        },
      },
    }
    const called =
      yield* (provider === "baseten"
        ? callStep(modelCall)
        : Effect.flatMap(toProvider(modelCall, provider), callStep))
    // A later element may have been called before this one's answer is given.
    const { key, time_to_headers_ms } = record
    return {
      ...called,
      respond: () => {
        // First: the record is complete as soon as a short answer is.
        Object.assign(record, { model, key, time_to_headers_ms })
        return Effect.map(called.respond(), (response) => {
          response.headers.set("cf-aig-model", model)
          response.headers.set("cf-aig-provider", provider)
          return response
        })
      },
    }
  },
)

/** Asks a limit of the route; gives the refusal, if it refuses. */
const askLimit: (
  call: Call,
  route: string,
  walk: LimitStep,
  budgets: Array<Budgets>,
) => Effect.Effect<GatewayError | undefined, never, RateLimit | SpendLimit> = Effect.fnUntraced(
  function* ({ gateway, step }, route, { element, limitType, value, limit, windowMs, technique }, budgets) {
    const id = `route.${route}.${element}`
    const key = yield* Effect.promise(() => textDigest(value))
    const subject = { gateway: gateway.id, key, model: undefined, metadata: { key } }
    if (limitType === "count") {
      const rule = {
        id,
        limit,
        interval: windowMs / 1000,
        technique,
        unit: "requests",
        per: ["key"],
      } as const
      const rates = yield* RateLimit
      const taken = yield* lift(() => rates.acquire([rule], subject))
      return Result.isFailure(taken) ? taken.failure : undefined
    }
    const limits: SpendLimits = {
      enabled: true,
      rules: [{
        id,
        limit,
        limitType: "cost",
        window: windowMs / 1000,
        technique,
        enabled: true,
        metadata: { key: { mode: "partition" } },
      }],
    }
    const spender = { ...subject, provider: step.route.provider }
    const spending = yield* SpendLimit
    const checked = yield* lift(() => spending.check(limits, spender))
    if (Result.isFailure(checked)) return checked.failure
    budgets.push({ limits, subject: spender })
    return undefined
  },
)
