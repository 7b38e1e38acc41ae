/**
 * The tries of a call, within its total time, its retries and the request's maximum of calls; each goes into the report.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { RequestOptions } from "../config/request-options.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { GatewayError } from "../errors.ts"
import { providerRedirected } from "../errors/provider-errors.ts"
import { isRedirect } from "../headers/response-headers.ts"
import { rounded } from "../record/request-record.ts"
import { passTrace } from "../record/trace-context.ts"
import type { PlainClock } from "../time/clock.ts"
import { type Attempted, type Attempting, type AttemptReport, withRetries } from "../upstream/attempts.ts"
import type { UpstreamAnswer } from "../upstream/Upstream.ts"
import type { CallServices } from "./stages.ts"
import type { Call } from "./call.ts"
import { recordedModel } from "./target.ts"
import type { Attempt, AttemptNotes, TryResult } from "./send.ts"

/** The result of all tries of a call: the answer worth passing on, or the last error. */
export type TriedResult = Result.Result<UpstreamAnswer, GatewayError>

/** Tries a call, and uses its result: a promise of its own for each stage would be expensive. */
export type Tried = <A>(call: Call, use: (result: TriedResult) => A) => Promise<A>

/** The most calls of one request in all its steps: a further try is made only if it leaves one for each later step. */
const mostCalls = 20

/** Cloudflare's status for a provider that did not answer; the gateway's other errors keep theirs. */
const asCloudflare = (error: GatewayError): GatewayError => {
  const { reason, detail, headers = {} } = error
  return error.code === 2005 ? new GatewayError({ reason, detail, headers, statusOverride: 400 }) : error
}

const withoutQuery = (url: string): string => {
  const query = url.indexOf("?")
  return query === -1 ? url : url.slice(0, query)
}

const attemptsSoFar = ({ exchange: { reports } }: Call): number => {
  let sum = 0
  for (const { attempts } of reports) sum += attempts.length
  return sum
}

const mayRetry = (call: Call): boolean | Promise<boolean> =>
  attemptsSoFar(call) + call.exchange.stepsToCome < mostCalls && (call.admitsRetry?.() ?? true)

/** The tries that are left; the one spent on requesting the usage does not count. */
const retryPolicyOf = ({ target: { options: { retry } }, triesBefore }: Call): RequestOptions["retry"] =>
  triesBefore === 0 ? retry : { ...retry, maxAttempts: Math.max(1, retry.maxAttempts - triesBefore + 1) }

const clientError = ({ cloudflareErrorStatus }: GatewaySettings, error: GatewayError): GatewayError =>
  cloudflareErrorStatus ? asCloudflare(error) : error

/** The tries of one call, noted in its report. A class, since each call has them: four closures cost more. */
class Tries<A> implements Attempting<A> {
  readonly repeatable: boolean
  readonly deadline: number | undefined
  readonly #call: Call
  readonly #attempt: Attempt
  readonly #clock: PlainClock
  readonly #notes: AttemptNotes = { circuit: null }
  readonly #use: (result: TriedResult) => A
  #begun = -1
  #started = 0
  #span: string | null = null

  constructor(
    call: Call,
    attempt: Attempt,
    clock: PlainClock,
    deadline: number | undefined,
    use: (result: TriedResult) => A,
  ) {
    this.repeatable = call.body.kind !== "stream"
    this.deadline = deadline
    this.#call = call
    this.#attempt = attempt
    this.#clock = clock
    this.#use = use
  }
  once(): Promise<TryResult> {
    const { exchange, headers } = this.#call
    this.#started = exchange.elapsed()
    if (this.#begun === -1) this.#begun = this.#started
    this.#span = passTrace(exchange.trace, exchange.headers, headers)
    const left = this.deadline === undefined ? undefined : this.deadline - this.#clock.now()
    return this.#attempt(this.#call, left, this.#notes)
  }
  mayRetry(): boolean | Promise<boolean> {
    return mayRetry(this.#call)
  }
  onAttempt({ attempt, status, error, duration, waited }: AttemptReport): void {
    const { target, report, triesBefore } = this.#call
    report.attempts.push({
      step: target.step,
      attempt: triesBefore + attempt,
      provider: target.route.provider,
      model: recordedModel(target),
      url: withoutQuery(target.route.url),
      status: status ?? null,
      error: error ?? null,
      started_ms: this.#started,
      duration_ms: rounded(duration),
      waited_ms: waited,
      circuit: this.#notes.circuit,
      span_id: this.#span,
    })
  }
  /** Called when there are no more tries. */
  concluded(outcome: Attempted): A {
    return this.#use(this.#resultOf(outcome))
  }
  #resultOf(outcome: Attempted): TriedResult {
    const { exchange, gateway, target, report } = this.#call
    const now = exchange.elapsed()
    exchange.spentUpstream(now - this.#begun)
    if (Result.isFailure(outcome)) {
      report.ending = outcome.failure.ending
      return Result.fail(clientError(gateway, outcome.failure.error))
    }
    report.headersAt = now
    const answer = outcome.success
    if (!isRedirect(answer)) return Result.succeed(answer)
    answer.release()
    return Result.fail(
      clientError(gateway, providerRedirected(new URL(target.route.url).host, answer.status)),
    )
  }
}

/** Tries a call until there is an answer worth passing on, or no try is left. */
export const retried = (
  { clock, startTimer }: Pick<CallServices, "clock" | "startTimer">,
  gateway: GatewaySettings,
  attempt: Attempt,
): Tried => {
  const environment = { clock, startTimer, random: Math.random }
  return (call, use) => {
    const { exchange, cut } = call
    const deadline = gateway.totalTimeout === undefined
      ? undefined
      : clock.now() + gateway.totalTimeout - exchange.elapsed()
    const tries = new Tries(call, attempt, clock, deadline, use)
    return withRetries(tries, retryPolicyOf(call), environment, cut)
  }
}
