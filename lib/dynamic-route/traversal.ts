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
export interface WalkInput {
  readonly metadata: Readonly<Record<string, unknown>>
  /** The value at a path into the request's body; `undefined` if there is none. */
  readonly body: (path: ReadonlyArray<string>) => unknown
  /** A request header's value, as `Headers.get` gives it. */
  readonly header: (name: string) => string | null
  /** A new random number in [0, 1), one for each percentage element that is passed. */
  readonly random: () => number
}

/** What to do next. */
export type WalkStep = CallStep | LimitStep | EndStep

/** Call a model; Cloudflare counts a call as successful once the answer starts. */
export interface CallStep extends Omit<ModelAction, "type"> {
  readonly do: "call"
  readonly element: string
  /** What comes after a success. This call's answer is now the one to return at the end. */
  readonly succeeded: () => WalkStep
  /** What comes after the last try failed. */
  readonly failed: () => WalkStep
}

/** Ask a limit whether the request may pass. */
export interface LimitStep extends Omit<LimitAction, "type" | "key"> {
  readonly do: "limit"
  readonly element: string
  /** The field that is counted by, such as `metadata.user_id`. */
  readonly key: string
  /** The field's value in this request as text, empty where it has none. It may be a secret: hash it before it is kept. */
  readonly value: string
  readonly allowed: () => WalkStep
  readonly refused: () => WalkStep
}

/** Answer. */
export interface EndStep {
  readonly do: "end"
  /** The element that the walk ended at. */
  readonly element: string
  /** The last call that succeeded: its answer is the route's. Without one, the route failed. */
  readonly answer: string | undefined
  /** Why it ended there: an end element, or a call or limit without a fallback for what happened. */
  readonly why: "end" | "failed" | "refused"
}

/** Starts a walk. It ends within as many steps as the route has elements. */
export const startTraversal = (graph: RouteGraph, input: WalkInput): WalkStep =>
  stepAt(graph.start, input, undefined)

const stepAt = (node: RouteNode, input: WalkInput, answer: string | undefined): WalkStep => {
  const { element, action, next } = node
  const go = (output: string, answer: string | undefined, otherwise: EndStep["why"] = "end"): WalkStep => {
    const target = next.get(output)
    return target === undefined
      ? { do: "end", element, answer, why: otherwise }
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
        do: "limit",
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
        do: "call",
        element,
        provider: action.provider,
        model: action.model,
        timeout: action.timeout,
        retries: action.retries,
        succeeded: () => go("success", element),
        failed: () => go("fallback", answer, "failed"),
      }
    case "end":
      return { do: "end", element, answer, why: "end" }
  }
}

const outputFor = ({ shares }: PercentageAction, random: number): string =>
  shares.find(({ below }) => random < below)?.output ?? ""

const valueOf = (input: WalkInput, { source, name }: Field): unknown => {
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
