import assert from "node:assert/strict"
import { test } from "node:test"
import { usageOf } from "../../lib/meter/usage.ts"

const none = { input: undefined, output: undefined, cachedInput: undefined, reasoning: undefined }

test("usageOf() reads chat completions", () => {
  const usage = {
    prompt_tokens: 80,
    completion_tokens: 12,
    total_tokens: 92,
    prompt_tokens_details: { audio_tokens: 0, cached_tokens: 64 },
    completion_tokens_details: { reasoning_tokens: 3 },
  }
  assert.deepEqual(usageOf(usage), { input: 80, output: 12, cachedInput: 64, reasoning: 3 })
})

test("usageOf() reads embeddings, which tell no output", () => {
  assert.deepEqual(usageOf({ prompt_tokens: 5, total_tokens: 5 }), { ...none, input: 5 })
})

test("usageOf() reads responses", () => {
  const usage = {
    input_tokens: 80,
    input_tokens_details: { cached_tokens: 64 },
    output_tokens: 12,
    output_tokens_details: { reasoning_tokens: 3 },
  }
  assert.deepEqual(usageOf(usage), { input: 80, output: 12, cachedInput: 64, reasoning: 3 })
})

test("usageOf() takes a message's input to include the cached tokens unless told otherwise", () => {
  const usage = {
    input_tokens: 80,
    cache_read_input_tokens: 64,
    cache_creation_input_tokens: 8,
    output_tokens: 12,
  }
  assert.deepEqual(usageOf(usage), { ...none, input: 80, output: 12, cachedInput: 64 })
  assert.deepEqual(usageOf(usage, true), { ...none, input: 152, output: 12, cachedInput: 64 })
  assert.deepEqual(usageOf({ output_tokens: 12, cache_read_input_tokens: 64 }, true)?.input, undefined)
})

test("usageOf() takes numbers as strings, and garbage as not told", () => {
  assert.deepEqual(usageOf({ prompt_tokens: "80", completion_tokens: 0 }), { ...none, input: 80, output: 0 })
  for (const garbage of [-1, NaN, Infinity, 1.5, null, "", "-1", "x", "1e3", " 1", true, {}, [1], 2 ** 60]) {
    assert.deepEqual(usageOf({ prompt_tokens: garbage, completion_tokens: 1 }), { ...none, output: 1 })
    assert.equal(usageOf({ prompt_tokens: garbage, prompt_tokens_details: garbage }), undefined)
    assert.equal(usageOf(garbage), undefined)
  }
})
