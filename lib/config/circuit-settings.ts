/**
 * The setting `circuit_breaker`: when to stop calling an upstream host that keeps failing.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { integer, number, positiveInteger } from "../schema/expected.ts"

const Seconds = integer(1, 3_600)

/** What `circuit_breaker` may hold; the entry's comment says what each means. */
export const CircuitBreaker = Schema.Struct({
  failure_rate: Schema.optionalKey(number(0.001, 1)),
  minimum_calls: Schema.optionalKey(positiveInteger),
  window: Schema.optionalKey(Seconds),
  open: Schema.optionalKey(Seconds),
})

/** When a circuit opens, and for how long. */
export interface CircuitSettings {
  /** How far back calls count, in milliseconds. */
  readonly windowMs: number
  /** A circuit with fewer calls in the window stays closed. */
  readonly minimumCalls: number
  /** The share of failed calls, from 0.001 to 1, from which a circuit opens. */
  readonly failureRate: number
  /** How long it stays open before a call is let through as a probe, in milliseconds. */
  readonly openMs: number
}

/**
 * Fills in the defaults: half of at least 10 calls within 30 s, and then 15 s of rest: long enough for
 * a rate to mean something, and short enough to notice soon that a host has recovered.
 */
export const circuitSettings = (entry: typeof CircuitBreaker.Type): CircuitSettings => ({
  windowMs: (entry.window ?? 30) * 1_000,
  minimumCalls: entry.minimum_calls ?? 10,
  failureRate: entry.failure_rate ?? 0.5,
  openMs: (entry.open ?? 15) * 1_000,
})
