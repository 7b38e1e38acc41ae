import assert from "node:assert/strict"
import { test } from "node:test"
import { hex } from "../../lib/bytes/hex.ts"

test("hex() writes two lower-case digits for each byte", () => {
  assert.equal(hex(new Uint8Array([0, 1, 15, 16, 171, 255])), "00010f10abff")
  assert.equal(hex(new Uint8Array()), "")
})
