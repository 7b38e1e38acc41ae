/**
 * The share of a gateway's recent calls that failed, in this process.
 *
 * @module
 */
import type { RequestRecord } from "../record/request-record.ts"

/** How long calls count together, in milliseconds: spans are aligned to the clock, so that all instances have the same. */
export const errorSpan = 300_000

/** The fewest calls for a meaningful share. */
const fewest = 20

/** Calls of one span. */
interface ErrorCount {
  /** When the span began, in milliseconds since 1970. */
  readonly start: number
  calls: number
  failed: number
}

/** The share of calls that failed; `undefined` for too few. */
export const failedShare = ({ calls, failed }: ErrorCount): number | undefined =>
  calls < fewest ? undefined : failed / calls

/** Whether a call failed because of the provider or the gateway. Refusals are the caller's fault. */
const hasFailed = ({ status, ending, error, error_code }: RequestRecord): boolean =>
  status >= 500 || (ending !== "complete" && ending !== "client_left" && ending !== "blocked") ||
  (status < 400 && error !== null && error_code === null)

/** Counts the calls of gateways, each by the name of its entry. */
export class ErrorShares {
  readonly #counts = new Map<string, ErrorCount>()

  /** Counts a request; `undefined` if it made no call. */
  add(gateway: string, record: RequestRecord, now: number): ErrorCount | undefined {
    if (record.attempts.length === 0 && !record.cached) return undefined
    const start = now - now % errorSpan
    let count = this.#counts.get(gateway)
    if (count === undefined || count.start !== start) {
      count = { start, calls: 0, failed: 0 }
      this.#counts.set(gateway, count)
    }
    count.calls++
    if (hasFailed(record)) count.failed++
    return count
  }
}
