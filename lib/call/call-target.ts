/**
 * What one provider call goes to, and with what.
 *
 * @module
 */
import type { PreparedBody } from "../body/prepared-body.ts"
import type { RequestOptions } from "../config/request-options.ts"
import type { HeaderFields } from "../headers/header-fields.ts"
import type { UpstreamRoute } from "../route/routes.ts"

/** A direct request has one target; a universal request and a dynamic route have several. */
export interface CallTarget {
  /** Which step of a universal request it is, counted from 0, as `cf-aig-step` does. */
  readonly step: number
  readonly method: string
  readonly route: UpstreamRoute
  /** What the client sends with this call: the request's headers, or the step's own. */
  readonly headers: HeaderFields
  /** Those of them that hold a gateway token. */
  readonly tokenHeaders: ReadonlySet<string>
  /** Whether a key among them is meant for this target's provider. */
  readonly acceptsCallerKey: boolean
  readonly body: PreparedBody
  readonly options: RequestOptions
  /** What was changed in the body so that the model takes it. */
  readonly adaptations: ReadonlyArray<string>
}

/** The model that is called, for limits and prices: the one that the body names, else the deployment. */
export const modelOf = ({ route, body }: CallTarget): string | undefined =>
  body.view.model ?? route.deployment

/** The same as records show it: a caller may send a name of megabytes. */
export const recordedModel = (target: CallTarget): string | null =>
  modelOf(target)?.slice(0, 256).toWellFormed() ?? null

/**
 * Whether a route runs a model's own code, which may do a thing twice when it is called twice. Baseten retries within,
 * too.
 */
export const isPredict = ({ dedicated, framing }: UpstreamRoute): boolean =>
  dedicated && framing === undefined
