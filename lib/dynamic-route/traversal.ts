/**
 * The walk of one request through a dynamic route.
 *
 * A walk says what to do next and receives the outcome; it neither calls models nor keeps limits. Conditions and
 * percentages are evaluated on the way.
 *
 * @module
 */
import type { Field } from "./condition.ts"
import type { LimitAction, ModelAction, PercentageAction } from "./elements.ts"
import type { RouteGraph, RouteNode } from "./graph.ts"

/** What a walk looks at. */
export interface TraversalInput {
  readonly metadata: Readonly<Record<string, unknown>>
  /** The value at a path into the request's body; `undefined` if there is none. */
  readonly body: (path: ReadonlyArray<string>) => unknown
  /** A request header's value, as `Headers.get` gives it. */
  readonly header: (name: string) => string | null
  /** A new random number in [0, 1), one for each percentage element that is passed. */
  readonly random: () => number
}

/** What to do next. */
export type TraversalNode = ModelNode | LimitNode | EndNode

/** Call a model; Cloudflare counts a call as successful once the answer starts. */
export interface ModelNode extends Omit<ModelAction, "type"> {
  readonly kind: "model"
  readonly element: string
  /** What comes after a success. This call's answer is now the one to return at the end. */
  readonly succeeded: () => TraversalNode
  /** What comes after the last try failed. */
  readonly failed: () => TraversalNode
}

/** Ask a limit whether the request may pass. */
export interface LimitNode extends Omit<LimitAction, "type" | "key"> {
  readonly kind: "limit"
  readonly element: string
  /** The field that is counted by, such as `metadata.user_id`. */
  readonly key: string
  /** The field's value in this request as text, empty where it has none. It may be a secret: hash it before it is kept. */
  readonly value: string
  readonly allowed: () => TraversalNode
  readonly refused: () => TraversalNode
}

/** Answer. */
export interface EndNode {
  readonly kind: "end"
  /** The element that the walk ended at. */
  readonly element: string
  /** The last call that succeeded: its answer is the route's. Without one, the route failed. */
  readonly answer: string | undefined
  /** Why it ended there: an end element, or a call or limit without a fallback for what happened. */
  readonly why: "end" | "failed" | "refused"
}

/** Starts a walk. It ends within as many steps as the route has elements. */
export const startTraversal = (graph: RouteGraph, input: TraversalInput): TraversalNode =>
  stepAt(graph.start, input, undefined)

const stepAt = (node: RouteNode, input: TraversalInput, answer: string | undefined): TraversalNode => {
  const { element, action, next } = node
  const go = (
    output: string,
    answer: string | undefined,
    otherwise: EndNode["why"] = "end",
  ): TraversalNode => {
    const target = next.get(output)
    return target === undefined
      ? { kind: "end", element, answer, why: otherwise }
      : stepAt(target, input, answer)
  }
  switch (action.type) {
    case "start":
      return go("next", answer)
    case "conditional":
      return go(String(action.condition((field) => valueOf(input, field))), answer)
    case "percentage":
      return go(outputFor(action, input.random()), answer)
    case "limit":
      return {
        kind: "limit",
        element,
        limitType: action.limitType,
        key: `${action.key.source}.${action.key.name}`,
        value: textOf(valueOf(input, action.key)),
        limit: action.limit,
        windowMs: action.windowMs,
        technique: action.technique,
        allowed: () => go("success", answer),
        refused: () => go("fallback", answer, "refused"),
      }
    case "model":
      return {
        kind: "model",
        element,
        provider: action.provider,
        model: action.model,
        timeout: action.timeout,
        retries: action.retries,
        succeeded: () => go("success", element),
        failed: () => go("fallback", answer, "failed"),
      }
    case "end":
      return { kind: "end", element, answer, why: "end" }
  }
}

const outputFor = ({ shares }: PercentageAction, random: number): string =>
  shares.find(({ below }) => random < below)?.output ?? ""

const valueOf = (input: TraversalInput, { source, name }: Field): unknown => {
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
