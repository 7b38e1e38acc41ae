import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { test } from "node:test"
import fc from "fast-check"
import { hex } from "../../lib/bytes/hex.ts"
import { sha256Now } from "../../lib/redaction/sha256.ts"

const expected = (text: string): string => createHash("sha256").update(text).digest("hex")

test("sha256Now() gives what OpenSSL gives, at every length of a block and for any text", () => {
  for (let length = 0; length < 200; length++) {
    const text = "a".repeat(length)
    assert.equal(hex(sha256Now(text)), expected(text), String(length))
  }
  assert.equal(hex(sha256Now("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
    assert.equal(hex(sha256Now(text)), expected(text.toWellFormed()))
  }))
})
