/**
 * The verdicts of a gateway's guardrails on a call, as in its log entry.
 *
 * @module
 */

/** What is judged. */
export type GuardrailPhase = "prompt" | "response"

/** One verdict. */
export interface GuardrailVerdict {
  readonly phase: GuardrailPhase
  /** The unsafe category; `null` if the scanner gave no verdict. */
  readonly category: string | null
  /** The rule's action, or that there was no verdict. */
  readonly action: "FLAG" | "BLOCK" | "unavailable"
}

/** The scanner's calls for one call, whose own tokens and cost do not include them. */
export interface ScannerUse {
  /** `{provider}/{model}`. */
  readonly model: string
  readonly calls: number
  /** The number of verdicts that were remembered. */
  readonly cached: number
  readonly tokens_in: number
  readonly tokens_out: number
  /** In US dollars; `null` if a price is unknown. */
  readonly cost: number | null
  /** Milliseconds, summed over all calls. */
  readonly duration_ms: number
}

const order = ["FLAG", "unavailable", "BLOCK"]

/** The strictest action among verdicts; `null` if there are none. */
export const strictestVerdict = (
  verdicts: ReadonlyArray<GuardrailVerdict> | null | undefined,
): GuardrailVerdict["action"] | null => {
  let most: GuardrailVerdict["action"] | null = null
  for (const { action } of verdicts ?? []) {
    if (most === null || order.indexOf(action) > order.indexOf(most)) most = action
  }
  return most
}
