/**
 * The traversal of a dynamic route for one request.
 *
 * A traversal says what to do next and receives the outcome; it neither calls models nor keeps limits. Conditions and
 * percentages are evaluated on the way.
 *
 * @module
 */
import type { ConditionField } from "./condition.ts"
import type { LimitAction, ModelAction, PercentageAction } from "./elements.ts"
import type { RouteGraph, RouteNode } from "./graph.ts"

/** What conditions and limits read of a request. */
export interface TraversalInput {
  readonly metadata: Readonly<Record<string, unknown>>
  /** The value at a path into the request's body; `undefined` if there is none. */
  readonly body: (path: ReadonlyArray<string>) => unknown
  /** A request header's value, as `Headers.get` gives it. */
  readonly header: (name: string) => string | null
  /** A number in [0, 1) for a percentage element that is passed: random, or the same for all requests of a session. */
  readonly random: (element: string) => number
  /** Told of each output that is taken: the element that has it, and its name. */
  readonly took: (element: string, output: string) => void
}

/** What to do next. */
export type TraversalNode = ModelNode | LimitNode | EndNode

/** Call a model; Cloudflare counts a call as successful once the answer starts. */
export interface ModelNode extends Omit<ModelAction, "type"> {
  readonly kind: "model"
  readonly element: string
  /** The node after a success; its answer is the route's unless a later call succeeds. */
  readonly succeeded: () => TraversalNode
  /** The node after the last try failed. */
  readonly failed: () => TraversalNode
}

/** Ask a limit whether the request may pass. */
export interface LimitNode extends Omit<LimitAction, "type" | "key"> {
  readonly kind: "limit"
  readonly element: string
  /** The value to count by, as text; empty if the request has none. It may be a secret: hash it before it is kept. */
  readonly value: string
  readonly allowed: () => TraversalNode
  readonly refused: () => TraversalNode
}

/** The end: an end element, or a call or limit without a fallback for what happened. */
export interface EndNode {
  readonly kind: "end"
  readonly element: string
}

/** Starts a traversal. It visits each element of the route once at most. */
export const startTraversal = (graph: RouteGraph, input: TraversalInput): TraversalNode =>
  visit(graph.start, input)

const visit = (node: RouteNode, input: TraversalInput): TraversalNode => {
  const { element, action, next } = node
  const go = (output: string): TraversalNode => {
    const target = next.get(output)
    if (target === undefined) return { kind: "end", element }
    input.took(element, output)
    return visit(target, input)
  }
  switch (action.type) {
    case "start":
      return go("next")
    case "conditional":
      return go(String(action.condition((field) => valueOf(input, field))))
    case "percentage":
      return go(outputFor(action, input.random(element)))
    case "limit":
      return {
        kind: "limit",
        element,
        limitType: action.limitType,
        value: textOf(valueOf(input, action.key)),
        limit: action.limit,
        windowMs: action.windowMs,
        technique: action.technique,
        allowed: () => go("success"),
        refused: () => go("fallback"),
      }
    case "model":
      return {
        kind: "model",
        element,
        provider: action.provider,
        model: action.model,
        timeout: action.timeout,
        retries: action.retries,
        succeeded: () => go("success"),
        failed: () => go("fallback"),
      }
    case "end":
      return { kind: "end", element }
  }
}

const outputFor = ({ shares }: PercentageAction, random: number): string =>
  shares.find(({ below }) => random < below)?.output ?? ""

const valueOf = (input: TraversalInput, { source, name }: ConditionField): unknown => {
  switch (source) {
    case "metadata":
      return Object.hasOwn(input.metadata, name) ? input.metadata[name] : undefined
    case "headers":
      return input.header(name) ?? undefined
    case "body":
      return input.body(name.split("."))
  }
}

const textOf = (value: unknown): string =>
  value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value)
