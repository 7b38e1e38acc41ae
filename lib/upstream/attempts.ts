/**
 * The attempts of one request at one destination.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { Reason } from "../errors.ts"
import { isJson } from "../headers/media-type.ts"
import { retryAfterOfBody, retryAfterOfHeaders } from "../headers/read-retry-after.ts"
import type { Awaitable } from "../time/awaitable.ts"
import type { PlainClock } from "../time/clock.ts"
import type { StartTimer } from "../time/Timer.ts"
import { readBeginning } from "./body-beginning.ts"
import type { Cut } from "./cut.ts"
import { type AttemptOutcome, type RetryPolicy, retryWait } from "./retry-policy.ts"
import type { UpstreamAnswer } from "./Upstream.ts"
import { interrupted, type UpstreamFailure } from "./upstream-failure.ts"

/** The outcome of one attempt, for the record. Times are in milliseconds. */
export interface AttemptReport {
  /** 1 for the first. */
  readonly attempt: number
  /** The status of the answer; `undefined` if there was none. */
  readonly status: number | undefined
  /** Why there was no answer, or none that counts. */
  readonly error: Reason | "reported_error" | undefined
  /** How long it took, to the headers or to the failure. */
  readonly duration: number
  /** The wait before it, which is 0 for the first. */
  readonly waited: number
}

/** A request to be attempted, and what its attempts depend on beside the policy. */
export interface Attempting<A> {
  /** Makes an attempt. */
  readonly once: () => Promise<Attempted>
  /** Whether the request can be sent twice: a body that is streamed up cannot. */
  readonly repeatable: boolean
  /** When the request's total time is over, on the monotonic clock; `undefined` if it has no limit. */
  readonly deadline: number | undefined
  /** Whether there may be another attempt. Called when all else speaks for one, which is made if it says so. */
  readonly mayRetry: () => Awaitable<boolean>
  /** Called as soon as an attempt is over, unless it was cut. */
  readonly onAttempt: (report: AttemptReport) => void
  /** Called once no attempt is left to make. */
  readonly concluded: (outcome: Attempted) => A
}

/** Time and chance. */
export interface RetryEnvironment {
  readonly clock: PlainClock
  readonly startTimer: StartTimer
  /** In [0, 1). */
  readonly random: () => number
}

/** How much of a failed answer is read to find its `retry_after`, in bytes, and for how long, in milliseconds. */
const mostRead = 65_536
const longestRead = 2_000

/** The result of a request, or of one attempt. */
export type Attempted = Result.Result<UpstreamAnswer, UpstreamFailure>

/**
 * Tries until there is an answer that a retry would not mend, or the policy gives up; then hands the last answer or failure
 * on as it is, its body whole.
 *
 * A failed answer is released before the wait for the next attempt, so that nothing is open while the gateway waits.
 *
 * @param request the timeouts of an attempt must keep within its deadline, and `cut` must end it
 * @param cut ends the waits between attempts
 */
export const withRetries = <A>(
  request: Attempting<A>,
  policy: RetryPolicy,
  environment: RetryEnvironment,
  cut: Cut,
): Promise<A> => new Attempts(request, policy, environment, cut).run()

class Attempts<A> {
  readonly #request: Attempting<A>
  readonly #policy: RetryPolicy
  readonly #environment: RetryEnvironment
  readonly #cut: Cut
  readonly #most: number
  #number = 0
  #waited = 0
  #started = 0
  #duration = 0

  constructor(request: Attempting<A>, policy: RetryPolicy, environment: RetryEnvironment, cut: Cut) {
    this.#request = request
    this.#policy = policy
    this.#environment = environment
    this.#cut = cut
    this.#most = request.repeatable ? policy.maxAttempts : 1
  }

  run(): Promise<A> {
    this.#number++
    this.#started = this.#environment.clock.now()
    return this.#request.once().then((result) => this.#over(result))
  }

  #over(result: Attempted): A | Promise<A> {
    this.#duration = this.#environment.clock.now() - this.#started
    this.#report(result)
    return this.#number >= this.#most || this.#cut.reason !== undefined
      ? this.#request.concluded(result)
      : this.#again(result)
  }

  async #again(result: Attempted): Promise<A> {
    const last = await this.#beforeNext(result)
    return last === undefined ? await this.run() : this.#request.concluded(last)
  }

  #report(result: Attempted): void {
    const isAnswer = Result.isSuccess(result)
    if (!isAnswer && result.failure.ending === this.#cut.reason) return
    this.#request.onAttempt({
      attempt: this.#number,
      status: isAnswer ? result.success.status : undefined,
      error: isAnswer
        ? (result.success.reportsError ? "reported_error" : undefined)
        : result.failure.error.reason,
      duration: this.#duration,
      waited: this.#waited,
    })
  }

  /** Waits for the next attempt; resolves with the result to hand on if there is no further attempt. */
  async #beforeNext(result: Attempted): Promise<Attempted | undefined> {
    const { clock, startTimer, random } = this.#environment
    const chance = random()
    const answer = Result.isSuccess(result) ? result.success : undefined
    const ofHeaders = answer && retryAfterOfHeaders(answer.received, clock.wall())
    let wait = this.#waitAfter(result, ofHeaders, chance)
    if (wait === undefined) return result
    let whole = result
    if (
      answer?.body !== undefined && ofHeaders === undefined &&
      isJson(answer.received.get("content-type") ?? "")
    ) {
      const spare = Math.min(longestRead, (this.#remaining() ?? Infinity) - wait)
      const { text, body } = await readBeginning(answer.body, mostRead, spare, startTimer, this.#cut)
      whole = Result.succeed({ ...answer, body })
      wait = this.#cut.reason === undefined
        ? this.#waitAfter(result, retryAfterOfBody(text), chance)
        : undefined
    }
    if (wait !== undefined && !await this.#request.mayRetry()) wait = undefined
    if (wait === undefined && this.#cut.reason === undefined) return whole
    answer?.release()
    if (wait === undefined || !await waited(wait, startTimer, this.#cut)) {
      return Result.fail(interrupted(this.#cut.reason ?? "client_left"))
    }
    this.#waited = wait
    return undefined
  }

  #waitAfter(result: Attempted, retryAfter: number | undefined, chance: number): number | undefined {
    return retryWait(this.#policy, {
      attempt: this.#number,
      outcome: outcomeOf(result),
      duration: this.#duration,
      retryAfter,
      remaining: this.#remaining(),
      random: chance,
    })
  }
  #remaining(): number | undefined {
    const { deadline } = this.#request
    return deadline === undefined ? undefined : deadline - this.#environment.clock.now()
  }
}

/** An error within an answer has no status of its own: another try may mend it, as it may a 502. */
const outcomeOf = (result: Attempted): AttemptOutcome =>
  Result.isFailure(result)
    ? result.failure.error.reason
    : result.success.reportsError
    ? 502
    : result.success.status

/** Resolves after a number of milliseconds: whether they passed without a cut. */
const waited = (milliseconds: number, startTimer: StartTimer, cut: Cut): Promise<boolean> =>
  new Promise((resolve) => {
    if (cut.reason !== undefined) return resolve(false)
    const stopTimer = startTimer(milliseconds, () => {
      forget()
      resolve(true)
    })
    const forget = cut.onCut(() => {
      stopTimer()
      resolve(false)
    })
  })
