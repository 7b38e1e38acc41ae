/**
 * What a gateway's guardrails have said of a call, as its log entry has it.
 *
 * @module
 */

/** What is looked at. */
export type GuardrailPhase = "prompt" | "response"

/** One verdict. */
export interface GuardrailVerdict {
  readonly phase: GuardrailPhase
  /** `null` if the scanner gave no verdict. */
  readonly category: string | null
  /** What its rule says, or that there was no verdict. */
  readonly action: "FLAG" | "BLOCK" | "unavailable"
}

/** What the scanner was asked for a call: not part of the call's own tokens and cost. */
export interface ScannerUse {
  /** `{provider}/{model}`. */
  readonly model: string
  readonly calls: number
  /** How many verdicts were known already. */
  readonly cached: number
  readonly tokens_in: number
  readonly tokens_out: number
  /** In US dollars; `null` if a price is unknown. */
  readonly cost: number | null
  /** Milliseconds of all calls together. */
  readonly duration_ms: number
}

const order = ["FLAG", "unavailable", "BLOCK"]

/** The action that most came of; `null` if there is no verdict. */
export const strictestVerdict = (
  verdicts: ReadonlyArray<GuardrailVerdict> | null | undefined,
): GuardrailVerdict["action"] | null => {
  let most: GuardrailVerdict["action"] | null = null
  for (const { action } of verdicts ?? []) {
    if (most === null || order.indexOf(action) > order.indexOf(most)) most = action
  }
  return most
}
