/** Settings as YAML and JSON: what they hold, where each part stands, and what is wrong, without a word of the text. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { problemsText } from "../../lib/config/declaration.ts"
import { parseSettings } from "../../lib/runtime/parse-settings.ts"

const documentOf = async (text: string, name = "x.yaml"): Promise<unknown> =>
  Result.getOrThrow(await parseSettings(name, text)).document

test("YAML and JSON give the same document", async () => {
  const yaml = "gateways:\n  '*': {}\n  a/g:\n    cache_ttl: 1e1\n    tokens:\n    - \"t\"\n"
  const json = '{\n\t"gateways": {"*": {},\n\t"a/g": {"cache_ttl": 1e1, "tokens": ["t"]}}\n}'
  const expected = { gateways: { "*": {}, "a/g": { cache_ttl: 10, tokens: ["t"] } } }
  assert.deepEqual(await documentOf(yaml), expected)
  assert.deepEqual(await documentOf(json), expected)
  assert.deepEqual(await documentOf(json, "x.json"), expected)
  assert.deepEqual(await documentOf(`\ufeff${yaml.replaceAll("\n", "\r\n")}`), expected)
})

test("an entry without anything below it is empty; settings without gateways are still an error", async () => {
  const text = "defaults:\ngateways:\n  a/g:\n  a/h: # nothing yet\n"
  assert.deepEqual(await documentOf(text), { defaults: {}, gateways: { "a/g": {}, "a/h": {} } })
  // Whoever has commented out all gateways must not find every id served.
  assert.deepEqual(await documentOf("gateways:\n"), { gateways: null })
  assert.deepEqual(await documentOf("gateways: {a/g: {tokens: }}\n"), {
    gateways: { "a/g": { tokens: null } },
  })
})

test("names stay text, numbers keep their digits, anchors are followed", async () => {
  const text =
    "prices:\n  12345e67: {input: 0.123456789012345678901, output: 1}\n  7: &p {input: 1, output: 2}\n  8: *p\n" +
    "expires: 2026-12-01\nyes: no\n"
  assert.deepEqual(await documentOf(text), {
    prices: {
      "12345e67": { input: "0.123456789012345678901", output: 1 },
      "7": { input: 1, output: 2 },
      "8": { input: 1, output: 2 },
    },
    expires: "2026-12-01",
    yes: "no",
  })
})

test("a syntax error is reported with its line and column, and what to write instead", async () => {
  const cases: ReadonlyArray<readonly [text: string, expected: RegExp]> = [
    ["gateways:\n\ta/g: {}\n", /^x\.yaml, line 2, column 1: expected spaces in place of the tab$/],
    ["gateways:\n  a/g: {secret: [1\n  b: 2\n", /line 3, column \d+: expected .*bracket/],
    ['gateways: "secret\n', /line \d, column \d+: expected the closing quote/],
    ["a: 1\na: secret\n", /^x\.yaml, line 2, column 1: expected a key that is not there already$/],
    ["é🌍: {a: secret: 1}\n", /line 1, column \d+: expected/],
    ["a: *secret\n", /line 1, column 4: expected an anchor of this name above/],
    ["a: &secret [1, *secret]\n", /line 1, column 16: expected an anchor that stands elsewhere/],
    ["a: &secret {b: [&c {d: *secret}]}\n", /line 1, column 24: expected an anchor that stands elsewhere/],
    ["a: !secret x\n", /line 1, column 4: expected no tag/],
    ["a: @secret\n", /line 1, column 4: expected text in quotes/],
    ["a: 'x' secret\n", /line 1, column 8: expected/],
    ['a: "\\secret"\n', /line 1, column 5: expected an escape that YAML knows/],
    ["a: 1\n---\nb: secret\n", /line \d, column \d: expected one document/],
    ["%secret\n---\na: 1\n", /line 1, column 1: expected no %DIRECTIVE/],
    ["? [secret]\n: 1\n", /line 1, column 3: expected a key of text/],
    ["a: secret: b\n", /line 1, column 4: expected one key a line/],
  ]
  for (const [text, expected] of cases) {
    const parsed = await parseSettings("x.yaml", text)
    const failure = Result.isFailure(parsed) ? problemsText(parsed.failure) : "nothing"
    assert.match(failure, expected)
    assert.doesNotMatch(failure, /secret/)
  }
  const parsed = await parseSettings("x.json", '{"gateways": {\n  "a/g": {},\n}}')
  assert.equal(
    Result.isFailure(parsed) && problemsText(parsed.failure),
    "x.json, line 3, column 1: expected a key in double quotes and a colon",
  )
})

test("aliases of aliases do not grow without a bound", async () => {
  const levels = Array.from(
    { length: 12 },
    (_, level) =>
      `l${level}: &l${level} [${level === 0 ? "x" : Array(9).fill(`*l${level - 1}`).join(", ")}]\n`,
  )
  const parsed = await parseSettings("x.yaml", levels.join(""))
  assert.ok(Result.isFailure(parsed))
})

test("every part is located where it stands; a missing one, where it would stand", async () => {
  const text =
    "gateways:\n  'a/g':\n    tokens:\n      - one\n      - {name: x}\n  b/g: &b {cache_ttl: 1}\n  c/g: *b\n"
  for (const name of ["x.yaml", "x.yml"]) {
    const { positionOf } = Result.getOrThrow(await parseSettings(name, text))
    const at = (part: "key" | "value", ...path: ReadonlyArray<string>) => {
      const { line, column } = positionOf?.(path, part) ?? assert.fail()
      return [line, column]
    }
    assert.deepEqual(at("value"), [1, 1])
    assert.deepEqual(at("key", "gateways"), [1, 1])
    assert.deepEqual(at("value", "gateways", "a/g"), [2, 3])
    assert.deepEqual(at("value", "gateways", "a/g", "tokens", "0"), [4, 9])
    assert.deepEqual(at("key", "gateways", "a/g", "tokens", "1", "name"), [5, 10])
    assert.deepEqual(at("value", "gateways", "a/g", "tokens", "1", "name"), [5, 16])
    assert.deepEqual(at("value", "gateways", "a/g", "tokens", "1", "token"), [5, 9])
    assert.deepEqual(at("value", "gateways", "b/g", "cache_ttl"), [6, 23])
    assert.deepEqual(at("value", "gateways", "c/g", "cache_ttl"), [6, 23])
    assert.deepEqual(at("value", "defaults"), [1, 1])
  }
})
