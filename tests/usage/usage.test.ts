import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { laterUsage, type Usage, usageOf } from "../../lib/usage/usage.ts"

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

test("usageOf() takes a message's input to include the cached tokens", () => {
  const usage = {
    input_tokens: 80,
    cache_read_input_tokens: 64,
    cache_creation_input_tokens: 8,
    output_tokens: 12,
  }
  assert.deepEqual(usageOf(usage), { ...none, input: 80, output: 12, cachedInput: 64 })
})

test("usageOf() takes numbers as strings, and garbage as not told", () => {
  assert.deepEqual(usageOf({ prompt_tokens: "80", completion_tokens: 0 }), { ...none, input: 80, output: 0 })
  for (const garbage of [-1, NaN, Infinity, 1.5, null, "", "-1", "x", "1e3", " 1", true, {}, [1], 2 ** 60]) {
    assert.deepEqual(usageOf({ prompt_tokens: garbage, completion_tokens: 1 }), { ...none, output: 1 })
    assert.equal(usageOf({ prompt_tokens: garbage, prompt_tokens_details: garbage }), undefined)
    assert.equal(usageOf(garbage), undefined)
  }
})

test("usageOf() takes no zero for a count that stands beside it under another name", () => {
  const both = { prompt_tokens: 0, input_tokens: 80, output_tokens: 12, completion_tokens: 0 }
  const usage = { ...both, prompt_tokens_details: { cached_tokens: 0 }, cache_read_input_tokens: 64 }
  assert.deepEqual(usageOf(usage), { ...none, input: 80, output: 12, cachedInput: 64 })
})

test("laterUsage() comes to the same in whatever order, and never to less than was told", () => {
  const count = fc.option(fc.nat(), { nil: undefined })
  const usages = fc.option(
    fc.record({ input: count, output: count, cachedInput: count, reasoning: count }),
    { nil: undefined },
  )
  fc.assert(fc.property(usages, usages, (one, other) => {
    const both = laterUsage(one, other)
    assert.deepEqual(both, laterUsage(other, one))
    for (const name of ["input", "output", "cachedInput", "reasoning"] as const) {
      const told = [one, other].flatMap((usage: Usage | undefined) => usage?.[name] ?? [])
      assert.equal(both?.[name], told.length === 0 ? undefined : Math.max(...told))
    }
  }))
})
