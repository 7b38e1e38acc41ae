import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { collect } from "../../lib/bytes/collector.ts"

test("collect() gives the whole of any chunks within the limit, and nothing once they were more", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.nat(400), (chunks, limit) => {
    const { push, whole } = collect(limit)
    let expected: Array<number> | undefined = []
    for (const chunk of chunks) {
      push(chunk)
      if (expected !== undefined) {
        expected.push(...chunk)
        if (expected.length > limit) expected = undefined
      }
      const found = whole()
      assert.deepEqual(found && [...found], expected)
    }
  }))
})

test("collect() keeps copies: a chunk that is changed later changes nothing", () => {
  const { push, whole } = collect(9)
  const chunk = new Uint8Array([1, 2])
  push(chunk)
  chunk.fill(0)
  assert.deepEqual([...whole() ?? []], [1, 2])
})
