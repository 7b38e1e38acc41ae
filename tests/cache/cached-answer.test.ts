import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import {
  type CachedAnswer,
  decodeAnswer,
  encodeAnswer,
  replayHeaders,
} from "../../lib/cache/cached-answer.ts"

const bytes = fc.uint8Array({ maxLength: 200 }).map((given) => new Uint8Array(given))
const latin1 = fc.string({
  unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)),
})
const answers: fc.Arbitrary<CachedAnswer> = fc.record({
  status: fc.integer({ min: 200, max: 599 }),
  statusText: fc.constantFrom("", "OK", "Très bien"),
  headers: fc.array(
    fc.tuple(fc.stringMatching(/^x-[a-z]{1,9}$/), latin1.map((value) => value.replace("\x7f", ""))),
  ),
  body: bytes,
  storedAt: fc.nat(),
})

test("decodeAnswer() gives back what encodeAnswer() was given", () => {
  fc.assert(fc.property(answers, (answer) => {
    const decoded = decodeAnswer(encodeAnswer(answer))
    assert.deepEqual(decoded && { ...decoded, body: [...decoded.body] }, {
      ...answer,
      body: [...answer.body],
    })
  }))
})

test("decodeAnswer() reads bytes that lie within a larger buffer", () => {
  const encoded = encodeAnswer({
    status: 200,
    statusText: "",
    headers: [],
    body: new Uint8Array([7]),
    storedAt: 1,
  })
  const larger = new Uint8Array(encoded.byteLength + 9)
  larger.set(encoded, 4)
  assert.deepEqual([...decodeAnswer(larger.subarray(4, -5))?.body ?? []], [7])
})

test("decodeAnswer() finds nothing in what is cut short, too long or of another version", () => {
  fc.assert(fc.property(answers, fc.nat(), (answer, at) => {
    const encoded = encodeAnswer(answer)
    assert.equal(decodeAnswer(encoded.slice(0, at % encoded.byteLength)), undefined)
    assert.equal(decodeAnswer(new Uint8Array([...encoded, 0])), undefined)
    assert.equal(decodeAnswer(new Uint8Array([2, ...encoded.slice(1)])), undefined)
  }))
})

test("decodeAnswer() throws for no bytes, and a response can be made of whatever it finds", () => {
  const changed = fc.tuple(answers, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 9 }))
    .map(
      ([answer, changes]) => {
        const encoded = encodeAnswer(answer)
        for (const [at, byte] of changes) encoded[at % encoded.byteLength] = byte
        return encoded
      },
    )
  fc.assert(fc.property(fc.oneof(bytes, changed), (given) => {
    const found = decodeAnswer(given)
    if (found === undefined) return
    const { status, statusText } = found
    new Response(null, { status, statusText, headers: replayHeaders(found, 0) })
  }))
})

test("decodeAnswer() finds nothing in a head of which no response can be made", () => {
  const good: CachedAnswer = {
    status: 200,
    statusText: "",
    headers: [],
    body: new Uint8Array(0),
    storedAt: 0,
  }
  assert.ok(decodeAnswer(encodeAnswer(good)))
  for (
    const bad of [
      { status: 99 },
      { status: "200" },
      { headers: [["a b", ""]] },
      { headers: [["a"]] },
      { headers: {} },
      { storedAt: null },
    ]
  ) {
    assert.equal(
      decodeAnswer(encodeAnswer({ ...good, ...bad } as CachedAnswer)),
      undefined,
      JSON.stringify(bad),
    )
  }
})

test("replayHeaders() tells the age in whole seconds, never negative, and the length", () => {
  const answer: CachedAnswer = {
    status: 200,
    statusText: "",
    headers: [["content-type", "text/plain"]],
    body: new Uint8Array(3),
    storedAt: 10_000,
  }
  const ages = [9_000, 10_000, 10_999, 11_000, 310_500].map((now) => replayHeaders(answer, now).get("age"))
  assert.deepEqual(ages, ["0", "0", "0", "1", "300"])
  assert.deepEqual([...replayHeaders(answer, 10_000)].sort(), [
    ["age", "0"],
    ["content-length", "3"],
    ["content-type", "text/plain"],
  ])
})
