/**
 * Whether a failed attempt is followed by another, and after how long a wait.
 *
 * Plain arithmetic: time, chance and the server's `Retry-After` are passed in.
 *
 * @module
 */
import type { Reason } from "../errors.ts"

/** How often, and how far apart, a request is tried (Cloudflare's `retry_*` settings). */
export interface RetryPolicy {
  /** Tries in all, the first included: 1 to 5. */
  readonly maxAttempts: number
  /** The unit of the wait, in milliseconds: 0 to 60,000. */
  readonly delay: number
  /** How the wait grows before attempt n + 1: `delay`, `delay × n`, or `delay × 2^(n−1)`. */
  readonly backoff: "constant" | "linear" | "exponential"
}

/** The outcome of an attempt: the status of an answer, or the reason why there was none. */
export type AttemptOutcome = number | Reason

/** An attempt that is over, and what is known when deciding on the next. */
export interface PastAttempt {
  /** 1 for the first. */
  readonly attempt: number
  readonly outcome: AttemptOutcome
  /** How long it took to the headers or to the failure, in milliseconds. */
  readonly duration: number
  /** For how long the server asked to be left alone, in milliseconds; `undefined` if it did not. */
  readonly retryAfter: number | undefined
  /** What is left of the request's total time, in milliseconds; `undefined` if it has no limit. */
  readonly remaining: number | undefined
  /** Chance, in [0, 1). */
  readonly random: number
}

/**
 * No wait is longer, in milliseconds: beyond a minute the client, or the next step, does better. A server that asks for
 * more would refuse an attempt that comes earlier.
 */
const longestWait = 60_000

/**
 * A 504 that took longer than this, in milliseconds, says that the work is too long, not that the way was
 * blocked.
 */
const quick504 = 60_000

/** The least backoff after 529, in milliseconds: when spread, it is 1 s or more. */
const least529 = 4_000 / 3

/**
 * The outcomes that another try may mend.
 *
 * - 408, 425, 429 and 5xx, connections that failed, and headers that did not come in time. Every other 4xx
 *   would be refused again.
 * - 504: Baseten's advice to clients lists it, yet its own 504 comes after 1,200 s of work, which a further
 *   attempt would run, and bill, once more. So it is retried only if it came quickly, from something on the
 *   way.
 * - Not `circuit_open`: the point of an open circuit is that nobody calls.
 * - Not 508: behind another gateway it means a loop, and each lap would multiply the tries.
 */
const isRetried = (outcome: AttemptOutcome, duration: number): boolean => {
  if (typeof outcome === "string") return outcome === "provider_failed" || outcome === "provider_timeout"
  if (outcome === 504) return duration <= quick504
  return outcome === 408 || outcome === 425 || outcome === 429 ||
    (outcome >= 500 && outcome <= 599 && outcome !== 508)
}

const backoffOf = ({ delay, backoff }: RetryPolicy, attempt: number): number => {
  switch (backoff) {
    case "constant":
      return delay
    case "linear":
      return delay * attempt
    case "exponential":
      return delay * 2 ** (attempt - 1)
  }
}

/**
 * How long to wait before the next attempt, in whole milliseconds; `undefined` if there is to be none: the outcome is not
 * one that a retry mends, the attempts are used up, the server asks for more than the longest wait, or the wait does not fit
 * in the time left.
 *
 * The wait is the backoff, spread by a quarter either way so that callers that failed together do not come
 * back together. The server's `Retry-After` wins if it is longer. After 529 (Baseten has no capacity, though the
 * caller is within its limits) the backoff counts four times, and the wait is at least 1 s, where Baseten's own
 * advice to clients begins: capacity comes with a replica that starts or falls idle, not within milliseconds.
 */
export const retryWait = (policy: RetryPolicy, past: PastAttempt): number | undefined => {
  if (past.attempt >= policy.maxAttempts || !isRetried(past.outcome, past.duration)) return undefined
  const retryAfter = past.retryAfter ?? 0
  if (retryAfter > longestWait) return undefined
  const backoff = backoffOf(policy, past.attempt)
  const base = past.outcome === 529 ? Math.max(4 * backoff, least529) : backoff
  const wait = Math.ceil(Math.min(Math.max(base * (0.75 + past.random / 2), retryAfter), longestWait))
  return past.remaining !== undefined && wait >= past.remaining ? undefined : wait
}
