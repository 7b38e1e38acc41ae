/**
 * The settings of data loss prevention: what must not leave, or must not come back.
 *
 * The comments are the text of this folder's README: `npm run docs` copies them there.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { type CompiledDlp, compileDlp } from "../dlp/policy.ts"
import { parsePath } from "../dlp/policy-scope.ts"
import { parseRegex, RegexProblem } from "../dlp/regex/syntax.ts"
import { oneOf, recordOf, someText, text } from "../schema/expected.ts"
import { SettingProblem } from "../schema/setting-problem.ts"
import type { EntryOptions } from "./settings-types.ts"

const optional = Schema.optionalKey

const longestLiteral = 1000

const regexProblem = (source: string): string | undefined => {
  try {
    parseRegex(source)
    return undefined
  } catch (cause) {
    if (cause instanceof RegexProblem) return `Expected a regular expression with ${cause.message}`
    throw cause
  }
}

const Regex = Schema.String.check(
  Schema.makeFilter(
    (source: string) => source === "" ? "Expected a regular expression" : regexProblem(source),
    {
      expected: "a regular expression without back-references and look-around",
    },
  ),
)

const Detector = Schema.Union([
  oneOf("email", "card", "iban", "phone", "ssn", "ip", "secret"),
  Schema.Struct({ regex: Regex }),
  Schema.Struct({
    literals: Schema.Array(
      text(
        `text of at most ${longestLiteral} characters`,
        (value) => value !== "" && value.length <= longestLiteral,
      ),
    ),
  }),
])

/** To look for nothing, or nowhere, is a mistake: it would let everything pass. */
const isSome = (expected: string) =>
  Schema.makeFilter((list: ReadonlyArray<unknown>) => list.length > 0 ? undefined : `Expected ${expected}`)

const Action = oneOf("FLAG", "BLOCK", "MASK", "MASK_RESTORE")

const Policy = Schema.Struct({
  id: someText,
  enabled: optional(Schema.Boolean),
  action: Action,
  check: optional(
    Schema.Array(oneOf("REQUEST", "RESPONSE")).check(
      isSome("REQUEST, RESPONSE or both, or no check, which means both"),
    ),
  ),
  skip_system: optional(Schema.Boolean),
  paths: optional(
    Schema.Array(
      text(
        "a path of names and indexes, such as inputs.*.text",
        (path) => parsePath(path).every((name) => name !== ""),
      ),
    ).check(isSome("at least one path, or no paths: then all is looked at")),
  ),
  profiles: Schema.Array(someText),
})

/** What a gateway's entry says about data loss prevention. `dlp` is Cloudflare's own. */
export const DataLossPrevention = {
  /**
   * Looks for data that must not leave, or must not come back, in requests and answers, streams included: see
   * [data loss prevention](../dlp/README.md). `{"enabled": true, "policies": […]}`; of a policy:
   *
   * - `id`: names it in `cf-aig-dlp` and in the log; `enabled`: whether it holds (it does unless `false`).
   * - `action`: `FLAG` notes what is found, `BLOCK` refuses it, `MASK` puts a placeholder such as `[EMAIL_1]` in its place,
   *   `MASK_RESTORE` does so in the request and puts what was there back into the answer.
   * - `check`: `REQUEST`, `RESPONSE` or both, which is the default.
   * - `profiles`: what is looked for, by names of `dlp_profiles`.
   * - `skip_system`: whether it leaves out system prompts: messages of the roles `system` and `developer`, `system`, and
   *   `instructions`.
   * - `paths`: where alone it looks in a JSON body of a model's own code, with all below: `["inputs.*.text"]`.
   *
   * Cloudflare's older form without policies, `{"enabled": true, "action": "BLOCK", "profiles": […]}`, is one policy that is
   * called `default`.
   *
   * @default none
   */
  dlp: optional(
    Schema.NullOr(
      Schema.Struct({
        enabled: Schema.Boolean,
        policies: optional(Schema.Array(Policy)),
        action: optional(Action),
        profiles: optional(Schema.Array(someText)),
      }),
    ),
  ),
  /**
   * What policies look for, by name: `{"pii": {"detectors": ["email", {"regex": "EMP-\\d{6}"}]}}`. A detector is one of
   * `email`, `card`, `iban`, `phone`, `ssn`, `ip` and `secret`, a `regex` in JavaScript's syntax without back-references
   * and look-around, or `literals`, a list of texts as they are written.
   *
   * @default none
   */
  dlp_profiles: optional(
    recordOf("names", (name) => name !== "", Schema.Struct({ detectors: Schema.Array(Detector) })),
  ),
}

/** These settings as they are written. */
export type DlpEntry = Pick<EntryOptions, "dlp" | "dlp_profiles">

/** The policies as they are written; the older form is one. */
const writtenPolicies = (dlp: DlpEntry["dlp"]): ReadonlyArray<typeof Policy.Type> => {
  const { policies = [], action, profiles } = dlp ?? {}
  if (action === undefined && profiles === undefined) return policies
  return [...policies, { id: "default", action: action ?? "FLAG", profiles: profiles ?? [] }]
}

/** The checks of a gateway; `undefined` if it has none. Throws `SettingProblem`. */
export const dlpSettings = (
  { dlp, dlp_profiles: profiles = {} }: DlpEntry,
): CompiledDlp | undefined => {
  const policies = writtenPolicies(dlp).map((
    { id, enabled = true, action, check, skip_system, paths, profiles: names },
  ) => ({
    id,
    enabled,
    action,
    check: check ?? ["REQUEST" as const, "RESPONSE" as const],
    skipsSystem: skip_system ?? false,
    paths: paths?.map(parsePath),
    profiles: names.map((name) => {
      const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined
      if (profile !== undefined) return { id: name, detectors: profile.detectors }
      throw new SettingProblem(`expected the profiles of dlp policy "${id}" to be among dlp_profiles`)
    }),
  }))
  const ids = new Set(policies.map(({ id }) => id))
  if (ids.size < policies.length) {
    throw new SettingProblem("expected each dlp policy to have an id of its own")
  }
  if (dlp?.enabled !== true) return undefined
  try {
    const compiled = compileDlp(policies.filter(({ enabled }) => enabled))
    return compiled.request === undefined && compiled.response === undefined ? undefined : compiled
  } catch (cause) {
    if (cause instanceof RegexProblem) throw new SettingProblem(`expected in dlp_profiles ${cause.message}`)
    throw cause
  }
}
