/**
 * Records one request in the instruments.
 *
 * @module
 */
import { limitLabels } from "./label-limit.ts"
import { httpMethod, httpRoute, httpScheme } from "../genai/http-route.ts"
import { emptyLabels, type Family, type Labels, recorder, withLabel } from "./instruments.ts"
import { catalogue } from "./catalogue.ts"
import {
  answeringAttempt,
  attemptError,
  operationOf,
  requestError,
  requestOperation,
} from "../genai/operation.ts"
import type { AttemptRecord, RequestRecord } from "../../record/request-record.ts"
import { type CallLabels, usualLabels } from "./usual-labels.ts"

/** The most models, and the most gateways that are not in the settings, with labels of their own. */
export const namesLimit = 100

/** The most token names with labels of their own; the operator chooses these. */
const tokensLimit = 1000

/** The number of models for which labels are cached. */
const usualLimit = 128

/** The instruments of requests. */
export interface RequestMetrics {
  /** Counts a request as running. */
  readonly began: (method: string, scheme: string) => void
  /** Counts it as no longer running. */
  readonly ended: (method: string, scheme: string) => void
  /** Records a request that has ended. */
  readonly record: (record: RequestRecord) => void
  readonly families: ReadonlyArray<Family>
}

/** Adds a label if it has a value. */
const perhaps = (labels: Labels, name: string, value: string | null | undefined): Labels =>
  value === null || value === undefined ? labels : withLabel(labels, name, value)
const withError = (labels: Labels, error: string | null): Labels => perhaps(labels, "error.type", error)

/** Whether a provider's answer shows that it knows the model; providers refuse unknown ones. */
const isConfirmed = ({ cached, upstream_status, attempts }: RequestRecord): boolean =>
  cached ||
  [upstream_status, ...attempts.map(({ status }) => status)].some((status) =>
    status !== null && (status < 400 || status >= 500)
  )

/** Whether a request was to the management API or for a token's usage, and so made no call. */
const isReading = ({ route }: RequestRecord): boolean =>
  route !== null && (route === "usage" || route.startsWith("admin."))

/**
 * Creates the instruments.
 *
 * @param isListed whether the settings list a gateway (`account/gateway`) by its name
 * @param usual the number of models for which labels are cached
 */
export const requestMetrics = (
  isListed: (gateway: string) => boolean,
  usual = usualLimit,
): RequestMetrics => {
  const none = emptyLabels()
  const httpDuration = recorder(catalogue.httpDuration)
  const activeRequests = recorder(catalogue.activeRequests)
  const requestDuration = recorder(catalogue.requestDuration)
  const timeToFirstToken = recorder(catalogue.timeToFirstToken)
  const timePerOutputToken = recorder(catalogue.timePerOutputToken)
  const operationDuration = recorder(catalogue.operationDuration)
  const timeToFirstChunk = recorder(catalogue.timeToFirstChunk)
  const tokenUsage = recorder(catalogue.tokenUsage)
  const endings = recorder(catalogue.endings)
  const cacheHits = recorder(catalogue.cacheHits)
  const retries = recorder(catalogue.retries)
  const socketMessages = recorder(catalogue.socketMessages)
  const cost = recorder(catalogue.cost)
  const modelName = limitLabels(namesLimit)
  const gatewayName = limitLabels(namesLimit, isListed)
  const tokenName = limitLabels(tokensLimit)
  const known = usualLabels(usual)

  /** For instruments with a label for the token. */
  const withToken = (labels: Labels, { token }: RequestRecord): Labels =>
    token === null ? labels : withLabel(labels, "basegate.token", tokenName(token, true))

  const httpLabels = (record: RequestRecord): Labels => {
    const request = withLabel(
      withLabel(none, "http.request.method", httpMethod(record.method)),
      "url.scheme",
      httpScheme(record.scheme),
    )
    return withLabel(
      perhaps(request, "http.route", httpRoute(record)),
      "http.response.status_code",
      record.status,
    )
  }

  /** Records the request as its caller sees it. */
  const served = (record: RequestRecord, labels: Labels): void => {
    const error = requestError(record, 400)
    requestDuration.add(record.total_ms / 1000, withError(labels, error))
    if (error === null) tokenTimes(record, labels)
  }

  const tokenTimes = (record: RequestRecord, labels: Labels): void => {
    const first = record.time_to_first_token_ms
    if (first === null) return
    timeToFirstToken.add(first / 1000, labels)
    if (record.ending === "complete" && record.tokens_out !== null && record.tokens_out > 1) {
      timePerOutputToken.add((record.total_ms - first) / 1000 / (record.tokens_out - 1), labels)
    }
  }

  /** Records the calls made for a request. Calls shared with another request are counted for that one. */
  const called = (record: RequestRecord, labelsFor: (provider: string, model: string | null) => Labels) => {
    const answering = answeringAttempt(record)
    for (const attempt of record.attempts) {
      const target = labelsFor(attempt.provider, attempt.model)
      if (attempt.attempt > 1) retries.add(1, target)
      const operation = operationOf(attempt.url)
      if (operation === undefined) continue
      const labels = withLabel(target, "gen_ai.operation.name", operation)
      const duration = attempt === answering ? record.total_ms - attempt.started_ms : attempt.duration_ms
      operationDuration.add(duration / 1000, withError(labels, attemptError(record, attempt)))
      if (attempt === answering) answered(record, attempt, labels)
    }
  }

  const answered = (record: RequestRecord, attempt: AttemptRecord, labels: Labels): void => {
    if (record.stream && record.time_to_first_byte_ms !== null) {
      timeToFirstChunk.add((record.time_to_first_byte_ms - attempt.started_ms) / 1000, labels)
    }
    // The conventions require reported token counts, not estimates.
    if (record.usage_source === "estimated") return
    const { tokens_in, tokens_out } = record
    if (tokens_in !== null) tokenUsage.add(tokens_in, withLabel(labels, "gen_ai.token.type", "input"))
    if (tokens_out !== null) tokenUsage.add(tokens_out, withLabel(labels, "gen_ai.token.type", "output"))
  }

  const spoken = ({ frames_in, frames_out }: RequestRecord, target: Labels): void => {
    if (frames_in === undefined || frames_out === undefined) return
    if (frames_in > 0) socketMessages.add(frames_in, withLabel(target, "network.io.direction", "receive"))
    if (frames_out > 0) socketMessages.add(frames_out, withLabel(target, "network.io.direction", "transmit"))
  }

  /** Records a request whose labels are cached; the result is the same as without the cache. */
  const recordUsual = (record: RequestRecord, { http, ending, target, served, called }: CallLabels): void => {
    const { total_ms, cost: spent } = record
    httpDuration.add(total_ms / 1000, http)
    endings.add(1, withToken(ending, record))
    const [attempt] = record.attempts
    if (called !== undefined && attempt !== undefined) {
      operationDuration.add((total_ms - attempt.started_ms) / 1000, called)
      answered(record, attempt, called)
    }
    if (served !== undefined) {
      requestDuration.add(total_ms / 1000, served)
      tokenTimes(record, served)
    }
    if (spent !== null && spent > 0) cost.add(spent, withToken(target, record))
    spoken(record, target)
  }

  const active = (by: number) => (method: string, scheme: string): void =>
    activeRequests.add(
      by,
      withLabel(withLabel(none, "http.request.method", httpMethod(method)), "url.scheme", httpScheme(scheme)),
    )

  return {
    began: active(1),
    ended: active(-1),
    record: (record) => {
      const usual = known.find(record)
      if (usual !== undefined) return recordUsual(record, usual)
      const http = httpLabels(record)
      httpDuration.add(record.total_ms / 1000, withError(http, requestError(record, 500)))
      if (record.account_id === null || isReading(record)) return
      const confirmed = isConfirmed(record)
      const name = gatewayName(`${record.account_id}/${record.gateway_id}`, confirmed)
      const gateway = withLabel(none, "basegate.gateway", name)
      const ending = withLabel(gateway, "basegate.ending", record.ending)
      endings.add(1, withToken(ending, record))
      if (record.provider === null) return
      const labelsFor = (provider: string, named: string | null): Labels => {
        const model = named ?? record.deployment
        return perhaps(
          withLabel(gateway, "gen_ai.provider.name", provider),
          "gen_ai.request.model",
          model === null ? null : modelName(model, confirmed),
        )
      }
      called(record, labelsFor)
      const target = labelsFor(record.provider, record.model)
      const operation = requestOperation(record)
      const labels = operation && withLabel(target, "gen_ai.operation.name", operation)
      if (labels !== undefined) served(record, labels)
      if (record.cached) cacheHits.add(1, target)
      spoken(record, target)
      if (record.cost !== null && record.cost > 0) cost.add(record.cost, withToken(target, record))
      known.remember(record, ({ provider, model, url }) => {
        const operation = operationOf(url)
        const called = operation &&
          withLabel(labelsFor(provider, model), "gen_ai.operation.name", operation)
        return { http, ending, target, served: labels, called }
      })
    },
    families: [
      httpDuration,
      activeRequests,
      requestDuration,
      timeToFirstToken,
      timePerOutputToken,
      operationDuration,
      timeToFirstChunk,
      tokenUsage,
      endings,
      cacheHits,
      retries,
      socketMessages,
      cost,
    ],
  }
}
