/**
 * An operator's rules for what a scanner calls unsafe, and how its verdicts are read.
 *
 * The categories are those of Llama Guard 3 and 4 (its model card: S1 to S14), and Cloudflare's P1 for prompt
 * injection.
 *
 * @module
 */
import type { GuardrailPhase, GuardrailVerdict } from "./guardrail-record.ts"

/** What happens to a call with an unsafe category. */
export type GuardrailAction = "FLAG" | "BLOCK"

/** The categories that rules can name: Cloudflare's. */
export const categories: ReadonlyArray<string> = [
  ...Array.from({ length: 13 }, (_, index) => `S${index + 1}`),
  "P1",
]

/** Every category that a scanner may name: also Llama Guard's newest one, for which there is no rule. */
const known: ReadonlySet<string> = new Set([...categories, "S14"])

/** The rules of one phase. */
export interface GuardrailRules {
  readonly phase: GuardrailPhase
  readonly actions: ReadonlyMap<string, GuardrailAction>
  /** Whether a rule blocks, so that nothing may be sent before it is judged. */
  readonly blocks: boolean
}

/** The model that judges. */
export interface ScannerModel {
  /** `baseten` or `custom-{slug}`. */
  readonly provider: string
  readonly model: string
  /** The timeout of a verdict, in milliseconds. */
  readonly timeout: number
}

/** The guardrails of a gateway; `undefined` for what is not checked. */
export interface Guardrails {
  readonly prompt: GuardrailRules | undefined
  readonly response: GuardrailRules | undefined
  readonly scanner: ScannerModel
}

/** Compiles the rules of a phase; `undefined` if there are none. */
export const compileRules = (
  phase: GuardrailPhase,
  written: Readonly<Record<string, GuardrailAction>> | null | undefined,
): GuardrailRules | undefined => {
  const actions = new Map(Object.entries(written ?? {}))
  if (actions.size === 0) return undefined
  return { phase, actions, blocks: [...actions.values()].includes("BLOCK") }
}

/**
 * The categories of a verdict: an empty list for `safe`; for `unsafe`, those on the lines after it, at least one.
 * `undefined` for everything else, such as a bare `unsafe` or a sentence about the verdict.
 */
export const readVerdict = (said: string): ReadonlyArray<string> | undefined => {
  if (said.length > longestVerdict) return undefined
  const [word = "", ...named] = said.trim().split(/[\s,]+/)
  if (/^safe$/i.test(word)) return named.length === 0 ? [] : undefined
  const found = named.map((name) => name.toUpperCase())
  return /^unsafe$/i.test(word) && found.length > 0 && found.every((name) => known.has(name))
    ? found
    : undefined
}
const longestVerdict = 200

/** The verdicts that a phase's rules give on categories. */
export const verdictsOf = (
  { phase, actions }: GuardrailRules,
  found: Iterable<string>,
): ReadonlyArray<GuardrailVerdict> => {
  const verdicts: Array<GuardrailVerdict> = []
  for (const category of new Set(found)) {
    const action = actions.get(category)
    if (action !== undefined) verdicts.push({ phase, category, action })
  }
  return verdicts
}
