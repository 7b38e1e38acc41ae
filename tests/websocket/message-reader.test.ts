/** Messages out of bytes, however these are cut and whatever they are. */
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { closePayload, type Closing } from "../../lib/websocket/close-codes.ts"
import { encodeFrame } from "../../lib/websocket/encode-frame.ts"
import { MessageReader, type SocketMessage } from "../../lib/websocket/message-reader.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)
const joined = (pieces: ReadonlyArray<Uint8Array>) => Uint8Array.from(pieces.flatMap((piece) => [...piece]))

/** What a reader reads of bytes that come in pieces of so many. */
const read = (bytes: Uint8Array, { size = bytes.byteLength, isMasked = false, longest = 1 << 20 } = {}) => {
  const seen: Array<SocketMessage | Closing | string> = []
  const reader = new MessageReader({ isMasked, longest }, {
    message: (message) => void seen.push(message),
    ping: (payload) => void seen.push(`ping ${new TextDecoder().decode(payload)}`),
    pong: () => void seen.push("pong"),
    close: (closing) => void seen.push(closing),
    broken: ({ code }) => void seen.push(`broken ${code}`),
  })
  for (let at = 0; at < bytes.byteLength; at += Math.max(1, size)) {
    reader.push(bytes.slice(at, at + Math.max(1, size)))
  }
  return seen
}

/** A frame as its bytes say, without a mask. */
const frame = (first: number, payload: Uint8Array | string): Uint8Array => {
  const bytes = typeof payload === "string" ? utf8(payload) : payload
  const [head = new Uint8Array(), ...rest] = encodeFrame(first & 0x0f, bytes, false)
  const whole = joined([head, ...rest])
  whole[0] = first
  return whole
}

test("written messages are read back, masked or not, in pieces of any size", () => {
  let long = 0
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.string({ unit: "grapheme", maxLength: 200 }),
          fc.uint8Array({ maxLength: 300 }),
          fc.constantFrom(
            new Uint8Array(125),
            new Uint8Array(126),
            new Uint8Array(65_535),
            new Uint8Array(65_536),
          ),
        ),
        { maxLength: 6 },
      ),
      fc.boolean(),
      fc.integer({ min: 1, max: 5000 }),
      (messages, isMasked, size) => {
        const frames = messages.flatMap((message) =>
          typeof message === "string"
            ? encodeFrame(1, utf8(message), isMasked)
            : encodeFrame(2, message, isMasked)
        )
        const bytes = joined(frames)
        if (bytes.byteLength > 65_536) long++
        assert.deepEqual(
          read(bytes, { size, isMasked }),
          messages.map((message) =>
            typeof message === "string" ? message.toWellFormed() : new Uint8Array(message)
          ),
        )
      },
    ),
    { numRuns: 60 },
  )
  assert.ok(long > 0)
})

test("a message may come in fragments, with control frames between them", () => {
  const bytes = joined([
    frame(0x01, "hé"),
    frame(0x89, "one"),
    frame(0x00, ""),
    frame(0x8a, ""),
    frame(0x80, "llo"),
    frame(0x82, new Uint8Array(0)),
  ])
  for (const size of [1, 2, 3, 100]) {
    assert.deepEqual(read(bytes, { size }), ["ping one", "pong", "héllo", new Uint8Array(0)])
  }
})

test("a character that is cut between fragments is whole again; what is not UTF-8 is 1007", () => {
  const [a = 0, b = 0, c = 0] = utf8("世")
  assert.deepEqual(read(joined([frame(0x01, Uint8Array.of(a)), frame(0x80, Uint8Array.of(b, c))])), ["世"])
  assert.deepEqual(read(frame(0x81, Uint8Array.of(0xff))), ["broken 1007"])
  assert.deepEqual(read(frame(0x81, Uint8Array.of(a, b))), ["broken 1007"])
  assert.deepEqual(read(frame(0x81, Uint8Array.of(0xed, 0xa0, 0x80))), ["broken 1007"])
  assert.deepEqual(read(frame(0x81, "\ufeffx")), ["\ufeffx"])
})

test("a protocol error ends it as 1002, a message too long as 1009, and nothing is read after that", () => {
  const broken: ReadonlyArray<readonly [string, Uint8Array, number]> = [
    ["a reserved bit", frame(0xc1, "x"), 1002],
    ["an unknown opcode", frame(0x83, "x"), 1002],
    ["an unknown control opcode", frame(0x8b, "x"), 1002],
    ["a fragmented ping", frame(0x09, "x"), 1002],
    ["a ping of 126 bytes", frame(0x89, new Uint8Array(126)), 1002],
    ["a continuation of nothing", frame(0x80, "x"), 1002],
    ["a message within another", joined([frame(0x01, "x"), frame(0x81, "y")]), 1002],
    ["a masked frame of a server", joined(encodeFrame(1, utf8("x"), true)), 1002],
    ["a close frame of one byte", frame(0x88, "x"), 1002],
    ["a close frame with a code that is never sent", frame(0x88, Uint8Array.of(3, 237)), 1002],
    ["a close frame whose reason is not UTF-8", frame(0x88, Uint8Array.of(3, 232, 0xff)), 1002],
    ["a message over the limit", frame(0x82, new Uint8Array(2000)), 1009],
    [
      "fragments over the limit",
      joined([frame(0x02, new Uint8Array(900)), frame(0x80, new Uint8Array(200))]),
      1009,
    ],
    ["a length of 2^63", Uint8Array.of(0x82, 127, 128, 0, 0, 0, 0, 0, 0, 0), 1009],
  ]
  for (const [what, bytes, code] of broken) {
    assert.deepEqual(read(joined([bytes, frame(0x81, "after")]), { longest: 1000 }), [`broken ${code}`], what)
  }
  assert.deepEqual(read(frame(0x81, "x"), { isMasked: true }), ["broken 1002"])
})

test("a close frame says why, and is the last", () => {
  const close = (code: number, reason: string) => frame(0x88, closePayload({ code, reason }))
  assert.deepEqual(read(joined([close(4001, "wörld"), frame(0x81, "x")])), [{ code: 4001, reason: "wörld" }])
  assert.deepEqual(read(close(1005, "not sent")), [{ code: 1005, reason: "" }])
  const [cut] = read(close(1000, "🌍".repeat(40)))
  assert.deepEqual(cut, { code: 1000, reason: "🌍".repeat(30) })
})
