/**
 * What a gateway's policies refuse: calls before they are answered, and bodies of answers on their way.
 *
 * @module
 */
import { contentBlocked, GatewayError, type Reason } from "../errors.ts"

/**
 * How a policy ends a body: data loss prevention forbids it (`blocked`), guardrails do (`unsafe`), or their scanner gives no
 * verdict (`unscanned`), or would have to be paid (`unpaid`).
 */
export type PolicyCut = "blocked" | "unsafe" | "unscanned" | "unpaid"

const cuts: Readonly<Record<PolicyCut, GatewayError>> = {
  blocked: contentBlocked("response_blocked", undefined),
  unsafe: new GatewayError({
    reason: "response_unsafe",
    detail: "Response blocked due to security configurations",
  }),
  unscanned: guardrailsUnavailable(),
  unpaid: guardrailsUnpaid(),
}

/** Whether a policy of the gateway's has ended a body. */
export const isPolicyCut = (cut: string): cut is PolicyCut => Object.hasOwn(cuts, cut)

/** What a policy that ends a body tells its client. */
export const policyError = (cut: PolicyCut): GatewayError => cuts[cut]

const unsafeReasons = {
  prompt: ["prompt_unsafe", "run_prompt_unsafe"],
  response: ["response_unsafe", "run_response_unsafe"],
} as const satisfies Record<string, readonly [Reason, Reason]>

/**
 * Guardrails forbid what the request, or the answer, holds: Cloudflare's sentence, and no more, since what was found is for the
 * operator to say.
 *
 * @param runs whether the call came by `/ai/run`, which has a status and a code of its own
 */
export const contentUnsafe = (phase: "prompt" | "response", runs: boolean): GatewayError =>
  new GatewayError({
    reason: unsafeReasons[phase][runs ? 1 : 0],
    detail: phase === "prompt"
      ? "Prompt blocked due to security configurations"
      : "Response blocked due to security configurations",
  })

/** The scanner gave no verdict, and a rule says that what is unsafe must not pass. */
export function guardrailsUnavailable(): GatewayError {
  return new GatewayError({
    reason: "guardrails_unavailable",
    detail:
      "The model that checks this gateway's requests and answers gave no verdict. Try again in a moment, or ask the " +
      "gateway's operator to look at guardrails_scanner.",
    headers: { "retry-after": "1" },
  })
}

/** The provider of the scanner wants to be paid. */
export function guardrailsUnpaid(): GatewayError {
  return new GatewayError({
    reason: "guardrails_unpaid",
    detail:
      "The provider of the model that checks this gateway's requests and answers refuses it for lack of credits. " +
      "Ask the gateway's operator to add some.",
  })
}
