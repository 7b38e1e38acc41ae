import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import {
  allowsAlias,
  allowsModel,
  allowsProvider,
  allowsRoute,
  matchesGlob,
} from "../../lib/config/model-globs.ts"

test("matches(): * stands for any text and ? for one character; the rest stands for itself", () => {
  const holding = [
    ["*", ""],
    ["*", "any/thing"],
    ["openai/*", "openai/gpt-oss-120b"],
    ["openai/*", "openai/"],
    ["*gpt*", "openai/gpt-oss"],
    ["a*b*c", "aXbYbZc"],
    ["gpt-?", "gpt-4"],
    ["?", "🌍"],
    ["**", "x"],
    ["a.b", "a.b"],
    ["*a", "aaa"],
  ] as const
  for (const [glob, name] of holding) assert.ok(matchesGlob(glob, name), `${glob} ${name}`)
  const failing = [
    ["openai/*", "openai"],
    ["openai/*", "Openai/x"],
    ["gpt-?", "gpt-40"],
    ["gpt-?", "gpt-"],
    ["a.b", "axb"],
    ["a*b", "ab "],
    ["a", ""],
    ["", "a"],
    ["a+", "aa"],
  ] as const
  for (const [glob, name] of failing) assert.ok(!matchesGlob(glob, name), `${glob} ${name}`)
})

test("matches() agrees with a regular expression, and takes no longer for a name that is made to", () => {
  let seen = 0
  const part = fc.constantFrom("a", "b", "*", "?", "/")
  const name = fc.array(fc.constantFrom("a", "b", "/"), { maxLength: 12 }).map((parts) => parts.join(""))
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }).map((parts) => parts.join("")), name, (glob, name) => {
      const pattern = new RegExp(`^${glob.replaceAll("*", "[^]*").replaceAll("?", "[^]")}$`)
      const holds = pattern.test(name)
      if (holds) seen++
      assert.equal(matchesGlob(glob, name), holds)
    }),
    { numRuns: 2000 },
  )
  assert.ok(seen > 50)
  // A matcher that tries every way would not come to an end.
  assert.ok(!matchesGlob("*a".repeat(100), "a".repeat(511) + "b"))
  assert.ok(!matchesGlob("*", "a".repeat(513)))
})

test("a model is named as compat names it, Baseten's also by its slug alone", () => {
  const cases = [
    ["openai/*", "baseten", "openai/x", true],
    ["baseten/openai/*", "baseten", "openai/x", true],
    ["baseten/*", "baseten", "abcd1234", true],
    ["abcd1234", "baseten", "abcd1234", true],
    ["openai/*", "custom-eu", "openai/x", false],
    ["custom-eu/openai/*", "custom-eu", "openai/x", true],
    ["x", "custom-eu", "x", false],
    // Sent to Baseten, these are none of the custom provider's or the route's.
    ["custom-eu/*", "baseten", "custom-eu/x", false],
    ["dynamic/*", "baseten", "dynamic/x", false],
  ] as const
  for (const [glob, provider, model, expected] of cases) {
    assert.equal(allowsModel([glob], provider, model), expected, `${glob} ${provider} ${model}`)
  }
})

test("all of a provider is allowed by a glob that leaves nothing open", () => {
  for (const glob of ["*", "**", "b*", "baseten/*", "baseten*"]) {
    assert.ok(allowsProvider([glob], "baseten"), glob)
  }
  for (const glob of ["baseten", "baseten/?", "baseten/o*", "openai/*", "?*", "*/*", "custom-eu/*"]) {
    assert.ok(!allowsProvider([glob], "baseten"), glob)
  }
  assert.ok(allowsProvider(["custom-*"], "custom-eu") && !allowsProvider(["custom-e/*"], "custom-eu"))
})

test("a route is allowed by a glob that begins with dynamic/ alone", () => {
  assert.ok(allowsRoute(["dynamic/*"], "support") && allowsRoute(["x", "dynamic/support"], "support"))
  for (const glob of ["*", "d*", "dynamic*", "dynamic/", "support", "Dynamic/support"]) {
    assert.ok(!allowsRoute([glob], "support"), glob)
  }
})

test("an alias is named by globs that begin with custom/, and by no other", () => {
  assert.ok(allowsAlias(["custom/*"], "fast") && allowsAlias(["x", "custom/fast"], "fast"))
  for (const glob of ["*", "c*", "custom*", "custom-own/*", "custom/slow", "fast"]) {
    assert.ok(!allowsAlias([glob], "fast"), glob)
  }
  assert.ok(!allowsModel(["custom/*"], "baseten", "custom/fast"))
})
