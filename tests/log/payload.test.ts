import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { keepPayload, withoutSecrets } from "../../lib/log/payload.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)

test("keepPayload() keeps a body that is small enough whole, whatever the chunking", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 200 }),
      fc.integer({ min: 1, max: 9 }),
      (text, size) => {
        const bytes = bytesOf(text)
        const keeper = keepPayload(10_000)
        for (let at = 0; at < bytes.length; at += size) keeper.push(bytes.subarray(at, at + size))
        assert.deepEqual(keeper.finish([]), { text, size: bytes.length, complete: true })
      },
    ),
  )
})

test("keepPayload() cuts a longer body at a whole character, and says how long it was", () => {
  const keeper = keepPayload(5)
  keeper.push(bytesOf("ab🌍cd"))
  assert.deepEqual(keeper.finish([]), { text: "ab", size: 8, complete: false })
})

test("keepPayload() holds no more than it keeps, and no reference to what it was given", () => {
  const keeper = keepPayload(10)
  const chunk = bytesOf("0123456789".repeat(1000))
  keeper.push(chunk)
  chunk.fill(0x78)
  keeper.push(chunk)
  assert.deepEqual(keeper.finish([]), { text: "0123456789", size: 20_000, complete: false })
})

test("a secret is blotted out whole where the text is cut off within it", () => {
  const secret = "sk-0123456789abcdef"
  for (let before = 0; before < 40; before++) {
    const keeper = keepPayload(20)
    keeper.push(bytesOf(`${"x".repeat(before)}${secret}${"y".repeat(40)}`))
    const { text } = keeper.finish([secret])
    assert.doesNotMatch(text, /sk-|0123/, text)
  }
})

test("a secret is found as it is, within JSON, and within a URL; what is too short to be one stays", () => {
  const secret = 'a/"b"\\c+d e'
  const text = `${secret} ${JSON.stringify(secret)} ${JSON.stringify(secret).replaceAll("/", "\\/")} ` +
    `${encodeURIComponent(secret)} ab`
  assert.equal(withoutSecrets(text, [secret, "ab", ""]), '[redacted] "[redacted]" "[redacted]" [redacted] ab')
})

test("of two secrets the one that holds the other goes first", () => {
  assert.equal(withoutSecrets("secret-one-two", ["secret-one", "secret-one-two"]), "[redacted]")
})
