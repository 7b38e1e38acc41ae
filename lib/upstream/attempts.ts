/**
 * The attempts of one request at one destination.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import type { Reason } from "../errors.ts"
import { monotonicBy } from "../time/monotonic.ts"
import { retryAfterOfBody, retryAfterOfHeaders } from "../headers/retry-after.ts"
import { type RetryPolicy, retryWait } from "./retry-policy.ts"
import type { UpstreamAnswer, UpstreamFailure } from "./Upstream.ts"

/** What came of one attempt, for the record. Times are in milliseconds. */
export interface AttemptReport {
  /** 1 for the first. */
  readonly attempt: number
  /** The status of the answer; nothing where there was none. */
  readonly status: number | undefined
  /** Why there was no answer. */
  readonly error: Reason | undefined
  /** When it began, since a time of its own (`monotonic.ts`). */
  readonly started: number
  /** How long it took, to the headers or to the failure. */
  readonly duration: number
  /** The wait before it, which is 0 for the first. */
  readonly waited: number
}

/** What the attempts of a request depend on beside the policy. */
export interface RetryOptions {
  /** Whether the request can be sent twice: a body that is streamed up cannot. */
  readonly repeatable: boolean
  /** When the request's total time is over, by the same clock as `started`; nothing where it has no limit. */
  readonly deadline: number | undefined
  /** Whether there may be another try; asked when all else speaks for one, which is made then. */
  readonly again: Effect.Effect<boolean>
  /**
   * Called as soon as an attempt is over. An attempt that the client's leaving interrupts is not reported.
   */
  readonly onAttempt: (report: AttemptReport) => void
}

/**
 * How much of a failed answer, in bytes, and for how long, in milliseconds, is read to find the server's
 * wish.
 */
const wishBytes = 65_536
const wishTime = 2_000

/** What came of a request, or of one try of it. */
export type Outcome = Result.Result<UpstreamAnswer, UpstreamFailure>

/**
 * Tries until there is an answer that a retry would not mend, or the policy gives up; then the last answer or
 * failure is handed on as it is, its body whole.
 *
 * A failed answer is released before the wait for the next try, so that nothing is open while the gateway
 * waits.
 *
 * @param attempt one try, given its number from 1; the clocks that it starts must keep within the deadline
 */
export const withRetries = (
  attempt: (number: number) => Effect.Effect<UpstreamAnswer, UpstreamFailure>,
  policy: RetryPolicy,
  options: RetryOptions,
): Effect.Effect<Outcome> =>
  options.repeatable && policy.maxAttempts > 1
    ? severalTries(attempt, policy, options)
    : Effect.map(reported(attempt, 1, 0, options.onAttempt), ({ result }) => result)

interface Try {
  readonly result: Outcome
  /** What a policy goes by: a status, or why there is none. */
  readonly outcome: number | Reason
  readonly ended: number
  readonly duration: number
}

/** One try, and word of it. */
const reported = (
  attempt: (number: number) => Effect.Effect<UpstreamAnswer, UpstreamFailure>,
  number: number,
  waited: number,
  onAttempt: RetryOptions["onAttempt"],
): Effect.Effect<Try> =>
  Effect.clockWith((clock) => {
    const started = monotonicBy(clock)
    return Effect.map(Effect.result(attempt(number)), (result) => {
      const ended = monotonicBy(clock)
      const duration = ended - started
      const outcome = Result.isSuccess(result) ? result.success.response.status : result.failure.error.reason
      onAttempt({
        attempt: number,
        status: typeof outcome === "number" ? outcome : undefined,
        error: typeof outcome === "string" ? outcome : undefined,
        started,
        duration,
        waited,
      })
      return { result, outcome, ended, duration }
    })
  })

const severalTries = Effect.fnUntraced(
  function* (
    attempt: (number: number) => Effect.Effect<UpstreamAnswer, UpstreamFailure>,
    policy: RetryPolicy,
    { deadline, again, onAttempt }: RetryOptions,
  ) {
    const clock = yield* Clock.Clock
    let waited = 0
    for (let number = 1;; number++) {
      const { result, outcome, ended, duration } = yield* reported(attempt, number, waited, onAttempt)
      if (number >= policy.maxAttempts) return result

      const answer = Result.isSuccess(result) ? result.success : undefined
      const random = yield* Random.next
      const waitFor = (wish: number | undefined, now: number): number | undefined => {
        const remaining = deadline === undefined ? undefined : deadline - now
        return retryWait(policy, { attempt: number, outcome, duration, wish, remaining, random })
      }
      const wish = answer === undefined
        ? undefined
        : retryAfterOfHeaders(answer.response.headers, clock.currentTimeMillisUnsafe())
      let wait = waitFor(wish, ended)
      if (wait === undefined) return result
      let given = (): Outcome => result
      if (answer !== undefined) {
        if (wish === undefined && answer.response.body !== null && isJson(answer.response.headers)) {
          const { text, whole } = beginningOf(answer.response.body)
          const spare = deadline === undefined ? wishTime : Math.min(wishTime, deadline - ended - wait)
          const read = yield* text.pipe(
            Effect.timeoutOrElse({ duration: spare, orElse: () => Effect.succeed("") }),
            Effect.onInterrupt(() => Effect.sync(answer.release)),
          )
          given = () => Result.succeed({ ...answer, response: new Response(whole(), answer.response) })
          wait = waitFor(retryAfterOfBody(read), monotonicBy(clock))
          if (wait === undefined) return given()
        }
      }
      if (!(yield* again)) return given()
      answer?.release()
      yield* Effect.sleep(wait)
      waited = wait
    }
  },
)

const isJson = (headers: Headers): boolean =>
  /^application\/(?:[\w.-]+\+)?json\b/i.test(headers.get("content-type") ?? "")

/**
 * Reads the beginning of a body without losing it: `text` first, and then, if the body is still wanted,
 * `whole`.
 */
const beginningOf = (body: ReadableStream<Uint8Array<ArrayBuffer>>) => {
  const reader = body.getReader()
  const chunks: Array<Uint8Array<ArrayBuffer>> = []
  // Stays set where the reading of `text` was given up, so that `whole` goes on with the same read.
  let next: ReturnType<typeof reader.read> | undefined
  const text = Effect.gen(function* () {
    const decoder = new TextDecoder()
    let read = ""
    for (let size = 0; size <= wishBytes;) {
      const reading = next = reader.read()
      const { done, value } = yield* Effect.tryPromise(() => reading)
      if (done) return read
      next = undefined
      chunks.push(value)
      size += value.byteLength
      read += decoder.decode(value, { stream: true })
    }
    return ""
  }).pipe(Effect.orElseSucceed(() => ""))
  const whole = () =>
    new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: async (controller) => {
        const chunk = chunks.shift()
        if (chunk !== undefined) return controller.enqueue(chunk)
        const { done, value } = await (next ?? reader.read())
        next = undefined
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 })
  return { text, whole }
}
