/** Settings that change while a gateway runs: at once, whole or not at all, and nothing that did not change is made anew. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { problemsText, type SettingsProblem } from "../../lib/config/declaration.ts"
import { type Environment, settingsWithoutFiles } from "../../lib/config/environment.ts"
import { assertValues } from "../support/token-values.ts"

const open = (document: object | undefined, variables: Environment = {}) =>
  Result.getOrThrow(settingsWithoutFiles({ BASEGATE_CONFIG: document, ...variables }))
const good = <A>(result: Result.Result<A, ReadonlyArray<SettingsProblem>>): void =>
  assert.ok(Result.isSuccess(result), Result.isFailure(result) ? problemsText(result.failure) : "")
const failureOf = <A>(result: Result.Result<A, ReadonlyArray<SettingsProblem>>): string =>
  Result.isFailure(result) ? problemsText(result.failure) : "nothing"
const from = (document: unknown) => ({ source: "basegate.yaml", document })
const noSecret = () => undefined

test("a document takes the place of another at once; entries that stay as they are keep their objects", () => {
  const stays = { tokens: ["of-the-first"], cache_ttl: 60 }
  const { settings, control } = open({ gateways: { "a/stays": stays, "a/changes": {}, "a/goes": {} } })
  const [before, changing] = [settings.gateway("a", "stays"), settings.gateway("a", "changes")]
  const { secrets } = settings
  assert.equal(control.state().version, 1)
  good(control.declare(from({
    gateways: { "a/stays": stays, "a/changes": { tokens: ["of-the-other"], request_body_limit: 7 } },
  })))
  assert.equal(settings.gateway("a", "stays"), before)
  assert.notEqual(settings.gateway("a", "changes"), changing)
  assert.equal(settings.gateway("a", "goes"), undefined)
  assert.deepEqual(settings.gatewaysOf("a"), ["stays", "changes"])
  assertValues(before?.foreignTokens, ["of-the-other"])
  assertValues(settings.gateway("a", "changes")?.foreignTokens, ["of-the-first"])
  assert.ok(settings.secrets.contains("of-the-other") && !secrets.contains("of-the-other"))
  assert.equal(settings.largestBody, 104_857_600)
  // A request that runs has what it began with.
  assert.equal(changing?.requestBodyLimit, 104_857_600)
  assert.deepEqual({ ...control.state(), loadedAt: 0 }, {
    version: 2,
    source: "basegate.yaml",
    loadedAt: 0,
    problem: undefined,
  })
  assert.equal(settings.state(), control.state())
})

test("of a document that is wrong nothing holds, and the state says so until one is right", () => {
  const { settings, control } = open({ gateways: { "a/g": { cache_ttl: 60 } } })
  const before = settings.gateway("a", "g")
  const wrong: ReadonlyArray<readonly [document: unknown, expected: RegExp]> = [
    [
      { gateways: { "a/g": { cache_ttl: 5 }, "a/h": { cache_ttl: -1 } } },
      /\(gateways, a\/h, cache_ttl\): expected/,
    ],
    [
      { gateways: { "a/g": { cache_ttl: 5 }, "a/h": { tokens: ["env:NOT_SET"] } } },
      /\(gateways, a\/h, tokens, 0\): .*NOT_SET/,
    ],
    [{ gateways: { "a/g": { rate_limiting_limit: 5 } } }, /rate_limiting_interval/],
    [{ gateway: {} }, /basegate\.yaml \(gateway\): unknown setting; perhaps gateways was meant/],
    [null, /basegate\.yaml: expected an object/],
    [{}, /basegate\.yaml: expected gateways, defaults, or both/],
    [{ gateways: { "a/g": { tokens: ["sealed:1"] } } }, /expected env:NAME/],
    [{ gateways: { "a/g": { tokens: ["twice", "twice"] } } }, /expected tokens that differ/],
  ]
  for (const [document, expected] of wrong) {
    assert.match(failureOf(control.declare(from(document))), expected)
    assert.match(control.state().problem ?? "", expected)
    assert.equal(settings.gateway("a", "g"), before)
    assert.equal(settings.gateway("a", "h"), undefined)
    assert.equal(control.state().version, 1)
  }
  good(control.manage({ gateways: { "a/m": {} }, secret: noSecret }))
  assert.match(control.state().problem ?? "", /tokens that differ/)
  good(control.declare(from({ gateways: { "a/g": { cache_ttl: 5 } } })))
  assert.equal(control.state().problem, undefined)
  assert.equal(settings.gateway("a", "g")?.cache.ttl, 5)
})

test("defaults lie below every entry, setting by setting, below * and entries that are managed", () => {
  const defaults = { cache_ttl: 60, retry_max_attempts: 3, rate_limits: [{ limit: 1, interval: 60 }] }
  const { settings, control } = open({
    defaults,
    gateways: { "*": {}, "a/g": { cache_ttl: 5, rate_limits: [{ limit: 2, interval: 1 }] } },
  })
  good(control.manage({ gateways: { "a/m": { retry_max_attempts: 2 } }, secret: noSecret }))
  const seen = (account: string, gateway: string) => {
    const { cache, retry, rateRules } = settings.gateway(account, gateway) ?? assert.fail()
    return [cache.ttl, retry.maxAttempts, rateRules.map(({ limit }) => limit)]
  }
  assert.deepEqual(seen("any", "other"), [60, 3, [1]])
  assert.deepEqual(seen("a", "g"), [5, 3, [2]])
  assert.deepEqual(seen("a", "m"), [60, 2, [1]])
  assert.equal(open({ defaults }).settings.gateway("any", "id")?.cache.ttl, 60)
  // Half a limit may be completed by the entry.
  const half = { defaults: { rate_limiting_limit: 5 }, gateways: { "a/g": { rate_limiting_interval: 60 } } }
  assert.equal(open(half).settings.gateway("a", "g")?.rateRules.length, 1)
})

test("managed entries stand beside declared ones, which go before them", () => {
  const declared = { gateways: { "a/g": { cache_ttl: 1 } } }
  const { settings, control } = open(declared, {
    TEAM_KEY: "key-of-a-team",
    BASEGATE_ADMIN_TOKEN: "tok-admin",
  })
  const sealed = (reference: string) =>
    reference === "sealed:k1" ? Redacted.make("key-that-is-sealed") : undefined
  const managed = (entry: object, id = "a/m") => ({ gateways: { [id]: entry }, secret: sealed })
  good(control.manage(managed({
    provider_keys: { baseten: { default: "sealed:k1", spare: "env:TEAM_KEY" } },
    tokens: ["sealed:k1"],
  })))
  const before = settings.gateway("a", "m")
  assert.deepEqual(
    [...before?.keys.get("baseten")?.values() ?? []].map(Redacted.value),
    ["key-that-is-sealed", "key-of-a-team"],
  )
  assertValues(before?.tokens, ["key-that-is-sealed"])
  assert.ok(settings.secrets.contains("key-that-is-sealed"))
  const wrong: ReadonlyArray<readonly [object, RegExp]> = [
    [{ tokens: ["sealed:k2"] }, /managed settings \(gateways, a\/m, tokens, 0\): expected sealed:k2 to be/],
    [
      { provider_keys: { baseten: { default: "env:BASEGATE_ADMIN_TOKEN" } } },
      /does not begin with BASEGATE_/,
    ],
    [
      { provider_keys: { baseten: { default: "env:basegate_admin_token" } } },
      /does not begin with BASEGATE_/,
    ],
    [{ cache_tll: 1 }, /managed settings \(gateways, a\/m, cache_tll\): unknown setting; perhaps cache_ttl/],
    [{ tokens: ["tok-admin"] }, /BASEGATE_ADMIN_TOKEN: expected a token that opens no gateway/],
  ]
  for (const [entry, expected] of wrong) {
    assert.match(failureOf(control.check(managed(entry))), expected)
    assert.match(failureOf(control.manage(managed(entry))), expected)
    assert.equal(settings.gateway("a", "m"), before)
  }
  good(control.check(managed({ cache_ttl: 9 })))
  assert.equal(settings.gateway("a", "m"), before)
  good(control.manage({ gateways: { "a/m": { cache_ttl: 2 }, "a/g": { cache_ttl: 9 } }, secret: sealed }))
  assert.equal(settings.gateway("a", "g")?.cache.ttl, 1)
  assert.deepEqual(settings.gatewaysOf("a"), ["g", "m"])
  assert.equal(control.declaredAt("a", "g"), "BASEGATE_CONFIG")
  assert.equal(control.declaredAt("a", "m"), undefined)
  good(control.declare({ ...from({ gateways: {} }) }))
  assert.equal(settings.gateway("a", "g")?.cache.ttl, 9)
  const positionOf = () => ({ line: 3, column: 5 })
  good(control.declare({ ...from(declared), positionOf }))
  assert.equal(control.declaredAt("a", "g"), "basegate.yaml, line 3")
  assert.match(
    failureOf(control.declare({ ...from({ gateways: { "a/g": 1 } }), positionOf })),
    /^basegate\.yaml, line 3, column 5 \(gateways, a\/g\): expected an object, \{\} if nothing is in it$/,
  )
})

test("origins say where a gateway's entry and each of its settings stand", () => {
  const document = {
    gateways: { "a/g": { cache_ttl: 1 }, "*": { retry_max_attempts: 2 } },
    defaults: { cache_ttl: 7, idle_timeout: 9 },
  }
  const { control } = open(undefined)
  const none = control.originsOf("a", "g")
  assert.deepEqual([none.entry, none.at, [...none.settings]], ["none", undefined, []])
  const lines = [
    "gateways",
    "a/g",
    "cache_ttl",
    "*",
    "retry_max_attempts",
    "defaults",
    "cache_ttl",
    "idle_timeout",
  ]
  const positionOf = (path: ReadonlyArray<string>) => ({
    line: 1 + (path[0] === "defaults" && path.length === 2 ? 5 : 0) + lines.indexOf(path.at(-1) ?? ""),
    column: 1,
  })
  good(control.declare({ ...from(document), positionOf }))
  good(control.manage({ gateways: { "a/m": { log_retention: 60 } }, secret: () => undefined }))
  const textOf = (id: string) => {
    const { entry, at, settings } = control.originsOf("a", id)
    return [entry, at, ...[...settings].map(([name, origin]) => `${name} ${origin.from} ${origin.at}`).sort()]
  }
  assert.deepEqual(textOf("g"), [
    "declared",
    "basegate.yaml, line 2",
    "cache_ttl entry basegate.yaml, line 3",
    "idle_timeout defaults basegate.yaml, line 13",
  ])
  assert.deepEqual(textOf("m"), [
    "managed",
    undefined,
    "cache_ttl defaults basegate.yaml, line 8",
    "idle_timeout defaults basegate.yaml, line 13",
    "log_retention entry undefined",
  ])
  assert.deepEqual(textOf("other").slice(0, 2), ["shared", "basegate.yaml, line 4"])
})
