/**
 * What a call is expected to cost before it has been made.
 *
 * @module
 */
import { listedPrice, type PricedModel, type Tariff } from "./call-cost.ts"
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
