/**
 * What settings refer to and does not hold a secret: all of it is said, each where it stands.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { SettingProblem } from "../schema/setting-problem.ts"
import type { Resolve } from "./stored-keys.ts"

/** Looks up secrets, and notes those that are missing in place of throwing. */
export interface PatientResolver {
  readonly resolve: Resolve
  /** What was expected, by the reference. */
  readonly missing: ReadonlyMap<string, string>
}

/**
 * Goes on without the secrets that `resolve` does not find, so that one problem does not hide others. What stands in for
 * them is taken wherever a secret is, as a token, a header or a URL, and is in no settings that hold.
 */
export const patientResolver = (resolve: Resolve): PatientResolver => {
  const missing = new Map<string, string>()
  return {
    missing,
    resolve: (reference) => {
      try {
        return resolve(reference)
      } catch (cause) {
        if (!(cause instanceof SettingProblem)) throw cause
        missing.set(reference, cause.message)
        return Redacted.make(`https://${crypto.randomUUID()}.invalid/`)
      }
    },
  }
}

/** The keys that lead to a text within a value; `undefined` if it is not there. */
export const pathOf = (value: unknown, text: string): ReadonlyArray<string> | undefined => {
  if (value === text) return []
  if (typeof value !== "object" || value === null) return undefined
  for (const [key, member] of Object.entries(value)) {
    const below = pathOf(member, text)
    if (below !== undefined) return [key, ...below]
  }
  return undefined
}
