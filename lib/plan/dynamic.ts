/**
 * The plan of a dynamic route: its graph says which models to call and which limits to check.
 *
 * @module
 */
import * as Result from "effect/Result"
import { withModel } from "../body/compat-body.ts"
import { heldBytes } from "../body/prepared-body.ts"
import { adaptParameters } from "../body/model-parameters.ts"
import { inspect } from "../body/prepare-body.ts"
import type { Budgets } from "../limit/Limits.ts"
import { type CallTarget, recordedModel } from "../call/call-target.ts"
import { allowsRoute } from "../config/model-globs.ts"
import { optionsForCall } from "../config/request-options.ts"
import type { RouteGraph } from "../dynamic-route/graph.ts"
import { type ModelNode, startTraversal } from "../dynamic-route/traversal.ts"
import { GatewayError } from "../errors.ts"
import { routeLimitId } from "../limit/route-limits.ts"
import { valueAt } from "../json/value-at.ts"
import { atProvider, type Planning } from "./direct.ts"
import {
  call,
  clientLeft,
  failed,
  isBlocked,
  limit,
  type Plan,
  type PlanResult,
  release,
  succeeded,
} from "./plan.ts"

/**
 * Follows a route to its end. The last success is its answer, else the last failure.
 *
 * A caller's own key is Baseten's and goes to no other provider: for those the gateway must hold keys (as Cloudflare
 * asks for every model of a route).
 */
export function* dynamic(planning: Planning, target: CallTarget, graph: RouteGraph): Plan {
  const { exchange, caller } = planning
  const bytes = heldBytes(target.body)
  const isCovered = allowsRoute(caller.token?.models ?? [], graph.name)
  const way = [graph.name]
  let node = startTraversal(graph, {
    metadata: target.options.metadata,
    body: (path) => valueAt(bytes, path),
    // In a universal request, the step's own headers take precedence over the request's.
    header: (name) => target.headers.get(name) ?? exchange.headers.get(name),
    random: Math.random,
    took: (element, output) => void way.push(element, output),
  })
  let budgets: ReadonlyArray<Budgets> = []
  let answer: PlanResult | undefined
  let failure: PlanResult | undefined
  while (node.kind !== "end") {
    if (node.kind === "limit") {
      const id = routeLimitId(graph.name, node.element)
      const { limitType, value, limit: most, windowMs, technique } = node
      const { provider } = target.route
      const result = yield* limit({ id, provider, value, limitType, limit: most, windowMs, technique })
      if (Result.isSuccess(result)) {
        budgets = [...budgets, ...result.success]
        node = node.allowed()
      } else {
        release(failure)
        failure = failed(result.failure)
        node = node.refused()
      }
      continue
    }
    const result = yield* callModel(planning, target, bytes, node, budgets, isCovered)
    if (clientLeft(result) || isBlocked(result)) {
      exchange.dynamicRoute = JSON.stringify([...way, node.element])
      return unanswered(target, result)
    }
    if (succeeded(result)) {
      release(answer)
      answer = result
      node = node.succeeded()
    } else {
      release(failure)
      failure = result
      node = node.failed()
    }
  }
  exchange.dynamicRoute = JSON.stringify([...way, node.element])
  if (answer !== undefined) return answer
  if (failure !== undefined) return unanswered(target, failure)
  const detail = `The route "${graph.name}" ended at element "${node.element}" without calling a model.`
  return failed(new GatewayError({ reason: "provider_failed", detail }))
}

/** No model has answered: the record names what the client asked for. */
const unanswered = (target: CallTarget, failure: PlanResult): PlanResult => {
  const report = Result.isFailure(failure) ? failure.failure.report : undefined
  if (report !== undefined) report.model = recordedModel(target)
  return failure
}

/** Calls the model of an element, with the request's body adapted to that model. */
function* callModel(
  planning: Planning,
  target: CallTarget,
  bytes: Uint8Array<ArrayBuffer>,
  { provider, model, timeout, retries }: ModelNode,
  budgets: ReadonlyArray<Budgets>,
  isCovered: boolean,
): Plan {
  const isBaseten = provider === "baseten"
  const named = withModel(bytes, model)
  const adapted = isBaseten ? adaptParameters(named, undefined, model) : { bytes: named, changes: [] }
  const body = inspect(adapted.bytes, "viewed")
  if (Result.isFailure(body)) return failed(body.failure)
  const options = optionsForCall(target.options, `${provider}/${model}`)
  const called: CallTarget = {
    ...target,
    body: body.success,
    adaptations: adapted.changes,
    acceptsCallerKey: isBaseten,
    isCovered,
    options: {
      ...options,
      requestTimeout: timeout ?? options.requestTimeout,
      retry: retries === undefined ? options.retry : { ...options.retry, maxAttempts: retries + 1 },
    },
  }
  const there = isBaseten ? Result.succeed(called) : atProvider(planning, called, provider)
  if (Result.isFailure(there)) return failed(there.failure)
  const result = yield* call(there.success, budgets)
  if (Result.isSuccess(result)) {
    const { headers, call: { report } } = result.success
    report.model = model
    headers.set("cf-aig-model", model)
    headers.set("cf-aig-provider", provider)
  }
  return result
}
