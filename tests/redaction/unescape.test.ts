import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { plainText, unescape } from "../../lib/redaction/unescape.ts"

const parts = fc.array(
  fc.constantFrom(
    "a",
    "u",
    "5c",
    "\\",
    "\\\\",
    '\\"',
    "\\u0041",
    "\\\\u005C",
    "%41",
    "%25",
    "%5c",
    "%",
    "é",
    "👩",
  ),
  { maxLength: 30 },
)

test("withoutEscapes() tells where each character of plainText() was written, in their order", () => {
  fc.assert(fc.property(parts, (parts) => {
    const text = parts.join("")
    const { plain, place } = unescape(text)
    assert.equal(plain, plainText(text))
    let last = 0
    for (let at = 0; at < plain.length; at++) {
      const [begin, end] = place(at)
      assert.ok(begin >= last && begin < end && end <= text.length, `${begin} ${end}`)
      assert.equal(plainText(text.slice(begin, end)), plain.charAt(at))
      last = end
    }
  }))
})
