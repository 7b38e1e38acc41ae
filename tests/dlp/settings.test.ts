/** The settings of data loss prevention: what is refused, and where it says so. */
import assert from "node:assert/strict"
import * as Result from "effect/Result"
import { test } from "node:test"
import { dlpSettings } from "../../lib/config/dlp-settings.ts"
import { guardrailsSettings } from "../../lib/config/guardrails-settings.ts"
import { decodeDocument } from "../../lib/config/settings-document.ts"

const problemsOf = (entry: object) => {
  const decoded = decodeDocument({ gateways: { "*": entry } })
  return Result.isFailure(decoded) ? decoded.failure : []
}
const profile = (detector: unknown) => ({ dlp_profiles: { pii: { detectors: ["email", detector] } } })

test("an expression that cannot be matched in linear time is refused where it stands", () => {
  for (
    const [regex, reason] of [
      ["(a)\\1", "back-references"],
      ["(?<=x)y", "look-around"],
      ["a(?!b)", "look-around"],
      ["[a", "a ] for this ["],
      ["a**", "one quantifier"],
      ["*a", "something to repeat"],
      ["(a", "a ) for this ("],
      ["a{2,1}", "repetitions"],
      ["\\p{Nothing}", "a property"],
    ] as const
  ) {
    const [problem, ...others] = problemsOf(profile({ regex }))
    assert.equal(others.length, 0)
    assert.equal(problem?.path.join("."), "gateways.*.dlp_profiles.pii.detectors.1.regex", regex)
    assert.ok(problem?.expected?.includes(reason), `${regex}: ${problem?.expected}`)
  }
})

test("misspelt detectors, empty texts and unknown actions are refused", () => {
  assert.equal(problemsOf(profile("emial")).length, 1)
  assert.equal(problemsOf(profile({ literals: [""] })).length, 1)
  assert.equal(
    problemsOf({ dlp: { enabled: true, policies: [{ id: "p", action: "HIDE", profiles: [] }] } }).length,
    1,
  )
})

test("a path names something", () => {
  const policy = (path: string) => ({
    dlp: { enabled: true, policies: [{ id: "p", action: "FLAG", profiles: [], paths: [path] }] },
  })
  for (const path of ["prompt", "inputs.*.text", "$.inputs[*].text", "$[0]['a']"]) {
    assert.deepEqual(problemsOf(policy(path)), [], path)
  }
  for (const path of ["", "$", "a..b", "a."]) assert.equal(problemsOf(policy(path)).length, 1, path)
})

test("a policy that would check nothing is refused", () => {
  for (const nothing of [{ check: [] }, { paths: [] }]) {
    const policies = [{ id: "p", action: "BLOCK", profiles: ["pii"], ...nothing }]
    assert.equal(problemsOf({ dlp: { enabled: true, policies } }).length, 1)
  }
})

test("guardrails need a scanner whose provider exists", () => {
  const guardrails = { prompt: { S1: "BLOCK" } } as const
  assert.throws(() => guardrailsSettings({ guardrails }, new Map()), /guardrails_scanner/)
  const of = (model: string) =>
    guardrailsSettings({ guardrails, guardrails_scanner: { model } }, new Map([["custom-a", {}]]))
  assert.throws(() => of("custom-b/m"), /custom_providers/)
  assert.deepEqual(of("custom-a/m/n")?.scanner, { provider: "custom-a", model: "m/n", timeout: 5000 })
  assert.equal(of("baseten/m")?.response, undefined)
  for (const nothing of [null, {}, { prompt: {}, response: null }]) {
    assert.equal(guardrailsSettings({ guardrails: nothing }, new Map()), undefined)
  }
  for (
    const entry of [
      { guardrails: { prompt: { S14: "BLOCK" } } },
      { guardrails: { prompt: { S1: "IGNORE" } } },
      { guardrails: { answer: {} } },
      { guardrails_scanner: { model: "llama-guard" } },
      { guardrails_scanner: { model: "baseten/m", timeout: 0 } },
    ]
  ) assert.equal(problemsOf(entry).length, 1, JSON.stringify(entry))
})

test("policies name existing profiles, and have unique ids", () => {
  const policy = { id: "p", action: "FLAG" as const, profiles: ["pii"] }
  const dlp_profiles = { pii: { detectors: ["email" as const] } }
  assert.throws(() => dlpSettings({ dlp: { enabled: true, policies: [policy] } }), /among dlp_profiles/)
  assert.throws(
    () => dlpSettings({ dlp: { enabled: true, policies: [policy, policy] }, dlp_profiles }),
    /id of its own/,
  )
  assert.equal(dlpSettings({ dlp: { enabled: false, policies: [policy] }, dlp_profiles }), undefined)
  assert.equal(
    dlpSettings({ dlp: { enabled: true, policies: [{ ...policy, enabled: false }] }, dlp_profiles }),
    undefined,
  )
  assert.equal(dlpSettings({ dlp: { enabled: false } }), undefined)
  const compiled = dlpSettings({ dlp: { enabled: true, policies: [policy] }, dlp_profiles })
  assert.equal(compiled?.request?.withholds, false)
  const older = dlpSettings({ dlp: { enabled: true, action: "BLOCK", profiles: ["pii"] }, dlp_profiles })
  assert.equal(older?.response?.detectors[0]?.action, "BLOCK")
})
