/**
 * Why a store across a network was unavailable.
 *
 * @module
 */

/** The reasons, as the label of a metric. */
export type OutageReason = "timeout" | "unreachable" | "refused" | "paused"

/** A store that was unavailable, or did not answer in time. */
export class StoreOutage {
  /**
   * `timeout`: no answer within the deadline. `unreachable`: no connection. `refused`: an answer that is an error.
   * `paused`: it has failed several times, and is left alone for a moment.
   */
  readonly reason: OutageReason
  /** What the engine said, without secrets. */
  readonly detail: string

  constructor(reason: OutageReason, detail: string) {
    this.reason = reason
    this.detail = detail
  }
  /** Whether the operation may have been carried out nevertheless. */
  get isUncertain(): boolean {
    return this.reason === "timeout" || this.reason === "unreachable"
  }
}
