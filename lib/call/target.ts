/**
 * Where one provider call goes, and with which headers, body and options.
 *
 * @module
 */
import type { PreparedBody } from "../body/prepared-body.ts"
import type { RequestOptions } from "../config/request-options.ts"
import type { HeaderFields } from "../headers/header-fields.ts"
import type { UpstreamRoute } from "../route/routes.ts"

/** A direct request has one target; a universal request and a dynamic route have several. */
export interface CallTarget {
  /** The index of the universal step, from 0, as in `cf-aig-step`. */
  readonly step: number
  readonly method: string
  readonly route: UpstreamRoute
  /** The client's headers for this call: the request's, or the step's own. */
  readonly headers: HeaderFields
  /** The names of the headers that hold a gateway token. */
  readonly tokenHeaders: ReadonlySet<string>
  /** Whether a key among them is meant for this target's provider. */
  readonly acceptsCallerKey: boolean
  readonly body: PreparedBody
  readonly options: RequestOptions
  /**
   * Whether it is called by a dynamic route that the caller's token lists, which permits everything that the route
   * calls.
   */
  readonly isCovered?: boolean
  /** What was changed in the body to suit the model. */
  readonly adaptations: ReadonlyArray<string>
}

/** The model that is called, for limits and prices: the one that the body names, else the deployment. */
export const modelOf = ({ route, body }: CallTarget): string | undefined =>
  body.view.model ?? route.deployment

/** The same, truncated for records: a caller may send a name of megabytes. */
export const recordedModel = (target: CallTarget): string | null =>
  modelOf(target)?.slice(0, 256).toWellFormed() ?? null

/**
 * Whether a route runs a model's own code, which may not be idempotent. Baseten retries internally, too.
 */
export const isPredict = ({ dedicated, framing }: UpstreamRoute): boolean =>
  dedicated && framing === undefined
