/**
 * The body that a webhook receives.
 *
 * @module
 */

/** The body of a POST. Members that an event has no value for are `null`. */
export interface AlertEvent {
  readonly event: "budget" | "error_share" | "circuit" | "test"
  /** For a budget, the id of its rule; for a circuit, the host; otherwise the event's name. */
  readonly rule: string
  /** The share that was reached. */
  readonly threshold: number | null
  /** For a budget, in US dollars; for `error_share`, the share of calls that failed. */
  readonly spent: number | null
  /** For a budget, in US dollars. */
  readonly limit: number | null
  /** The entry of the settings: `account/gateway`, or `*`. */
  readonly gateway: string
  /** The period, as an ISO 8601 interval. */
  readonly period: string
  /** The partition of the budget, as alternating names and values, if the rule is partitioned. */
  readonly partition?: ReadonlyArray<string>
}

/** An ISO 8601 interval, from two times in milliseconds since 1970. */
export const intervalText = (start: number, end: number): string =>
  `${new Date(start).toISOString()}/${new Date(end).toISOString()}`
