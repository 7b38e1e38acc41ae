/**
 * The circuit breaker of a call's host.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { CircuitSettings } from "../config/circuit-settings.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { isHostFailure } from "../upstream/circuit.ts"
import type { UpstreamFailure } from "../upstream/upstream-failure.ts"
import type { CallServices } from "./stages.ts"
import type { Call } from "./call.ts"
import { type Attempt, headersTimeout } from "./send.ts"

/**
 * Whether a try failed because of its host. A client that leaves says nothing about the host, nor does a timeout that
 * the caller shortened or had used up before: one impatient caller must not open the circuit for all.
 */
const failedByHost = (
  gateway: GatewaySettings,
  { target: { route, options } }: Call,
  { error, ending }: UpstreamFailure,
): boolean =>
  isHostFailure(error.reason) && ending !== "total_timeout" &&
  (ending !== "first_byte_timeout" ||
    (options.requestTimeout ?? Infinity) >= headersTimeout(gateway, route))

/** Sends a try if the circuit permits it, and reports the outcome to the circuit. */
export const circuitGuarded = (
  { circuits, clock }: Pick<CallServices, "circuits" | "clock">,
  gateway: GatewaySettings,
  settings: CircuitSettings,
  next: Attempt,
  onOpened?: (call: Call, host: string) => void,
): Attempt =>
async (call, left, notes) => {
  const { host } = new URL(call.target.route.url)
  const reading = circuits.readHint(host, settings, clock.now())
  if (reading !== undefined) call.exchange.settleBy(() => reading)
  const entered = circuits.enter(host, settings, clock.now())
  if (Result.isFailure(entered)) {
    notes.circuit = "open"
    return Result.fail({ error: entered.failure, ending: "complete" })
  }
  const { state, done } = entered.success
  notes.circuit = state
  const result = await next(call, left, notes)
  const opens = Result.isSuccess(result)
    ? done(!isHostFailure(result.success.status), clock.now())
    : failedByHost(gateway, call, result.failure) && done(false, clock.now())
  if (opens) {
    const sharing = circuits.shareHint(host, settings, clock.now())
    if (sharing !== undefined) call.exchange.settleBy(() => sharing)
    onOpened?.(call, host)
  }
  return result
}
