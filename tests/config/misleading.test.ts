/** Settings that are wrong, and what is said of them: what is wrong, where, and nothing else. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { readSettings } from "../../lib/config/environment.ts"

const failureOf = (environment: Readonly<Record<string, unknown>>): string | undefined => {
  const settings = readSettings(environment)
  return Result.isFailure(settings) ? settings.failure : undefined
}
const ofEntry = (entry: object): string | undefined =>
  failureOf({ BASEGATE_CONFIG: { gateways: { "*": entry } } })

test("a syntax error in BASEGATE_CONFIG is told with its line and column", () => {
  const cases: ReadonlyArray<readonly [text: string, expected: string]> = [
    ["{secret", "a key in double quotes and a colon at line 1, column 2"],
    [
      '{"gateways": {\n  "*": {"cache_ttl": 60,}\n}}',
      "a key in double quotes and a colon at line 2, column 25",
    ],
    ['{"gateways": {"a/é🌍": ', "a value at line 1, column 23"],
    ['{"gateways": {}}\r\n}', "nothing more at line 2, column 1"],
    ["{'gateways': {}}", "a key in double quotes and a colon at line 1, column 2"],
    ['{"gateways": {} // all\n}', "a comma or } at line 1, column 17"],
    ["gateways:\n  '*': {}", "a value at line 1, column 1"],
  ]
  for (const [text, expected] of cases) {
    assert.equal(failureOf({ BASEGATE_CONFIG: text }), `BASEGATE_CONFIG: expected ${expected} of its JSON`)
  }
  assert.match(
    failureOf({ BASEGATE_CONFIG: "{", PORT: "x" }) ?? "",
    /^PORT: expected.*; BASEGATE_CONFIG: expected/,
  )
  assert.match(
    failureOf({ BASEGATE_CONFIG: "[]" }) ?? "",
    /^BASEGATE_CONFIG: expected an object, \{\} if nothing is in it$/,
  )
})

test("half a rate limit is an error, and one that is off is none", () => {
  const names = (limit: unknown, interval: unknown, technique?: unknown) =>
    Object.fromEntries(
      [["rate_limiting_limit", limit], ["rate_limiting_interval", interval], [
        "rate_limiting_technique",
        technique,
      ]]
        .filter(([, value]) => value !== undefined),
    )
  for (const interval of [undefined, null, 0]) {
    assert.match(ofEntry(names(1, interval)) ?? "", /\(gateways, \*\): expected rate_limiting_interval/)
  }
  assert.match(ofEntry(names(undefined, 60)) ?? "", /expected rate_limiting_limit/)
  assert.match(ofEntry(names(undefined, undefined, "sliding")) ?? "", /expected rate_limiting_limit/)
  for (const [limit, interval] of [[1, 60], [0, 60], [null, 60], [0, 0], [null, null], [undefined, 0]]) {
    assert.equal(ofEntry(names(limit, interval)), undefined)
    if (limit !== undefined) assert.equal(ofEntry(names(limit, interval, "fixed")), undefined)
  }
})

test("of a setting that takes several forms, what is wrong with the one that was meant is told alone", () => {
  const cases: ReadonlyArray<readonly [entry: object, failure: string]> = [
    [
      { prices: { m: { input: "abc", output: 1 } } },
      "prices, m, input): expected US dollars from 0, as a decimal number",
    ],
    [{ prices: { m: { input: 1 } } }, "prices, m, output): missing key"],
    [{ prices: { m: { minute: -1 } } }, "prices, m, minute): expected US dollars from 0"],
    [
      { prices: { m: { minute: 1, concurency: 2 } } },
      "prices, m, concurency): unknown setting; perhaps concurrency was meant",
    ],
    [
      { prices: { m: { input: 1, ouput: 1, output: 1 } } },
      "prices, m, ouput): unknown setting; perhaps output was meant",
    ],
    [{ routes: { a: { elements: 5 } } }, "routes, a, elements): expected a list"],
  ]
  for (const [entry, failure] of cases) {
    assert.equal(ofEntry(entry), `BASEGATE_CONFIG (gateways, *, ${failure}`)
  }
  const rule = { id: "a", limit: 1, limitType: "cost", window: 60, technique: "fixed", enabled: true }
  const limits = { spend_limits: { enabled: true, rules: [{ ...rule, model: { mode: "filter" } }] } }
  assert.match(ofEntry(limits) ?? "", /model, values\): missing key$/)
})

test("a variable that is not known is an error that names the nearest that is", () => {
  const nearest: ReadonlyArray<readonly [name: string, meant: string]> = [
    ["BASEGATE_TOKEN", "BASEGATE_TOKENS"],
    ["BASEGATE_TOKNES", "BASEGATE_TOKENS"],
    ["BASETEN_TOKENS", "BASEGATE_TOKENS"],
    ["BASEGATE_API_KEY", "BASETEN_API_KEY"],
    ["BASETEN_APIKEY", "BASETEN_API_KEY"],
    ["BASETEN_INFERENCE_URI", "BASETEN_INFERENCE_URL"],
    ["BASEGATE_ADMINTOKEN", "BASEGATE_ADMIN_TOKEN"],
    ["basegate_tokens", "BASEGATE_TOKENS"],
    ["BASEGATE_CONFIGS", "BASEGATE_CONFIG"],
    ["BASEGATE_TOKEN_FILE", "BASEGATE_TOKENS_FILE"],
  ]
  for (const [name, meant] of nearest) {
    assert.equal(failureOf({ [name]: "secret" }), `${name}: unknown variable; perhaps ${meant} was meant`)
  }
  assert.equal(
    failureOf({ BASEGATE_WHOLLY_OTHER_THING_ALTOGETHER: "secret" })?.includes("unknown variable"),
    true,
  )
  assert.match(
    failureOf({ BASEGATE_OPN: "true", PORT: "x" }) ?? "",
    /^PORT: .*; BASEGATE_OPN: unknown variable/,
  )
})

test("Durable Objects are not bound to a Worker that has no use for them", () => {
  const bound = { BASEGATE_OBJECTS: {} }
  assert.match(failureOf(bound) ?? "", /^BASEGATE_OBJECTS: expected a binding .*dist\/cloudflare\.js/)
  assert.match(failureOf({ BASEGATE_OBJECT: {} }) ?? "", /perhaps BASEGATE_OBJECTS was meant/)
})

test("variables that the settings refer to, that hosts set, or that are empty are none of those", () => {
  const fine = {
    BASETEN_KEY_OF_TEAM_A: "secret",
    BASEGATE_CONFIG: '{"gateways":{"*":{"provider_keys":{"baseten":{"a":"env:BASETEN_KEY_OF_TEAM_A"}}}}}',
    BASEGATE_ON_LOOPBACK: "true",
    BASEGATE_TOKNES: "",
    // Kubernetes, beside a service of that name.
    BASEGATE_SERVICE_HOST: "10.0.0.11",
    BASEGATE_SERVICE_PORT: "8787",
    BASEGATE_SERVICE_PORT_HTTP: "8787",
    BASEGATE_PORT: "tcp://10.0.0.11:8787",
    BASEGATE_PORT_8787_TCP: "tcp://10.0.0.11:8787",
    BASEGATE_PORT_8787_TCP_ADDR: "10.0.0.11",
    BASEGATE_REDIS_SERVICE_HOST: "10.0.0.12",
    SOMETHING_ELSE: "x",
  }
  assert.equal(failureOf(fine), undefined)
  assert.match(failureOf({ BASEGATE_PORT: "8787" }) ?? "", /^BASEGATE_PORT: unknown variable/)
})
