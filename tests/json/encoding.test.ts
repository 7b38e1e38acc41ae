import assert from "node:assert/strict"
import { Buffer } from "node:buffer"
import { test } from "node:test"
import fc from "fast-check"
import { declaresOtherEncoding, isUtf8, utf8Check } from "../../lib/json/encoding.ts"

const anyBytes = fc.oneof(
  fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
  fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value), "utf16le")),
  fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value), "latin1")),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
)

test("utf8Check() says of chunks what isUtf8() says of the whole, but for a last character that is cut", () => {
  fc.assert(
    fc.property(anyBytes, fc.array(fc.nat({ max: 5 }), { maxLength: 20 }), (bytes, sizes) => {
      const check = utf8Check()
      let at = 0
      let passed = true
      for (const size of [...sizes, bytes.length]) passed &&= check(bytes.subarray(at, at += size))
      assert.ok(passed || !isUtf8(bytes), "nothing is refused that the whole is not refused for")
      if (!passed) return
      assert.ok(
        isUtf8(bytes) || isUtf8(Buffer.concat([bytes, Buffer.from([0x80])])) || !isUtf8(bytes.subarray(-3)),
      )
    }),
    { numRuns: 1000 },
  )
})

test("isUtf8() refuses what Python's json would read as UTF-16 or UTF-32", () => {
  for (const text of ['{"model":"a"}', "{}", '["é"]', '{"é":1}', '"世界"', "1"]) {
    assert.ok(isUtf8(Buffer.from(text)), text)
    assert.ok(isUtf8(Buffer.from(`\ufeff${text}`)), text)
    const wide = Buffer.from(text, "utf16le")
    assert.ok(!isUtf8(wide), text)
    assert.ok(!isUtf8(Buffer.from(wide).swap16()), text)
    assert.ok(!isUtf8(Buffer.from(`\ufeff${text}`, "utf16le")), text)
  }
})

test("declaresOtherEncoding() takes every encoding in which ASCII is ASCII", () => {
  const of = declaresOtherEncoding
  for (
    const charset of ["utf-8", "UTF8", '"utf-8"', "us-ascii", "ISO-8859-1", "windows-1252", "latin1", ""]
  ) {
    assert.equal(of(`application/json; charset=${charset}`), false, charset)
  }
  for (const charset of ["utf-16", "UTF-16LE", "utf-32", "utf-7", "ucs-2", "ibm037", "'utf-16'"]) {
    assert.equal(of(`application/json;x=1;Charset=${charset}`), true, charset)
  }
  assert.equal(of("application/json"), false)
  assert.equal(declaresOtherEncoding(""), false)
})

test("isUtf8() agrees with a strict decoder", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
  const decodes = (bytes: Uint8Array): boolean => {
    try {
      strict.decode(bytes)
      return true
    } catch {
      return false
    }
  }
  const bytes = fc.uint8Array({ min: 0x70, maxLength: 6 })
  const text = fc.string({ unit: "binary", maxLength: 3 }).map((given) => Buffer.from(given))
  const seen = new Set<boolean>()
  fc.assert(
    fc.property(fc.array(fc.oneof(bytes, text), { maxLength: 3 }), (parts) => {
      const body = Buffer.concat([Buffer.from('{"a"'), ...parts])
      seen.add(isUtf8(body))
      assert.equal(isUtf8(body), decodes(body))
    }),
    { numRuns: 1000 },
  )
  assert.equal(seen.size, 2)
})
