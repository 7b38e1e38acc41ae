/**
 * One call that a request asks for: where it goes, with what, and under which options.
 *
 * @module
 */
import type { RequestOptions } from "../config/request-options.ts"
import type { PreparedBody } from "../body/prepared-body.ts"
import type { HeaderFields } from "../headers/header-fields.ts"
import type { UpstreamRoute } from "../route/routes.ts"

/** A direct request is one step; a universal request and a dynamic route are several, tried in turn. */
export interface Step {
  /** Counted from 0, as `cf-aig-step` does. */
  readonly index: number
  readonly method: string
  readonly route: UpstreamRoute
  /** What the client sends with this call: the request's headers, or the step's own. */
  readonly headers: HeaderFields
  /** Those of them that hold a gateway token. */
  readonly tokenHeaders: ReadonlySet<string>
  /** Whether a key among them is meant for this step's provider. */
  readonly takesOwnKey: boolean
  readonly body: PreparedBody
  readonly options: RequestOptions
  /** What was changed in its body so that its model would take it. */
  readonly changes: ReadonlyArray<string>
}

/** The model that a step calls, for limits and prices: the one it names, else its deployment. */
export const modelOf = ({ route, body }: Step): string | undefined => body.view.model ?? route.deployment

/** The model that a step calls, as records show it: a caller may send a name of megabytes. */
export const recordedModel = (step: Step): string | null =>
  modelOf(step)?.slice(0, 256).toWellFormed() ?? null

/**
 * Whether a route runs a model's own code, which may do a thing twice when it is called twice. Baseten retries within,
 * too.
 */
export const isPredict = ({ dedicated, framing }: UpstreamRoute): boolean =>
  dedicated && framing === undefined

/** Whether a step can be sent a second time. */
export const isRepeatable = ({ body }: Step): boolean => body.kind !== "stream"
