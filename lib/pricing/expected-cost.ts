/**
 * What a call is expected to cost before it has been made, and the most that it may.
 *
 * @module
 */
import { listedPrice, picoCostOfTime, type PricedModel, type Tariff } from "./call-cost.ts"
import { costOf, dollarsOf } from "./price.ts"
import { estimateInput } from "../usage/estimate.ts"

/** How many tokens an answer is assumed to have if the request sets no limit. */
const usualOutput = 4096

/** What is known of a call before it is made. */
export interface ComingCall extends PricedModel {
  /** How many bytes of JSON its body has. */
  readonly bytes: number
  /** The most tokens that its answer may have; `undefined` if it sets no limit. */
  readonly outputLimit: number | undefined
}

/**
 * In US dollars; 0 if nothing is known of it. The input is a quarter of the body's bytes, the output as long as it may be;
 * a call that is priced by time is assumed to last a minute.
 */
export const expectedCost = (call: ComingCall, tariff: Tariff): number => {
  const { custom } = tariff
  if (custom !== undefined && "total" in custom) return dollarsOf(custom.total)
  const listed = custom === undefined ? listedPrice(call, tariff) : undefined
  if (listed?.kind === "time") return dollarsOf(listed.minute)
  const usage = {
    input: estimateInput(call.bytes),
    output: call.outputLimit ?? usualOutput,
    cachedInput: undefined,
    reasoning: undefined,
  }
  return costOf(usage, custom?.price ?? listed?.price) ?? 0
}

/** The highest limit that Baseten's own schema takes. */
const highestLimit = 262_144

/**
 * The most that a call may cost, in US dollars; 0 if its price is not known. A token has a byte at least, so the input has no
 * more tokens than bytes (images and audio that the body links to are not known); the output is as long as the call, the
 * price list or Baseten's schema allows, for each of `choices`.
 *
 * @param longest how long the call may take, in milliseconds, if it is priced by time
 */
export const worstCost = (
  call: ComingCall & { readonly choices: number },
  longest: number,
  tariff: Tariff,
): number => {
  const { custom } = tariff
  if (custom !== undefined && "total" in custom) return dollarsOf(custom.total)
  const listed = custom === undefined ? listedPrice(call, tariff) : undefined
  if (listed?.kind === "time") return dollarsOf(picoCostOfTime(longest, listed.minute))
  const price = custom?.price ?? listed?.price
  const usage = {
    input: call.bytes,
    output: (call.outputLimit ?? price?.longest ?? highestLimit) * call.choices,
    cachedInput: undefined,
    reasoning: undefined,
  }
  return costOf(usage, price) ?? 0
}
