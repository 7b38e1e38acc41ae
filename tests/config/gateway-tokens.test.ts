import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { readSettings } from "../../lib/config/environment.ts"
import { expiryOf } from "../../lib/config/token-setting.ts"
import { assertValues, sha256Of } from "../support/token-values.ts"

const read = (gateways: object, variables: Readonly<Record<string, string>> = {}) =>
  readSettings({ BASEGATE_CONFIG: { gateways }, ...variables })
const good = (gateways: object, variables?: Readonly<Record<string, string>>) =>
  Result.getOrThrow(read(gateways, variables))
const failureOf = (gateways: object, variables?: Readonly<Record<string, string>>): string => {
  const result = read(gateways, variables)
  return Result.isFailure(result) ? result.failure : "nothing is wrong"
}
const digest = (text: string): string => `sha256:${sha256Of(text)}`

test("a token has a name, a value in one of its forms, and what holds for its calls", () => {
  const settings = good({
    "a/g": {
      rate_limits: [{ id: "all", limit: 9, interval: 60 }],
      tokens: [
        "plain",
        {
          name: "ann",
          token: "env:ANN",
          models: ["openai/*"],
          expires: "2027-01-01",
          metadata: { team: "x" },
        },
        { name: "ann", token: digest("next"), rate_limits: [{ limit: 3, window: "day" }] },
      ],
    },
  }, { ANN: "of-ann", BASEGATE_TOKENS: `shared,${digest("hashed")}` })
  const tokens = settings.gateway("a", "g")?.tokens ?? []
  assertValues(tokens, ["plain", "of-ann", "next", "shared", "hashed"])
  assert.deepEqual(tokens.map(({ name }) => name), [null, "ann", "ann", null, null])
  assert.deepEqual(tokens.map(({ length }) => length), [5, 6, undefined, 6, undefined])
  const [, ann, next] = tokens
  assert.deepEqual(ann?.models, ["openai/*"])
  assert.equal(ann?.expires, Date.UTC(2027, 0))
  assert.deepEqual(ann?.metadata, { team: "x" })
  assert.equal(ann?.limits, undefined)
  assert.deepEqual(next?.limits?.rateRules.map(({ id }) => id), ["all", "token/ann/rule-1"])
  assert.ok(settings.secrets.contains("of-ann") && !settings.secrets.contains(sha256Of("next")))
})

test("one value twice is an error that says which two, also as text and as its digest", () => {
  const wrong: ReadonlyArray<readonly [tokens: ReadonlyArray<unknown>, RegExp, Record<string, string>?]> = [
    [["same", "same"], /a\/g\): expected tokens that differ .*: token 1 and token 2 have the same value/],
    [["same", { name: "ann", token: "same" }], /token 1 and token 2 \("ann"\) have/],
    [
      [{ name: "ann", token: digest("same") }, { name: "ann", token: "same" }],
      /token 1 \("ann"\) and token 2/,
    ],
    [[digest("same").toUpperCase().replace("SHA256", "sha256"), digest("same")], /have the same value/],
    [["same"], /token 1 and token 1 of BASEGATE_TOKENS/, { BASEGATE_TOKENS: "same" }],
    [[digest("same")], /token 1 and token 1 of BASEGATE_TOKENS/, { BASEGATE_TOKENS: "same" }],
    [[{ name: "ann", token: "env:X" }, "same"], /have the same value/, { X: "same" }],
    [[digest("same")], /BASEGATE_ADMIN_TOKEN: expected a token that opens no gateway/, {
      BASEGATE_ADMIN_TOKEN: "same",
    }],
  ]
  for (const [tokens, expected, variables] of wrong) {
    const failure = failureOf({ "a/g": { tokens } }, variables)
    assert.match(failure, expected)
    assert.doesNotMatch(failure, /same"|: same\b/)
  }
})

test("a value opens several gateways for one name, or for none", () => {
  const of = (token: unknown) => ({ tokens: [token] })
  good({ "a/g": of("value"), "a/h": of("value") })
  good({ "a/g": of({ name: "ann", token: "value" }), "a/h": of({ name: "ann", token: digest("value") }) })
  assert.match(
    failureOf({ "a/g": of({ name: "ann", token: "value" }), "a/h": of({ name: "bob", token: "value" }) }),
    /\(gateways, a\/h, tokens\): expected a value for one name only: .* called "bob" is, in a\/g, .* called "ann"/,
  )
  assert.match(
    failureOf({ "a/g": of({ name: "ann", token: "value" }), "a/h": of("value") }),
    /a token without a name is, in a\/g/,
  )
})

test("what is wrong with a token is said where it stands, without its value", () => {
  const ann = { name: "ann", token: "secret-value" }
  const wrong: ReadonlyArray<readonly [token: unknown, expected: RegExp]> = [
    [{ name: "ann" }, /tokens, 0, token\)/],
    [{ token: "secret-value" }, /tokens, 0, name\)/],
    [{ ...ann, name: "a/b" }, /tokens, 0, name\): expected a name of up to 64 characters, without slashes/],
    [{ ...ann, name: " ann" }, /tokens, 0, name\)/],
    [{ ...ann, name: "a\u0000" }, /tokens, 0, name\)/],
    [{ ...ann, name: "x".repeat(65) }, /tokens, 0, name\)/],
    [{ ...ann, name: "secret-value" }, /a name that is not a token's value/],
    [{ ...ann, token: "two words" }, /tokens, 0, token\): expected tokens without white space/],
    [{ ...ann, token: "sha256:abc" }, /"sha256:" and the 64 hexadecimal digits/],
    ["sha256:abc", /"sha256:" and the 64 hexadecimal digits/],
    [{ ...ann, token: "env:TWO_WORDS" }, /token 1 to refer to a token without white space/],
    [{ ...ann, models: [] }, /tokens, 0, models/],
    [{ ...ann, models: ["gpt-[45]"] }, /tokens, 0, models, 0\): expected the name of a model, in which \*/],
    [{ ...ann, models: ["!gpt"] }, /tokens, 0, models, 0\)/],
    [{ ...ann, models: ["a b"] }, /tokens, 0, models, 0\)/],
    [{ ...ann, expires: "tomorrow" }, /tokens, 0, expires\): expected an ISO date such as/],
    [{ ...ann, expires: "2026-12-01T10:00:00" }, /tokens, 0, expires\)/],
    [{ ...ann, expire: "2026-12-01" }, /tokens, 0, expire\): unknown setting; perhaps expires was meant/],
    [{ ...ann, metadata: { team: { a: 1 } } }, /tokens, 0, metadata, team/],
    [{ ...ann, metadata: { "": 1 } }, /tokens, 0, metadata\): expected keys that are/],
    [{ ...ann, rate_limits: [{ limit: 1 }] }, /tokens, 0, rate_limits, 0/],
    [{ ...ann, spend_limits: { enabled: true } }, /tokens, 0, spend_limits, rules/],
  ]
  for (const [token, expected] of wrong) {
    const failure = failureOf({ "a/g": { tokens: [token] } }, { TWO_WORDS: "two words" })
    assert.match(failure, expected)
    assert.doesNotMatch(failure, /secret-value|two words/)
  }
})

test("expiryOf() takes a date or a time with its zone, and no day that no calendar has", () => {
  assert.equal(expiryOf("2026-12-31"), Date.UTC(2026, 11, 31))
  assert.equal(expiryOf("2026-12-31T18:00Z"), Date.UTC(2026, 11, 31, 18))
  assert.equal(expiryOf("2026-12-31T18:00:00.5+02:00"), Date.UTC(2026, 11, 31, 16, 0, 0, 500))
  const none = [
    "2026-02-30",
    "2026-02-29T00:00Z",
    "2026-13-01",
    "2026-12-31T25:00Z",
    "2026-12-31T18:00",
    "1700000000",
    "",
  ]
  for (const text of none) assert.equal(expiryOf(text), undefined, text)
})
