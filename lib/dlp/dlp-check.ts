/**
 * The checks of one call: what was found, what is masked, and whether the call is blocked.
 *
 * @module
 */
import { compileMatcher } from "./matcher.ts"
import { Placeholders } from "./placeholders.ts"
import { type CompiledCheck, type DlpAction, type DlpCheck, type Owner, strictest } from "./policy.ts"
import { outOfScope } from "./policy-scope.ts"
import type { RulesByText, TextRules } from "./text-channel.ts"

/** What was found in a call, as in its log entry. */
export interface DlpRecord {
  /** The strictest action of the policies that matched. */
  readonly action: DlpAction
  readonly policies: ReadonlyArray<string>
  readonly profiles: ReadonlyArray<string>
  /** Where it was found; if in both, where the strictest action applied. */
  readonly check: DlpCheck
}

interface Found extends Owner {
  readonly check: DlpCheck
  readonly entry: string
}

/** What was found and masked in one call. */
export class DlpCall {
  readonly placeholders = new Placeholders()
  readonly #found: Array<Found> = []

  /** The rules for the matches of a check. */
  rules(compiled: CompiledCheck): CheckRules {
    return new CheckRules(compiled, this.placeholders, (found) => this.#found.push(found))
  }

  /** `undefined` if nothing was found. */
  record(): DlpRecord | undefined {
    if (this.#found.length === 0) return undefined
    const action = strictest(this.#found.map((found) => found.action))
    return {
      action,
      policies: [...new Set(this.#found.map(({ policy }) => policy))],
      profiles: [...new Set(this.#found.map(({ profile }) => profile))],
      check: this.#found.find((found) => found.action === action)?.check ?? "REQUEST",
    }
  }

  /** The value of `cf-aig-dlp`, in Cloudflare's form; `undefined` if nothing was found. */
  header(): string | undefined {
    const record = this.record()
    if (record === undefined) return undefined
    const findings = new Map<string, { policies: Set<string>; entries: Set<string>; of: Found }>()
    for (const found of this.#found) {
      const key = JSON.stringify([found.profile, found.check])
      const finding = findings.get(key) ?? { policies: new Set(), entries: new Set(), of: found }
      finding.policies.add(found.policy)
      finding.entries.add(found.entry)
      findings.set(key, finding)
    }
    const text = JSON.stringify({
      findings: [...findings.values()].map(({ policies, entries, of: { profile, check } }) => ({
        profile: { context: {}, entry_ids: [...entries], profile_id: profile },
        policy_ids: [...policies],
        check,
      })),
      action: record.action,
    })
    // Header values are ASCII.
    return text.replaceAll(
      /[^\x20-\x7e]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    )
  }
}

/** The rules of one check of one call. */
export class CheckRules implements TextRules {
  readonly matcher: TextRules["matcher"]
  /** Whether a policy blocks what was found. */
  isBlocked = false
  readonly #compiled: CompiledCheck
  readonly #placeholders: Placeholders
  readonly #note: (found: Found) => void
  readonly #known = new Set<string>()
  /** The rules without the policies named in the key. */
  readonly #without = new Map<string, TextRules>()

  constructor(compiled: CompiledCheck, placeholders: Placeholders, note: (found: Found) => void) {
    this.matcher = compiled.matcher
    this.#compiled = compiled
    this.#placeholders = placeholders
    this.#note = note
  }

  found(detector: number, without: ReadonlySet<string> = noPolicies): void {
    // A detector's matches are recorded once for each set of excluded policies.
    const key = without.size === 0 ? `${detector}` : `${detector} ${[...without].join(" ")}`
    if (this.#known.has(key)) return
    this.#known.add(key)
    const { detectors, check } = this.#compiled
    const { entry = "", owners = [] } = detectors[detector] ?? {}
    for (const owner of owners) {
      if (without.has(owner.policy)) continue
      this.#note({ ...owner, check, entry })
      this.isBlocked ||= owner.action === "BLOCK"
    }
  }
  replaces(detector: number): boolean {
    return this.#compiled.detectors[detector]?.action !== "FLAG"
  }
  replacement(detector: number, text: string): string {
    return this.#put(detector, text, this.#compiled.detectors[detector]?.action)
  }
  get scoped(): RulesByText | undefined {
    const { scopes } = this.#compiled
    if (scopes === undefined) return undefined
    return (texts, text, framing) => {
      const outOf = outOfScope(scopes, texts, text, framing)
      return (found) => {
        const without = outOf(found)
        return without.size === 0 ? this : this.#rulesWithout(without)
      }
    }
  }

  #put(detector: number, text: string, action: DlpAction | undefined): string {
    const { kind = "" } = this.#compiled.detectors[detector] ?? {}
    return this.#placeholders.of(kind, text, action === "MASK_RESTORE" && this.#compiled.check === "REQUEST")
  }
  #rulesWithout(without: ReadonlySet<string>): TextRules | undefined {
    const key = JSON.stringify([...without])
    const known = this.#without.get(key)
    if (known !== undefined) return known
    const actions = this.#compiled.detectors.map(({ owners }) => {
      const left = owners.filter(({ policy }) => !without.has(policy))
      return left.length === 0 ? undefined : strictest(left.map(({ action }) => action))
    })
    if (actions.every((action) => action === undefined)) return undefined
    const rules: TextRules = {
      matcher: this.matcher,
      found: (detector) => this.found(detector, without),
      replaces: (detector) => (actions[detector] ?? "FLAG") !== "FLAG",
      replacement: (detector, text) => this.#put(detector, text, actions[detector]),
    }
    this.#without.set(key, rules)
    return rules
  }
}

const noPolicies: ReadonlySet<string> = new Set()

/** Rules that restore masked values; `undefined` if nothing was masked. */
export const restoringRules = ({ restorable }: Placeholders): TextRules | undefined => {
  if (restorable.size === 0) return undefined
  return {
    matcher: compileMatcher([{ literals: [...restorable.keys()] }]),
    found: () => {},
    replaces: () => true,
    replacement: (_, name) => restorable.get(name) ?? name,
  }
}
