import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { keepPayload } from "../../lib/request-log/payload.ts"
import { secretsOf } from "../../lib/redaction/secrets.ts"

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

test("a secret is redacted whole if the text is cut off within it", () => {
  const secret = "sk-0123456789abcdef"
  for (let before = 0; before < 40; before++) {
    const keeper = keepPayload(20)
    keeper.push(bytesOf(`${"x".repeat(before)}${secret}${"y".repeat(40)}`))
    const { text } = keeper.finish([secretsOf([secret])])
    assert.doesNotMatch(text, /sk-|0123/, text)
  }
})

test("a secret is redacted, however the chunks cut it", () => {
  const secret = 'sk-0123/"456+789'
  const text = JSON.stringify({
    as: secret,
    within: JSON.stringify({ secret }),
    url: encodeURIComponent(secret),
  })
  const bytes = bytesOf(text)
  for (let size = 1; size < 30; size++) {
    const keeper = keepPayload(10_000)
    for (let at = 0; at < bytes.length; at += size) keeper.push(bytes.subarray(at, at + size))
    const redacted = { as: "[redacted]", within: JSON.stringify({ secret: "[redacted]" }), url: "[redacted]" }
    assert.deepEqual(JSON.parse(keeper.finish([secretsOf([secret])]).text), redacted)
  }
})

test("a stream that tells a secret in pieces is not kept; others are", () => {
  const secret = "sk-0123456789abcdef"
  const streamOf = (deltas: ReadonlyArray<string>) =>
    deltas.map((content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`)
      .join("")
  const kept = (deltas: ReadonlyArray<string>) => {
    const keeper = keepPayload(10_000)
    keeper.push(bytesOf(streamOf(deltas)))
    return keeper.finish([secretsOf([secret])]).text
  }
  for (let at = 1; at < secret.length; at++) {
    assert.equal(kept(["It is ", secret.slice(0, at), secret.slice(at), "."]), "[redacted]")
  }
  assert.equal(kept([...secret]), "[redacted]")
  assert.equal(kept(["It is ", secret, "."]), streamOf(["It is ", "[redacted]", "."]))
  assert.equal(kept(["It is ", "sk-", "."]), streamOf(["It is ", "sk-", "."]))
})
