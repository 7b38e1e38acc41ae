/** Comments in the silences of a stream. */
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { relayBody } from "../../lib/relay/relay-body.ts"
import { CutShort } from "../../lib/upstream/guarded-body.ts"
import type { Ending } from "../../lib/record/request-record.ts"
import { guardedStream } from "../support/guarded-stream.ts"
import { virtualTime } from "../support/virtual-time.ts"

const encoder = new TextEncoder()
const comment = ": keep-alive\n\n"

/** A source that a test feeds, relayed with comments after 1,000 ms. */
const relayed = () => {
  const time = virtualTime()
  let feed: ReadableStreamDefaultController<Uint8Array> | undefined
  const source = new ReadableStream<Uint8Array>({ start: (controller) => void (feed = controller) })
  const endings: Array<Ending> = []
  const body = guardedStream(source)
  const relay = relayBody(
    {
      body,
      observer: undefined,
      keepAliveAfter: 1000,
      onChunk: () => {},
      onEnd: (ending) => endings.push(ending),
    },
    undefined,
    time.startTimer,
  )
  const reader = relay.body().getReader()
  let text = ""
  const decoder = new TextDecoder()
  const over = (async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return text
      text += decoder.decode(value, { stream: true })
    }
  })()
  over.catch(() => {})
  return {
    time,
    relay,
    reader,
    body,
    endings,
    over,
    text: () => text,
    send: (part: string) => feed?.enqueue(encoder.encode(part)),
    close: () => feed?.close(),
  }
}

test("a comment follows each silence before and between events", async () => {
  const { time, text, send, close, over, endings } = relayed()
  await time.advance(2500)
  assert.equal(text(), comment + comment)
  send("data: 1\n\n")
  await time.advance(999)
  assert.equal(text(), `${comment}${comment}data: 1\n\n`)
  await time.advance(1)
  send("data: 2\r\n\r\n")
  await time.advance(1000)
  close()
  assert.equal(await over, `${comment}${comment}data: 1\n\n${comment}data: 2\r\n\r\n${comment}`)
  assert.deepEqual(endings, ["complete"])
})

test("no comment stands within an event, however its lines end", async () => {
  for (const part of ["data: 1", "data: 1\n", "data: 1\r\n", "data: 1\r", ":\n", "data: 1\r\ndata: 2\r\n"]) {
    const { time, text, send } = relayed()
    send(part)
    await time.advance(10_000)
    assert.equal(text(), part)
    send(part.endsWith("\r") ? "\r" : "\n\n")
    await time.advance(1000)
    assert.ok(text().endsWith(comment), JSON.stringify(text()))
  }
})

test("without the comments a stream is unchanged, whatever its pieces and pauses", async () => {
  const piece = fc.tuple(
    fc.constantFrom("data: a", "\n", "\r\n", "\r", ": b", "event: c\n", "\n\n"),
    fc.nat(2500),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      const { time, send, close, over } = relayed()
      for (const [part, pause] of pieces) {
        send(part)
        await time.advance(pause)
      }
      close()
      const text = await over
      assert.equal(text.replaceAll(comment, ""), pieces.map(([part]) => part).join(""))
      for (let at = text.indexOf(comment); at !== -1; at = text.indexOf(comment, at + 1)) {
        assert.match(text.slice(0, at), /^$|(?:^|\n|\r)(?:\r\n|\n|\r)$/)
      }
    }),
    { numRuns: 60 },
  )
})

test("a stream that breaks off between two pulls ends as it would have", async () => {
  const { time, body, endings, over } = relayed()
  await time.advance(1000)
  body.cutShort("idle")
  await assert.rejects(over, (cause) => cause instanceof CutShort && cause.ending === "idle")
  assert.deepEqual(endings, ["idle"])
})

test("a client that leaves in a silence ends the source", async () => {
  const { time, reader, endings } = relayed()
  await time.advance(1500)
  await reader.cancel()
  await time.advance(5000)
  assert.deepEqual(endings, ["client_left"])
})
