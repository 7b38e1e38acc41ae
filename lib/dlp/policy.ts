/**
 * Operators' policies, compiled.
 *
 * @module
 */
import type { PolicyScope } from "./policy-scope.ts"
import { compileMatcher, type DetectorSpec, type Matcher } from "./matcher.ts"

/**
 * What happens to a match: it is recorded, the call is blocked, or it is masked, for good or with the value restored
 * in the answer.
 */
export type DlpAction = "FLAG" | "BLOCK" | "MASK" | "MASK_RESTORE"
/** What is checked. */
export type DlpCheck = "REQUEST" | "RESPONSE"

/** A named set of detectors. */
export interface DlpProfile {
  readonly id: string
  readonly detectors: ReadonlyArray<DetectorSpec>
}

/** A policy that is enabled. */
export interface DlpPolicy {
  readonly id: string
  readonly action: DlpAction
  readonly check: ReadonlyArray<DlpCheck>
  /** Whether system prompts are exempt. */
  readonly skipsSystem?: boolean
  /** The only paths that it checks in bodies of custom models; see `PolicyScope`. */
  readonly paths?: ReadonlyArray<ReadonlyArray<string>> | undefined
  readonly profiles: ReadonlyArray<DlpProfile>
}

/** From the mildest to the strictest, which applies if several policies match. */
const order: ReadonlyArray<DlpAction> = ["FLAG", "MASK_RESTORE", "MASK", "BLOCK"]

/** The strictest of some actions. */
export const strictest = (actions: Iterable<DlpAction>): DlpAction => {
  let most = 0
  for (const action of actions) most = Math.max(most, order.indexOf(action))
  return order[most] ?? "FLAG"
}

/** The policy and profile that a detector belongs to. */
export interface Owner {
  readonly policy: string
  readonly profile: string
  readonly action: DlpAction
}

/** A detector, and the policies that use it in a check. */
export interface CheckedDetector {
  /** Its name within its profile: `email`, `regex-1`, `literals-2`. */
  readonly entry: string
  /** The word that its placeholders use: `EMAIL`, `REGEX`, `LITERAL`. */
  readonly kind: string
  readonly owners: ReadonlyArray<Owner>
  readonly action: DlpAction
}

/** Everything that requests, or answers, are checked for. */
export interface CompiledCheck {
  readonly check: DlpCheck
  readonly matcher: Matcher
  readonly detectors: ReadonlyArray<CheckedDetector>
  /** Whether matches may be blocked or masked, so that nothing may be sent before it is decided. */
  readonly withholds: boolean
  /** Whether one of the policies blocks. */
  readonly blocks: boolean
  /** The policies that do not check every text; `undefined` if there are none. */
  readonly scopes: ReadonlyMap<string, PolicyScope> | undefined
}

/** The checks of a gateway; `undefined` for what is not checked. */
export interface CompiledDlp {
  readonly request: CompiledCheck | undefined
  readonly response: CompiledCheck | undefined
}

const kindOf = (spec: DetectorSpec): string =>
  typeof spec === "string" ? spec.toUpperCase() : "regex" in spec ? "REGEX" : "LITERAL"

/** The names of a profile's detectors. */
const entriesOf = (detectors: ReadonlyArray<DetectorSpec>): ReadonlyArray<string> => {
  let regexes = 0, literals = 0
  return detectors.map((spec) =>
    typeof spec === "string" ? spec : "regex" in spec ? `regex-${++regexes}` : `literals-${++literals}`
  )
}

const compileCheck = (policies: ReadonlyArray<DlpPolicy>, check: DlpCheck): CompiledCheck | undefined => {
  const known = new Map<string, { spec: DetectorSpec; entry: string; owners: Array<Owner> }>()
  for (const { id, action, check: checks, profiles } of policies) {
    if (!checks.includes(check)) continue
    for (const profile of profiles) {
      const entries = entriesOf(profile.detectors)
      for (const [index, spec] of profile.detectors.entries()) {
        // A detector that several policies share is searched for once.
        const key = typeof spec === "string" ? spec : JSON.stringify(spec)
        const found = known.get(key) ?? { spec, entry: entries[index] ?? "", owners: [] }
        found.owners.push({ policy: id, profile: profile.id, action })
        known.set(key, found)
      }
    }
  }
  if (known.size === 0) return undefined
  const found = [...known.values()]
  const detectors = found.map(({ spec, entry, owners }) => ({
    entry,
    kind: kindOf(spec),
    owners,
    action: strictest(owners.map(({ action }) => action)),
  }))
  const scopes = new Map<string, PolicyScope>()
  for (const { id, skipsSystem = false, paths } of policies) {
    const skips = skipsSystem && check === "REQUEST"
    if (skips || paths !== undefined) scopes.set(id, { skipsSystem: skips, paths })
  }
  return {
    check,
    scopes: scopes.size === 0 ? undefined : scopes,
    matcher: compileMatcher(found.map(({ spec }) => spec)),
    detectors,
    withholds: detectors.some(({ action }) => action !== "FLAG"),
    blocks: detectors.some(({ action }) => action === "BLOCK"),
  }
}

/** Compiles the policies of a gateway. Throws `RegexProblem`. */
export const compileDlp = (policies: ReadonlyArray<DlpPolicy>): CompiledDlp => ({
  request: compileCheck(policies, "REQUEST"),
  response: compileCheck(policies, "RESPONSE"),
})
