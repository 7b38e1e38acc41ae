/**
 * What one request adds to the instruments.
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
import type { RequestRecord } from "../../record/request-record.ts"

/** How many models, and how many gateways beside those that the settings list, are told apart. */
export const namesLimit = 100

/** The instruments that requests are counted by. */
export interface RequestMetrics {
  /** Counts a request in. */
  readonly began: (method: string, scheme: string) => void
  /** Counts it out again. */
  readonly ended: (method: string, scheme: string) => void
  /** Takes a request that has ended. */
  readonly record: (record: RequestRecord) => void
  readonly families: ReadonlyArray<Family>
}

/** Adds a label where there is a value for it. */
const perhaps = (labels: Labels, name: string, value: string | null | undefined): Labels =>
  value === null || value === undefined ? labels : withLabel(labels, name, value)
const withError = (labels: Labels, error: string | null): Labels => perhaps(labels, "error.type", error)

/** Whether a provider answered as if it knew the model: what it does not know it refuses. */
const isProven = ({ cached, upstream_status, attempts }: RequestRecord): boolean =>
  cached ||
  [upstream_status, ...attempts.map(({ status }) => status)].some((status) =>
    status !== null && (status < 400 || status >= 500)
  )

/** Whether a request asked about calls, and is none itself. */
const isAdmins = ({ route }: RequestRecord): boolean => route?.startsWith("admin.") ?? false

/** @param isListed whether the settings list a gateway (`account/gateway`) by its name */
export const requestMetrics = (isListed: (gateway: string) => boolean): RequestMetrics => {
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
  const cost = recorder(catalogue.cost)
  const modelName = limitLabels(namesLimit)
  const gatewayName = limitLabels(namesLimit, isListed)

  const http = (record: RequestRecord): void => {
    const request = withLabel(
      withLabel(none, "http.request.method", httpMethod(record.method)),
      "url.scheme",
      httpScheme(record.scheme),
    )
    const labels = withLabel(
      perhaps(request, "http.route", httpRoute(record)),
      "http.response.status_code",
      record.status,
    )
    httpDuration.add(record.total_ms / 1000, withError(labels, requestError(record, 500)))
  }

  /** The request as its caller sees it. */
  const served = (record: RequestRecord, labels: Labels): void => {
    const error = requestError(record, 400)
    requestDuration.add(record.total_ms / 1000, withError(labels, error))
    const first = record.time_to_first_token_ms
    if (error !== null || first === null) return
    timeToFirstToken.add(first / 1000, labels)
    if (record.ending === "complete" && record.tokens_out !== null && record.tokens_out > 1) {
      timePerOutputToken.add((record.total_ms - first) / 1000 / (record.tokens_out - 1), labels)
    }
  }

  /** The calls that were made for it. Whoever shares another request's call has none: it is counted there. */
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
      if (attempt !== answering) continue
      if (record.stream && record.time_to_first_byte_ms !== null) {
        timeToFirstChunk.add((record.time_to_first_byte_ms - attempt.started_ms) / 1000, labels)
      }
      // The conventions want counts that were told, not guessed.
      if (record.usage_source === "estimated") continue
      const { tokens_in, tokens_out } = record
      if (tokens_in !== null) tokenUsage.add(tokens_in, withLabel(labels, "gen_ai.token.type", "input"))
      if (tokens_out !== null) tokenUsage.add(tokens_out, withLabel(labels, "gen_ai.token.type", "output"))
    }
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
      http(record)
      if (record.account_id === null || isAdmins(record)) return
      const proven = isProven(record)
      const name = gatewayName(`${record.account_id}/${record.gateway_id}`, proven)
      const gateway = withLabel(none, "basegate.gateway", name)
      endings.add(1, withLabel(gateway, "basegate.ending", record.ending))
      if (record.provider === null) return
      const labelsFor = (provider: string, named: string | null): Labels => {
        const model = named ?? record.deployment
        return perhaps(
          withLabel(gateway, "gen_ai.provider.name", provider),
          "gen_ai.request.model",
          model === null ? null : modelName(model, proven),
        )
      }
      called(record, labelsFor)
      const labels = labelsFor(record.provider, record.model)
      const operation = requestOperation(record)
      if (operation !== undefined) served(record, withLabel(labels, "gen_ai.operation.name", operation))
      if (record.cached) cacheHits.add(1, labels)
      if (record.cost !== null && record.cost > 0) cost.add(record.cost, labels)
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
      cost,
    ],
  }
}
