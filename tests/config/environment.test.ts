import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { readSettings } from "../../lib/config/environment.ts"
import { assertValues } from "../support/token-values.ts"

test("readSettings() names the variable and the expectation, never the value", () => {
  const wrong: ReadonlyArray<readonly [string, string]> = [
    ["BASETEN_API_KEY", "sk secret"],
    ["BASETEN_INFERENCE_URL", "https://user:secret@host"],
    ["BASETEN_MODEL_URL", "https://secret.test"],
    ["BASEGATE_TOKENS", ""],
    ["BASEGATE_OPEN", "secret"],
    ["PORT", "secret"],
    ["LOG_LEVEL", "secret"],
    ["BASEGATE_CONFIG", "{secret"],
    ["BASEGATE_CONFIG", '{"gateways":{"a/secret":{},"a/secret":{}}}'],
    ["BASEGATE_CONFIG", '{"gateways":{"*":{"idle_timeout":"secret"}}}'],
    ["BASEGATE_CONFIG", '{"gateways":{"*":{"cache_tll":1}}}'],
  ]
  for (const [name, value] of wrong) {
    const result = readSettings({ [name]: value })
    assert.ok(Result.isFailure(result), name)
    assert.match(result.failure, new RegExp(`^${name}.*: (expected|unknown)`))
    assert.doesNotMatch(result.failure, /secret/)
  }
})

test("readSettings() names the setting that an unknown one probably meant", () => {
  const failureOf = (entry: object, gateways = "gateways") => {
    const result = readSettings({ BASEGATE_CONFIG: { [gateways]: { "*": entry } } })
    return Result.isFailure(result) ? result.failure : ""
  }
  for (
    const [unknown, meant] of [
      ["cache_tll", "cache_ttl"],
      ["cacheTtl", "cache_ttl"],
      ["retry_max_attempt", "retry_max_attempts"],
      ["rate_limiting_techinque", "rate_limiting_technique"],
      ["authentification", "authentication"],
      ["Provider-Keys", "provider_keys"],
      ["spend_limit", "spend_limits"],
    ] as const
  ) {
    assert.equal(
      failureOf({ [unknown]: 1 }),
      `BASEGATE_CONFIG (gateways, *, ${unknown}): unknown setting; perhaps ${meant} was meant`,
    )
  }
  const nested: ReadonlyArray<readonly [entry: object, unknown: string, meant: string]> = [
    [{ rate_limits: [{ limit: 1, intervall: 60 }] }, "rate_limits, 0, intervall", "interval"],
    [{ spend_limits: { enable: true, rules: [] } }, "spend_limits, enable", "enabled"],
    [{ spend_limits: { enabled: true, rules: [{ tecnique: "fixed" }] } }, "rules, 0, tecnique", "technique"],
    [{ circuit_breaker: { failureRate: 0.5 } }, "circuit_breaker, failureRate", "failure_rate"],
    [{ custom_providers: { a: { baseurl: "https://a.test" } } }, "custom_providers, a, baseurl", "base_url"],
    [{ routes: { a: { element: [] } } }, "routes, a, element", "elements"],
  ]
  for (const [entry, unknown, meant] of nested) {
    assert.ok(failureOf(entry).includes(`${unknown}): unknown setting; perhaps ${meant} was meant`), unknown)
  }
  const route = [{ id: "s", type: "start", outputs: { next: { elementId: "m" } } }, {
    id: "m",
    type: "model",
    properties: { provider: "baseten", model: "m", retrys: 1 },
    outputs: { success: { elementId: "e" } },
  }, { id: "e", type: "end" }]
  assert.match(
    failureOf({ routes: { a: route } }),
    /"m" has a wrong property "retrys".*perhaps retries was meant/,
  )
  assert.match(
    failureOf({ routes: { a: { elements: [], id: "a" } } }),
    /routes, a, id\): unknown setting(?:;|$)(?! perhaps)/,
  )
  assert.match(failureOf({ wholly_other_thing: 1 }), /wholly_other_thing\): unknown setting$/)
  assert.match(failureOf({}, "gateway"), /perhaps gateways was meant/)
  // Every mistake at once, each in its place.
  assert.match(
    failureOf({ cache_tll: 1, retry_dealy: 1, retry_backoff: "never" }),
    /cache_ttl.*retry_delay|retry_delay.*cache_ttl/,
  )
})

test("readSettings(): the most specific entry wins, and an unlisted gateway does not exist", () => {
  const settings = Result.getOrThrow(readSettings({
    BASEGATE_CONFIG: '{"gateways":{"a/g":{"tokens":["t"]},"a/open":{"authentication":false}}}',
  }))
  assert.equal(settings.gateway("a", "g")?.authentication, true)
  assert.equal(settings.gateway("a", "open")?.authentication, false)
  assert.equal(settings.gateway("b", "g"), undefined)
})

test("readSettings(): a token may stand in a variable, and a reference is never a token itself", () => {
  const BASEGATE_CONFIG = '{"gateways":{"a/g":{"tokens":["env:TEAM","plain"]},"a/h":{"tokens":["other"]}}}'
  const settings = Result.getOrThrow(readSettings({ BASEGATE_CONFIG, TEAM: "secret-of-the-team" }))
  assertValues(settings.gateway("a", "g")?.tokens, ["secret-of-the-team", "plain"])
  assertValues(settings.gateway("a", "h")?.foreignTokens, ["secret-of-the-team", "plain"])
  for (const TEAM of [undefined, "", " "]) {
    const failure = Result.getOrThrow(Result.flip(readSettings({ BASEGATE_CONFIG, TEAM })))
    assert.match(failure, /a\/g, tokens, 0\): expected the variable TEAM/)
  }
})
