/** What a socket holds: neither a large message nor a client that does not read fills the gateway. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { WebSocket } from "undici"
import { chat, type Configured, eventually, failing, fault, type Harness, key } from "../harness.ts"
import { openSlowly } from "../slow-socket.ts"

/** What these cases need configured. */
export const webSocketBoundEntries = (): Configured => ({
  entries: { "socket-small": { request_body_limit: 4096 } },
})

interface Message {
  readonly type: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly response?: unknown
  readonly error?: { readonly message: string }
}

const create = (eventId: string, headers: object, query: string): string =>
  `{"type":"universal.create","request":{"eventId":"${eventId}","provider":"baseten",` +
  `"endpoint":"v1/chat/completions","headers":${JSON.stringify({ ...key, ...headers })},"query":${query}}}`

const open = async (url: string) => {
  const socket = new WebSocket(url.replace("http", "ws"))
  const texts: Array<string> = []
  socket.addEventListener("message", ({ data }) => void texts.push(String(data)))
  await new Promise((resolve) => socket.addEventListener("open", resolve))
  return {
    socket,
    texts,
    next: async (count: number) => {
      await eventually(`message ${count}`, () => texts.length >= count, 10_000)
      return JSON.parse(texts[count - 1] ?? "") as Message
    },
  }
}

/** 23 MB in events of 10 kB, sent as fast as they are taken. */
const long = {
  status: 200,
  content_type: "text/event-stream",
  body: `data: {"choices":[{"delta":{"content":"${"x".repeat(10_000)}"}}]}\n\n`.repeat(2300) +
    "data: [DONE]\n\n",
  ends: "chunks",
  split_bytes: 65_536,
}

/** A megabyte of text that a request may hold. */
const text = (bytes: number): string => "x".repeat(bytes)

export const webSocketBoundCases = (harness: Harness): void => {
  test("a message of 17 MB is forwarded whole", async () => {
    const id = harness.nextCase()
    const { socket, next } = await open(harness.base)
    socket.send(create("large", { "x-simulator-case": id }, chat({ user: text(17_000_000) })))
    assert.equal((await next(1)).metadata["status"], 200)
    assert.ok(harness.reached(id).body_bytes > 17_000_000)
    socket.close()
  })

  test("a message over its gateway's limit gets an error, and the socket stays open", async () => {
    const { socket, texts, next } = await open(harness.entry("socket-small"))
    for (const [index, size] of [5000, 17_000_000].entries()) {
      socket.send(create("large", {}, chat({ user: text(size) })))
      const { type, metadata, response } = await next(index + 1)
      assert.deepEqual([type, metadata["eventId"], metadata["status"]], ["universal.created", "large", 413])
      assert.equal((response as { internalCode: number }).internalCode, 9413)
    }
    socket.send(create("small", {}, chat()))
    assert.equal((await next(3)).metadata["status"], 200)
    assert.equal(texts.length, 3)
    socket.close()
  })

  test("an answer too large for a message is an error, and the socket stays open", async () => {
    const { socket, next } = await open(harness.base)
    socket.send(create("large", fault({ huge_bytes: 17_000_000 }), chat()))
    const { type, metadata, error } = await next(1)
    assert.deepEqual([type, metadata["eventId"], metadata["status"]], ["universal.error", "large", 200])
    assert.match(error?.message ?? "", /larger than the 16777216 bytes/)
    socket.send(create("small", {}, chat()))
    assert.equal((await next(2)).metadata["status"], 200)
    socket.close()
  })

  test("a provider's numbers keep all digits", async () => {
    const { socket, texts, next } = await open(harness.base)
    const body = '{"id":12345678901234567890,"x":1.10}'
    socket.send(create("digits", fault({ status: 200, body }), chat()))
    await next(1)
    assert.ok(texts[0]?.includes(`"response":${body}`))
    socket.close()
  })

  test("back-pressure: what a client does not read is not read from Baseten", async () => {
    const id = harness.nextCase()
    const socket = await openSlowly(harness.base, key)
    const headers = { "x-simulator-case": id }
    await failing(harness, id, [long])
    socket.pause()
    socket.send(create("slow", headers, chat({ stream: true })))
    const sent = () => harness.simulator.requests(id)[0]?.bytes_sent ?? 0
    await eventually("much is sent", () => sent() > 2_000_000, 20_000)
    if (!harness.flags.tellsWhatWaits) {
      // It is reckoned there, and goes on slowly.
      assert.notEqual(harness.simulator.requests(id)[0]?.outcome, "completed")
      return socket.close()
    }
    let before = 0
    const rests = async () => {
      for (let still = 0; still < 10; still = sent() === before ? still + 1 : 0) {
        before = sent()
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
    await rests()
    assert.equal(harness.simulator.requests(id)[0]?.outcome, "open")
    assert.ok(sent() < 20_000_000, `${sent()} of 23 MB were pulled`)
    socket.resume()
    await eventually("the rest comes", () => socket.tail().includes('"universal.done"'), 60_000)
    socket.close()
  })

  test("a client that leaves with an unread answer ends the call", async () => {
    const id = harness.nextCase()
    const socket = await openSlowly(harness.base, key)
    const headers = { "x-simulator-case": id }
    await failing(harness, id, [long])
    socket.pause()
    socket.send(create("leaves", headers, chat({ stream: true })))
    await eventually(
      "much is sent",
      () => (harness.simulator.requests(id)[0]?.bytes_sent ?? 0) > 2_000_000,
      20_000,
    )
    socket.close()
    await eventually(
      "the call is ended",
      () => harness.simulator.requests(id)[0]?.outcome === "client_closed",
      5000,
    )
  })
}
