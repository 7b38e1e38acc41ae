import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { conditionsOf } from "../../lib/request-log/conditions.ts"
import { fieldsOf } from "../../lib/request-log/filterable-fields.ts"
import { compareText, found, matchesConditions } from "../../lib/request-log/filter.ts"
import type { LogFilter } from "../../lib/request-log/query.ts"
import type { RequestRecord } from "../../lib/record/request-record.ts"
import { anyMetadata, anyText, recordOf } from "./any-record.ts"

type Short = readonly [LogFilter["key"], LogFilter["operator"], ...LogFilter["value"]]
const holds = (members: Partial<RequestRecord>, ...filters: ReadonlyArray<Short>): boolean =>
  matchesConditions(
    fieldsOf(recordOf(members), { feedback: 1 }),
    conditionsOf(filters.map(([key, operator, ...value]) => ({ key, operator, value }))),
  )

test("text is equal to the letter, and contains without regard to case", () => {
  assert.equal(holds({ model: "a/B" }, ["model", "eq", "x", "a/B"]), true)
  assert.equal(holds({ model: "a/B" }, ["model", "eq", "a/b"]), false)
  assert.equal(holds({ model: "a/B" }, ["model", "contains", "/b"]), true)
  assert.equal(holds({ model: null }, ["model", "contains", ""]), false)
  assert.equal(holds({ model: null }, ["model", "eq", null]), true)
  assert.equal(holds({ model: "a" }, ["model", "lt", "b"]), false)
})

test("neq is the opposite of eq, with what is not known too", () => {
  assert.equal(holds({ model: null }, ["model", "neq", "a"]), true)
  assert.equal(holds({ model: "a" }, ["model", "neq", "a", "b"]), false)
  assert.equal(holds({ model: "a" }, ["model", "neq", null]), true)
})

test("numbers and truths may come as text", () => {
  assert.equal(holds({ cost: 0.5 }, ["cost", "gt", "0.4"], ["cost", "lt", 0.6]), true)
  assert.equal(holds({ cost: null }, ["cost", "lt", 1]), false)
  assert.equal(holds({ tokens_in: 3, tokens_out: null }, ["tokens", "eq", "3"]), true)
  assert.equal(holds({ cached: true }, ["cached", "eq", "true"], ["success", "eq", true]), true)
  assert.equal(holds({ ending: "upstream_cut" }, ["success", "eq", false]), true)
  assert.equal(holds({}, ["feedback", "eq", 1], ["status_code", "lt", 300], ["wholesale", "eq", false]), true)
  assert.equal(holds({ cost: 1 }, ["cost", "eq", "one"]), false)
  assert.equal(holds({ route: "compat.chat" }, ["compatibilityMode", "eq", true]), true)
  assert.equal(holds({ route: null }, ["compatibilityMode", "eq", false], ["dlp_action", "eq", null]), true)
})

test("what policies and guardrails did is found by its action", () => {
  const dlp = { action: "MASK", policies: ["p"], profiles: ["pii"], check: "REQUEST" } as const
  assert.equal(holds({ dlp }, ["dlp_action", "eq", "MASK"], ["guardrails_action", "eq", null]), true)
  assert.equal(holds({ dlp: null }, ["dlp_action", "neq", null]), false)
  const guardrails = [
    { phase: "prompt", category: "S1", action: "FLAG" },
    { phase: "response", category: null, action: "unavailable" },
  ] as const
  assert.equal(holds({ guardrails }, ["guardrails_action", "eq", "unavailable"]), true)
  assert.equal(holds({ guardrails: [] }, ["guardrails_action", "eq", null]), true)
})

test("times are ISO dates or milliseconds", () => {
  const time = "2026-11-02T10:00:00.500Z"
  assert.equal(holds({ time }, ["created_at", "gt", "2026-11-02"], ["created_at", "lt", "2026-11-03"]), true)
  assert.equal(holds({ time }, ["created_at", "gt", time]), false)
  assert.equal(holds({ time }, ["created_at", "eq", Date.parse(time)]), true)
  assert.equal(holds({ time }, ["created_at", "neq", time]), false)
  assert.equal(holds({ time }, ["created_at", "gt", "yesterday"]), false)
  assert.equal(holds({ time }, ["created_at", "lt", "2026-11-01", "2026-11-03"]), true)
})

test("a key and a value that follow one another are one pair", () => {
  const metadata = { user: "ann", team: "bob", n: 3, on: true }
  assert.equal(holds({ metadata }, ["metadata.key", "eq", "user"], ["metadata.value", "eq", "bob"]), false)
  assert.equal(holds({ metadata }, ["metadata.value", "eq", "bob"], ["metadata.key", "eq", "team"]), true)
  assert.equal(
    holds({ metadata }, ["metadata.key", "eq", "user"], ["model", "neq", "x"], [
      "metadata.value",
      "eq",
      "bob",
    ]),
    true,
  )
  assert.equal(holds({ metadata }, ["metadata.key", "eq", "user"], ["metadata.value", "neq", "ann"]), false)
  assert.equal(holds({ metadata }, ["metadata.key", "neq", "user"]), false)
  assert.equal(holds({ metadata: {} }, ["metadata.key", "neq", "user"], ["metadata.key", "neq", "x"]), true)
  assert.equal(holds({ metadata }, ["metadata.key", "eq", "n"], ["metadata.value", "eq", 3]), true)
  assert.equal(holds({ metadata }, ["metadata.value", "contains", "RU"]), true)
})

test("a pair is found whatever it holds, and no other", () => {
  fc.assert(fc.property(anyMetadata, anyText, anyText, (metadata, key, value) => {
    const is = Object.hasOwn(metadata, key) && String(metadata[key]) === value
    assert.equal(holds({ metadata }, ["metadata.key", "eq", key], ["metadata.value", "eq", value]), is)
  }))
})

test("search looks at ids, model, provider, path, error, user agent and metadata", () => {
  const facts = fieldsOf(recordOf({ error: "no capacity", metadata: { user: "Ann" } }), { feedback: null })
  for (
    const text of ["GPT-oss", "chat/completions", "No Cap", "ann", "baseten", "js 7", facts.id.slice(5), ""]
  ) {
    assert.equal(found(facts, text), true, text)
  }
  assert.equal(found(facts, "application/json"), false)
})

test("texts are ordered as their UTF-8 bytes", () => {
  const anyString = fc.oneof(anyText, fc.string({ unit: "binary" }))
  fc.assert(fc.property(anyString, anyString, (one, other) => {
    const expected = Buffer.compare(Buffer.from(one), Buffer.from(other))
    assert.equal(Math.sign(compareText(one, other)), expected)
  }))
})
