/**
 * The tries of one step, within the clocks, the retries and the circuit of its gateway.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { GatewayError } from "../errors.ts"
import { providerRedirected } from "../errors/provider-errors.ts"
import { type Attempted, type AttemptReport, withRetries } from "../upstream/attempts.ts"
import { isRedirect } from "../headers/response-headers.ts"
import { isHostFailure } from "../upstream/circuit.ts"
import { CircuitBreakers } from "../upstream/CircuitBreakers.ts"
import type { TimeoutLimits } from "../upstream/timeouts.ts"
import { codingOf } from "../body/content-coding.ts"
import { lengthOf } from "../body/prepared-body.ts"
import { rounded } from "../record/request-record.ts"
import { passTrace } from "../record/trace-context.ts"
import { type PlainClock, plainClock } from "../time/clock.ts"
import { Timer } from "../time/Timer.ts"
import { type Cut, CutSource } from "../upstream/cut.ts"
import { Upstream } from "../upstream/Upstream.ts"
import type { UpstreamFailure } from "../upstream/upstream-failure.ts"
import type { Call, StepAnswer } from "./call.ts"
import { isRepeatable, recordedModel, type Step } from "./step.ts"

/** What sending asks of the layers. */
export type SendServices = CircuitBreakers | Upstream

/** The most calls that one request makes with all its steps: a further try is made where it leaves one to each step. */
const mostCalls = 20

/**
 * Sends a step until there is an answer worth passing on, or no try left; notes each try in the record.
 *
 * @param triesBefore how often the step was tried already, from which its tries are counted on
 */
export const sendStep: (
  call: Call,
  headers: Headers,
  again: Effect.Effect<boolean>,
  triesBefore?: number,
) => Effect.Effect<StepAnswer, GatewayError, SendServices> = Effect.fnUntraced(
  function* ({ exchange, gateway, step }, headers, again, triesBefore = 0) {
    const { route, body, method, options } = step
    const { record } = exchange
    const length = lengthOf(body)
    if (length !== undefined) headers.set("content-length", String(length))
    if (body.coding === undefined && codingOf(headers) !== undefined) headers.delete("content-encoding")
    const upstream = yield* Upstream
    const request = {
      url: route.url,
      method,
      headers,
      body: body.kind === "bytes" ? body.bytes : body.kind === "stream" ? body.stream : null,
      length,
      broken: body.kind === "stream" ? body.broken : undefined,
    }
    const context = yield* Effect.context<never>()
    const clock = yield* plainClock
    const startTimer = yield* Timer
    const deadline = gateway.totalTimeout === undefined
      ? undefined
      : clock.now() + gateway.totalTimeout - exchange.elapsed()
    const send = (cut: Cut): Promise<Attempted> =>
      upstream.send(request, clocksOf(gateway, step, deadline && deadline - clock.now()), cut)
    let circuit: string | null = null
    const attempt = gateway.circuit === undefined ? send : throughCircuit(
      clock,
      yield* CircuitBreakers,
      gateway.circuit,
      route.url,
      send,
      isHostsFailure(gateway, step),
      (state) => {
        circuit = state
      },
    )

    let started = 0
    let span: string | null = null
    const nextAttempt = (cut: Cut): Promise<Attempted> => {
      started = exchange.elapsed()
      span = passTrace(record.trace, exchange.request.headers, headers)
      return attempt(cut)
    }

    const before = exchange.elapsed()
    const retryOptions = {
      repeatable: isRepeatable(step),
      deadline,
      mayRetry: () =>
        record.attempts.length + exchange.steps.toCome < mostCalls &&
        Effect.runPromiseWith(context)(again),
      onAttempt: ({ attempt, status, error, duration, waited }: AttemptReport) =>
        void record.attempts.push({
          step: step.index,
          attempt: triesBefore + attempt,
          provider: route.provider,
          model: recordedModel(step),
          url: withoutQuery(route.url),
          status: status ?? null,
          error: error ?? null,
          started_ms: started,
          duration_ms: rounded(duration),
          waited_ms: waited,
          circuit,
          span_id: span,
        }),
    }
    const outcome = yield* cuttable((cut) =>
      withRetries(
        () => nextAttempt(cut),
        options.retry,
        retryOptions,
        { clock, startTimer, random: Math.random },
        cut,
      )
    )
    const now = exchange.elapsed()
    exchange.spentUpstream(now - before)
    if (Result.isFailure(outcome)) {
      const { error, ending } = outcome.failure
      if (exchange.isOpen()) record.ending = ending
      return yield* gateway.cloudflareErrorStatus ? asCloudflare(error) : error
    }
    if (exchange.isOpen()) record.time_to_headers_ms = now
    const { success: answer } = outcome
    if (isRedirect({ status: answer.status, headers: answer.received })) {
      answer.release()
      const error = providerRedirected(new URL(route.url).host, answer.status)
      return yield* gateway.cloudflareErrorStatus ? asCloudflare(error) : error
    }
    return answer
  },
)

const withoutQuery = (url: string): string => {
  const query = url.indexOf("?")
  return query === -1 ? url : url.slice(0, query)
}

/** The gateway's clocks, of which `cf-aig-request-timeout` can only shorten the one to the headers. */
const clocksOf = (
  gateway: GatewaySettings,
  { route, options }: Step,
  total: number | undefined,
): TimeoutLimits => {
  const headers = headersTimeout(gateway, route)
  return { headers: Math.min(headers, options.requestTimeout ?? headers), idle: gateway.idleTimeout, total }
}

const headersTimeout = (gateway: GatewaySettings, { dedicated }: Step["route"]): number =>
  dedicated ? gateway.dedicatedHeadersTimeout : gateway.headersTimeout

/**
 * Whether a call failed by its host. A client that left says nothing about it, nor does a clock that the caller set
 * shorter or had run down before: one impatient caller must not open the circuit for all.
 */
const isHostsFailure =
  (gateway: GatewaySettings, { route, options }: Step) => ({ error, ending }: UpstreamFailure): boolean =>
    isHostFailure(error.reason) && ending !== "total_timeout" &&
    (ending !== "first_byte_timeout" ||
      (options.requestTimeout ?? Infinity) >= headersTimeout(gateway, route))

/** Work that interruption cuts. */
const cuttable = <A>(work: (cut: Cut) => Promise<A>): Effect.Effect<A> =>
  Effect.callback((resume) => {
    const cut = new CutSource()
    work(cut).then((value) => resume(Effect.succeed(value)), (defect) => resume(Effect.die(defect)))
    return Effect.sync(() => cut.cut("client_left"))
  })

const throughCircuit = (
  { now }: PlainClock,
  circuits: CircuitBreakers["Service"],
  settings: NonNullable<GatewaySettings["circuit"]>,
  url: string,
  send: (cut: Cut) => Promise<Attempted>,
  failed: (failure: UpstreamFailure) => boolean,
  note: (state: string) => void,
) =>
async (cut: Cut): Promise<Attempted> => {
  const entered = circuits.enter(new URL(url).host, settings, now())
  if (Result.isFailure(entered)) {
    note("open")
    return Result.fail({ error: entered.failure, ending: "complete" })
  }
  const { state, done } = entered.success
  note(state)
  const result = await send(cut)
  if (Result.isSuccess(result)) done(!isHostFailure(result.success.status), now())
  else if (failed(result.failure)) done(false, now())
  return result
}

/** Cloudflare's status for a provider that gave no answer; the gateway's other errors keep their own. */
const asCloudflare = (error: GatewayError): GatewayError => {
  const { reason, detail, headers = {} } = error
  return error.code === 2005 ? new GatewayError({ reason, detail, headers, statusOverride: 400 }) : error
}
