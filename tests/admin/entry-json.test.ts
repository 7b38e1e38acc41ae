import assert from "node:assert/strict"
import { test } from "node:test"
import { entryDetailJson, entryJson } from "../../lib/admin/entry-json.ts"
import { entryOf } from "./some-log.ts"

test("entryJson() has every field of Cloudflare's schema in its type", () => {
  const bare = entryJson(entryOf("one"))
  const texts = ["id", "created_at", "provider", "model", "model_type", "path", "request_type"] as const
  for (const name of texts) assert.equal(typeof bare[name], "string", name)
  assert.deepEqual([bare.request_content_type, bare.response_content_type], ["application/json", ""])
  assert.deepEqual([bare.tokens_in, bare.tokens_out, bare.cost], [null, null, null])
  assert.deepEqual([bare.success, bare.cached, bare.custom_cost, bare.byok], [true, false, false, false])
})

test("entryJson() reports success only for an answer under 400 that arrived whole and reported no error", () => {
  const of = (status: number, ending: "complete" | "upstream_cut") =>
    entryJson(entryOf("one", { status, ending }))
  assert.equal(of(200, "complete").success, true)
  assert.equal(of(200, "upstream_cut").success, false)
  assert.equal(of(404, "complete").success, false)
  const told = entryJson(entryOf("one", { status: 200, ending: "complete", error: "overloaded: queue full" }))
  assert.deepEqual([told.success, told.error, told.error_code], [false, "overloaded: queue full", null])
})

test("entryJson() has more fields than Cloudflare, and computes the speed of tokens", () => {
  const json = entryJson(entryOf("one", {
    route: "compat.chat.completions",
    key: "stored",
    authenticated: true,
    total_ms: 3000,
    time_to_first_token_ms: 1000,
    tokens_out: 100,
    metadata: { team: "search", n: 1 },
    feedback: -1,
    score: 7,
  }))
  assert.deepEqual([json.request_type, json.compatibilityMode], ["compat.chat.completions", true])
  assert.deepEqual([json.authentication, json.byok, json.key, json.wholesale], [true, true, "stored", false])
  assert.deepEqual([json.duration, json.tokens_per_second], [3000, 50])
  assert.deepEqual([json.metadata, json.feedback, json.score], [{ team: "search", n: 1 }, -1, 7])
})

test("entryDetailJson() says whether it shows all of a body", () => {
  const of = (text: string, complete: boolean) => {
    const payload = { text, size: 5, complete }
    const json = entryDetailJson(
      entryOf("one", { request_bytes: 5 }),
      { request: payload, response: null },
      { overrides: new Map(), priceOf: () => undefined },
    )
    return [json.request_head?.length, json.request_head_complete, json.request_size]
  }
  assert.deepEqual(of("x", true), [1, true, 5])
  assert.deepEqual(of("x", false), [1, false, 5])
  assert.deepEqual(of("x".repeat(4096), true), [4096, true, 5])
  assert.deepEqual(of("x".repeat(4097), true), [4096, false, 5])
})
