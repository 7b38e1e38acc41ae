/**
 * The verdicts of guardrails on a text, and their consequences.
 *
 * @module
 */
import type { GatewayError } from "../errors.ts"
import {
  contentUnsafe,
  guardrailsUnavailable,
  guardrailsUnpaid,
  type PolicyCut,
} from "../errors/policy-errors.ts"
import { type GuardrailRules, verdictsOf } from "../guardrail/guardrails.ts"
import type { GuardrailVerdict } from "../guardrail/guardrail-record.ts"
import { mostParts, type ScannedConversation } from "../guardrail/scanned-text.ts"
import { type Cut, CutSource } from "../upstream/cut.ts"
import type { Call } from "./call.ts"
import type { Scanned, Scanner } from "./scanner.ts"

/** Why a text must not be sent. */
export type Stop = Exclude<PolicyCut, "blocked">

/** How many verdicts on one text are requested at a time. */
const atOnce = 4

/** The messages to a client. */
export const stopError = (
  stop: Stop,
  { phase }: GuardrailRules,
  { target: { route } }: Call,
): GatewayError => {
  switch (stop) {
    case "unsafe":
      return contentUnsafe(phase, route.runs)
    case "unscanned":
      return guardrailsUnavailable()
    case "unpaid":
      return guardrailsUnpaid()
  }
}

/** Records verdicts in the report of a call, each once. */
const noteVerdicts = (
  { report }: Pick<Call, "report">,
  verdicts: ReadonlyArray<GuardrailVerdict>,
): void => {
  const before = report.guardrails ?? []
  const news = verdicts.filter((one) =>
    !before.some((other) =>
      other.phase === one.phase && other.category === one.category && other.action === one.action
    )
  )
  if (news.length === 0 && report.guardrails !== null) return
  // Prompts first, in whatever order verdicts came.
  const all = [...before, ...news]
  report.guardrails = [
    ...all.filter(({ phase }) => phase === "prompt"),
    ...all.filter(({ phase }) => phase === "response"),
  ]
}

/** Records that a text could not be judged, and returns whether it may be sent. */
export const unscanned = (call: Call, { phase, blocks }: GuardrailRules): Stop | undefined => {
  noteVerdicts(call, [{ phase, category: null, action: "unavailable" }])
  return blocks ? "unscanned" : undefined
}

/** Records a verdict, and returns its consequence. */
const stopOf = (call: Call, rules: GuardrailRules, scanned: Scanned): Stop | undefined => {
  if (scanned === "unpaid" && rules.blocks) {
    unscanned(call, rules)
    return "unpaid"
  }
  if (typeof scanned === "string") return unscanned(call, rules)
  const verdicts = verdictsOf(rules, scanned)
  noteVerdicts(call, verdicts)
  return verdicts.some(({ action }) => action === "BLOCK") ? "unsafe" : undefined
}

/**
 * Judges the parts of a text; the first that must not be sent decides. Never rejects.
 *
 * @param cut cancels the judgement
 */
export const screen = async (
  scanner: Scanner,
  rules: GuardrailRules,
  call: Call,
  parts: ReadonlyArray<ScannedConversation>,
  cut: Cut,
): Promise<Stop | undefined> => {
  noteVerdicts(call, [])
  if (parts.length > mostParts) return unscanned(call, rules)
  const rest = [...parts]
  const own = new CutSource()
  const forget = cut.onCut((reason) => own.cut(reason))
  let stop: Stop | undefined
  const work = async (): Promise<void> => {
    for (let part = rest.shift(); part !== undefined && stop === undefined; part = rest.shift()) {
      const scanned = await scanner.scan(call, part, own)
      // A part that was cancelled because of another one has no result.
      if (own.reason !== undefined) return
      stop ??= stopOf(call, rules, scanned)
      if (stop !== undefined) own.cut("client_left")
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, rest.length) }, work))
  forget()
  return stop
}

/** The remembered verdicts on a text; `undefined` if the scanner must be called. */
export const screenByMemory = async (
  scanner: Scanner,
  rules: GuardrailRules,
  parts: ReadonlyArray<ScannedConversation>,
): Promise<"safe" | "unsafe" | undefined> => {
  const known = await Promise.all(parts.slice(0, mostParts).map((part) => scanner.known(part)))
  const isUnsafe = known.some((found) =>
    found !== undefined && verdictsOf(rules, found).some(({ action }) => action === "BLOCK")
  )
  if (isUnsafe) return "unsafe"
  return parts.length <= mostParts && known.every((found) => found !== undefined) ? "safe" : undefined
}
