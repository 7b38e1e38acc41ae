/** The relay of a WebSocket's bytes: what it counts, holds back and ends. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { relayFrames } from "../../lib/relay/relay-frames.ts"
import { closePayload } from "../../lib/websocket/close-codes.ts"
import { encodeFrame } from "../../lib/websocket/encode-frame.ts"
import type { Wire, WireListener } from "../../lib/websocket/wire.ts"

const joined = (pieces: ReadonlyArray<Uint8Array>) => Uint8Array.from(pieces.flatMap((piece) => [...piece]))
const text = (value: string, masked: boolean) =>
  joined(encodeFrame(1, new TextEncoder().encode(value), masked))
const close = (code: number, masked: boolean) =>
  joined(encodeFrame(8, closePayload({ code, reason: "" }), masked))

/** A connection, and what was done to it. */
const wire = () => {
  const done: Array<string> = []
  const written: Array<Uint8Array> = []
  let listener: WireListener | undefined
  let waiting = 0
  const made: Wire = {
    listen: (given) => void (listener = given),
    write: (bytes) => {
      written.push(bytes)
      return waiting === 0
    },
    buffered: () => waiting,
    pause: () => void done.push("pause"),
    resume: () => void done.push("resume"),
    end: () => void done.push("end"),
    expire: () => {},
    destroy: () => void done.push("destroy"),
  }
  return {
    wire: made,
    done,
    sent: () => joined(written),
    come: (bytes: Uint8Array) => listener?.data(bytes),
    leave: () => listener?.ended(),
    clog: (bytes: number) => void (waiting = bytes),
    drain: () => {
      waiting = 0
      listener?.drained()
    },
  }
}

const between = () => {
  const [client, provider] = [wire(), wire()]
  const passed = { client: [0, 0], provider: [0, 0] }
  const endings: Array<readonly [string, string | null]> = []
  const relay = relayFrames(client.wire, provider.wire, {
    passed: (from, bytes, messages) => {
      const [before = 0, count = 0] = passed[from]
      passed[from] = [before + bytes, count + messages]
    },
    alive: () => {},
    ended: (ending, error) => void endings.push([ending, error]),
  })
  return { client, provider, passed, endings, relay }
}

test("bytes pass as they are, and messages are counted, whatever their frames", () => {
  const { client, provider, passed } = between()
  const up = joined([text("one", true), joined(encodeFrame(9, Uint8Array.of(1), true)), text("three", true)])
  for (const byte of up) client.come(Uint8Array.of(byte))
  const down = text("x".repeat(70_000), false)
  provider.come(down.slice(0, 100))
  provider.come(down.slice(100))
  assert.deepEqual(provider.sent(), up)
  assert.deepEqual(client.sent(), down)
  assert.deepEqual(passed, { client: [8, 2], provider: [70_000, 1] })
})

test("a side that does not read holds the other back until it reads", () => {
  const { client, provider } = between()
  client.clog(2_000_000)
  provider.come(text("x", false))
  assert.deepEqual(provider.done, ["pause"])
  client.drain()
  assert.deepEqual(provider.done, ["pause", "resume"])
})

test("a close frame passes and ends the relay, as an error if its code is one", () => {
  for (const [code, error] of [[1000, null], [1011, "closed with 1011"], [4000, null]] as const) {
    const { client, provider, endings } = between()
    provider.come(close(code, false))
    assert.deepEqual(client.sent(), close(code, false))
    client.come(close(code, true))
    provider.leave()
    assert.deepEqual(endings, [["complete", error]])
    assert.ok(client.done.includes("end"))
  }
})

test("nothing follows a close frame, not even from its own chunk, wherever chunks split", () => {
  const late = [...text("late", false), 0xff, 0x00]
  const all = Uint8Array.from([...text("first", false), ...close(4002, false), ...late])
  const due = all.subarray(0, all.byteLength - late.length)
  for (let split = 0; split <= all.byteLength; split++) {
    const { client, provider, endings, passed } = between()
    for (const part of [all.subarray(0, split), all.subarray(split)]) {
      if (part.byteLength > 0) provider.come(part)
    }
    assert.deepEqual(client.sent(), due)
    client.come(close(4002, true))
    assert.deepEqual([endings, passed.provider], [[["complete", null]], [5, 1]])
  }
})

test("a side that leaves without a close frame ends the other: closed between frames, broken off within one", () => {
  const told = between()
  told.provider.come(text("x", false))
  told.provider.leave()
  assert.equal((told.client.sent()[5] ?? 0) * 256 + (told.client.sent()[6] ?? 0), 1014)
  assert.deepEqual(told.endings, [["upstream_cut", null]])
  const within = between()
  within.provider.come(text("long", false).slice(0, 3))
  within.provider.leave()
  assert.ok(within.client.done.includes("destroy"))
  const left = between()
  left.client.leave()
  assert.deepEqual(left.endings, [["client_left", null]])
  assert.equal(left.provider.sent()[0], 0x88)
})

test("the gateway ends both sides, once, and passes nothing on after that", () => {
  const { client, provider, endings, relay } = between()
  relay.end("draining", { code: 1001, reason: "" })
  relay.end("idle", { code: 1001, reason: "" })
  assert.deepEqual(client.sent(), close(1001, false))
  const before = provider.sent().length
  client.come(text("late", true))
  assert.equal(provider.sent().length, before)
  assert.deepEqual(endings, [["draining", null]])
})

const codeOf = (sent: Uint8Array) => (sent[2] ?? 0) * 256 + (sent[3] ?? 0)

test("a forbidden frame goes no further, and both sides are told", () => {
  const frames = [
    text("x", true),
    Uint8Array.of(0xc1, 0x00),
    Uint8Array.of(0x83, 0x00),
    Uint8Array.of(0x09, 0x00),
    Uint8Array.of(0x89, 0x7e, 0, 0xc8),
    Uint8Array.of(0x80, 0x00),
    Uint8Array.of(0x88, 0x01, 0x03),
    Uint8Array.of(0x88, 0x02, 0x03, 0xed),
  ]
  for (const frame of frames) {
    const { client, provider, endings } = between()
    provider.come(frame)
    assert.deepEqual(endings, [["upstream_cut", null]], String(frame))
    assert.deepEqual([provider.sent()[0], client.sent()[0]], [0x88, 0x88])
    assert.equal(codeOf(client.sent()), 1014)
  }
  const { client, provider, endings } = between()
  client.come(text("x", false))
  assert.deepEqual([endings, codeOf(client.sent())], [[["client_left", null]], 1002])
  assert.equal(provider.sent()[0], 0x88)
})

test("what has passed in part breaks off", () => {
  const { client, provider } = between()
  provider.come(Uint8Array.of(0x83))
  provider.come(Uint8Array.of(0x00))
  assert.deepEqual([[...client.sent()], client.done], [[0x83], ["destroy"]])
})

test("messages of several frames pass, with control frames between them", () => {
  const { client, provider, passed, endings } = between()
  const frames = Uint8Array.of(0x01, 1, 97, 0x89, 0, 0x00, 1, 98, 0x80, 0, 0x82, 0)
  provider.come(frames)
  assert.deepEqual([client.sent(), passed.provider, endings], [frames, [2, 2], []])
})

test("a frame of impossible length ends both sides", () => {
  const { client, provider, endings } = between()
  client.come(Uint8Array.of(0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1, 2, 3, 4))
  assert.equal(endings.length, 1)
  assert.equal(client.sent()[0], 0x88)
  assert.ok(provider.done.length > 0)
})
