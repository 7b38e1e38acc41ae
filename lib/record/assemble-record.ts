/**
 * The record of a request, assembled once, after the response: the facts of the request and the reports of its calls.
 *
 * @module
 */
import { isoTime } from "../time/iso-time.ts"
import type { CallReport } from "./call-report.ts"
import type { AttemptRecord, Ending, RequestRecord } from "./request-record.ts"
import type { TraceIds } from "./trace-context.ts"

/** The facts of a request, its calls aside. */
export interface RequestFacts {
  /** When it arrived, in milliseconds since 1970. */
  readonly receivedAt: number
  readonly id: string
  readonly eventId: string
  readonly method: string
  /** `http` or `https`. */
  readonly scheme: string
  readonly path: string
  readonly userAgent: string | null
  readonly contentType: string | null
  readonly trace: TraceIds | null
  readonly account: string | null
  readonly gateway: string | null
  readonly routeName: string | null
  /** Where the request would have gone, if no call of it was made. */
  readonly provider: string | null
  readonly requestedModel: string | null
  readonly deployment: string | null
  readonly model: string | null
  readonly stream: boolean
  readonly metadata: RequestRecord["metadata"]
  readonly requestBytes: number | null
  /** Whether the caller sent a valid gateway token. */
  readonly authenticated: boolean
  /** The name of that token. */
  readonly token: string | null
  /** The way through a dynamic route. */
  readonly dynamicRoute: string | null
  /** In the order in which the calls were made. */
  readonly reports: ReadonlyArray<CallReport>
  /** The report of the call whose answer, or whose failure, the client got. */
  readonly answering: CallReport | undefined
}

/** The facts of the response. Times are in milliseconds since the request arrived. */
export interface ResponseFacts {
  readonly status: number
  readonly ending: Ending
  readonly errorCode: number | null
  /** The reason of the gateway's own error. */
  readonly error: string | null
  /** The cost if no provider has answered with a success, in US dollars. */
  readonly cost: number | null
  readonly totalMs: number
  readonly gatewayMs: number | null
}

const none: ReadonlyArray<never> = []

const attemptsOf = (reports: ReadonlyArray<CallReport>): ReadonlyArray<AttemptRecord> =>
  reports.length === 1 ? reports[0]?.attempts ?? none : reports.flatMap(({ attempts }) => attempts)

const adaptationsOf = (reports: ReadonlyArray<CallReport>): ReadonlyArray<string> =>
  reports.length === 1 ? reports[0]?.adaptations ?? none : reports.flatMap(({ adaptations }) => adaptations)

/** A success was paid for, however the request ended, and its cost may be unknown; a refusal alone costs nothing. */
const costOf = ({ cost }: ResponseFacts, call: CallReport | undefined): number | null => {
  if (call === undefined) return cost
  const { status, usageSource } = call
  // Refused by guardrails once it was sent.
  if (status === null && usageSource !== null) return call.cost
  return status !== null && status >= 200 && status < 300 ? call.cost : cost ?? call.cost
}

/**
 * Assembles a record: from the call whose answer the client got, else from the last call. Tries and adaptations are those
 * of all calls.
 */
export const assembleRecord = (request: RequestFacts, response: ResponseFacts): RequestRecord => {
  const { reports } = request
  const call = request.answering ?? reports.at(-1)
  const record: RequestRecord = {
    time: isoTime(request.receivedAt),
    request_id: request.id,
    event_id: request.eventId,
    method: request.method,
    scheme: request.scheme,
    path: request.path,
    user_agent: request.userAgent,
    request_content_type: request.contentType,
    account_id: request.account,
    gateway_id: request.gateway,
    provider: call === undefined ? request.provider : call.provider,
    route: request.routeName,
    model: call === undefined ? request.model : call.model,
    requested_model: request.requestedModel,
    deployment: call === undefined ? request.deployment : call.deployment,
    stream: call === undefined ? request.stream : call.stream,
    status: response.status,
    upstream_status: call === undefined ? null : call.status,
    ending: response.ending,
    error_code: response.errorCode,
    error: response.error ?? (call === undefined ? null : call.error),
    request_bytes: request.requestBytes,
    response_bytes: call === undefined ? 0 : call.responseBytes,
    time_to_headers_ms: call === undefined ? null : call.headersAt,
    time_to_first_byte_ms: call === undefined ? null : call.firstByteAt,
    time_to_first_token_ms: call === undefined ? null : call.firstTokenAt,
    total_ms: response.totalMs,
    gateway_ms: response.gatewayMs,
    tokens_in: call === undefined ? null : call.tokensIn,
    tokens_out: call === undefined ? null : call.tokensOut,
    tokens_cached: call === undefined ? null : call.tokensCached,
    tokens_reasoning: call === undefined ? null : call.tokensReasoning,
    usage_source: call === undefined ? null : call.usageSource,
    cost: costOf(response, call),
    custom_cost: call === undefined ? false : call.customCost,
    response_content_type: call === undefined ? null : call.contentType,
    authenticated: request.authenticated,
    token: request.token,
    key: call === undefined ? "none" : call.key,
    key_alias: call === undefined ? null : call.keyAlias,
    baseten_request_id: call === undefined ? null : call.basetenRequestId,
    step: call === undefined ? 0 : call.step,
    cached: call === undefined ? false : call.cached,
    metadata: call === undefined ? request.metadata : call.metadata,
    attempts: attemptsOf(reports),
    changes: adaptationsOf(reports),
    dynamic_route: request.dynamicRoute,
    dlp: call === undefined ? null : call.dlp,
    guardrails: call === undefined ? null : call.guardrails,
    guardrails_scanner: call === undefined ? null : call.guardrailsScanner,
    trace: request.trace,
  }
  const frames = call?.frames ?? null
  return frames === null
    ? record
    : { ...record, request_type: "websocket", frames_in: frames.in, frames_out: frames.out }
}
