/**
 * The checks of one call: what was found, what is masked, whether it is blocked.
 *
 * @module
 */
import { compileMatcher } from "./matcher.ts"
import { Placeholders } from "./placeholders.ts"
import { type CompiledCheck, type DlpAction, type DlpCheck, type Owner, strictest } from "./policy.ts"
import type { TextRules } from "./text-channel.ts"

/** What was found in a call, as its log entry has it. */
export interface DlpRecord {
  /** The strictest action of the policies that matched. */
  readonly action: DlpAction
  readonly policies: ReadonlyArray<string>
  readonly profiles: ReadonlyArray<string>
  /** Where: of both, that of the strictest action. */
  readonly check: DlpCheck
}

interface Found extends Owner {
  readonly check: DlpCheck
  readonly entry: string
}

/** One call. */
export class DlpCall {
  readonly placeholders = new Placeholders()
  readonly #found: Array<Found> = []

  /** What is done about the matches of a check. */
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
    // A header holds ASCII alone.
    return text.replaceAll(
      /[^\x20-\x7e]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    )
  }
}

/** The rules of one check of one call. */
export class CheckRules implements TextRules {
  readonly matcher: TextRules["matcher"]
  /** Whether a policy refuses what was found. */
  isBlocked = false
  readonly #compiled: CompiledCheck
  readonly #placeholders: Placeholders
  readonly #note: (found: Found) => void
  readonly #known = new Set<number>()

  constructor(compiled: CompiledCheck, placeholders: Placeholders, note: (found: Found) => void) {
    this.matcher = compiled.matcher
    this.#compiled = compiled
    this.#placeholders = placeholders
    this.#note = note
  }

  found(detector: number): void {
    if (this.#known.has(detector)) return
    this.#known.add(detector)
    const { detectors, check } = this.#compiled
    const { entry, owners = [], action } = detectors[detector] ?? {}
    for (const owner of owners) this.#note({ ...owner, check, entry: entry ?? "" })
    this.isBlocked ||= action === "BLOCK"
  }
  replaces(detector: number): boolean {
    return this.#compiled.detectors[detector]?.action !== "FLAG"
  }
  replacement(detector: number, text: string): string {
    const { kind = "", action } = this.#compiled.detectors[detector] ?? {}
    return this.#placeholders.of(kind, text, action === "MASK_RESTORE" && this.#compiled.check === "REQUEST")
  }
}

/** Puts back what was masked; `undefined` if nothing is to be put back. */
export const restoringRules = ({ restorable }: Placeholders): TextRules | undefined => {
  if (restorable.size === 0) return undefined
  return {
    matcher: compileMatcher([{ literals: [...restorable.keys()] }]),
    found: () => {},
    replaces: () => true,
    replacement: (_, name) => restorable.get(name) ?? name,
  }
}
