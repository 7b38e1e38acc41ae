import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { fromBase64, toBase64 } from "../../lib/bytes/base64.ts"

test("base64 is what btoa() writes, and is read again", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    const text = toBase64(bytes)
    assert.equal(text, btoa(String.fromCharCode(...bytes)))
    assert.deepEqual(fromBase64(text), new Uint8Array(bytes))
  }))
  for (const text of ["a", "ab", "abc", "ab!=", "====", "a===", "äbcd"]) {
    assert.throws(() => fromBase64(text), text)
  }
})
