/**
 * The plan of a dynamic route: its graph says which models to call and which limits to check.
 *
 * @module
 */
import * as Result from "effect/Result"
import { heldBytes } from "../body/prepared-body.ts"
import type { Budgets } from "../limit/Limits.ts"
import { type CallTarget, recordedModel } from "../call/target.ts"
import { allowsRoute } from "../config/model-globs.ts"
import type { RouteGraph } from "../dynamic-route/graph.ts"
import { startTraversal } from "../dynamic-route/traversal.ts"
import { GatewayError } from "../errors.ts"
import { routeLimitId } from "../limit/route-limits.ts"
import { valueAt } from "../json/value-at.ts"
import { callModel } from "./call-model.ts"
import type { Planning } from "./planning.ts"
import { sessionOf } from "./session.ts"
import {
  failed,
  hasClientLeft,
  isBlocked,
  type PlanResult,
  release,
  type Steps,
  succeeded,
  yieldLimit,
} from "./plan.ts"

/**
 * Follows a route to its end. The last success is its answer, else the last failure.
 */
export function* dynamic(planning: Planning, target: CallTarget, graph: RouteGraph): Steps {
  const { exchange, caller } = planning
  exchange.requestedModel = `dynamic/${graph.name}`
  const bytes = heldBytes(target.body)
  const isCovered = allowsRoute(caller.token?.models ?? [], graph.name)
  const way = [graph.name]
  const session = sessionOf(planning, target)
  let node = startTraversal(graph, {
    metadata: target.options.metadata,
    body: (path) => valueAt(bytes, path),
    // In a universal request, the step's own headers take precedence over the request's.
    header: (name) => target.headers.get(name) ?? exchange.headers.get(name),
    random: (element) => session?.share(graph.name, element) ?? Math.random(),
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
      const result = yield* yieldLimit({ id, provider, value, limitType, limit: most, windowMs, technique })
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
    if (hasClientLeft(result) || isBlocked(result)) {
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
