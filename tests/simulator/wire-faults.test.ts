/**
 * The faults of timing and of the connection, seen from the other end of the wire. A fault that quietly did nothing
 * would make the gateway's tests pass in vain.
 *
 * @module
 */
import assert from "node:assert/strict"
import { Buffer } from "node:buffer"
import { request as send } from "node:http"
import { connect } from "node:net"
import { after, before, test } from "node:test"
import { type Call, call, eventually, type Received } from "./http-call.ts"
import { type Simulator, startSimulator } from "./server.ts"

let simulator: Simulator
let cases = 0
before(async () => {
  simulator = await startSimulator()
})
after(() => simulator.close())

const path = "/v1/chat/completions"
const question = (stream: boolean) =>
  JSON.stringify({ model: "openai/gpt-oss-120b", stream, messages: [{ role: "user", content: "hi 🌍" }] })
const ask = (fault: object, stream: boolean, more: Call): Promise<Received> =>
  call(`${simulator.url}${path}`, { body: question(stream), fault, ...more })
const streamed = (fault: object, more: Call = {}) => ask(fault, true, more)
const whole = (fault: object, more: Call = {}) => ask(fault, false, more)
const models = (fault: object, more: Call = {}) => call(`${simulator.url}/v1/models`, { fault, ...more })
const newCase = () => {
  const id = `fault-${++cases}`
  return { headers: { "x-simulator-case": id }, record: () => simulator.requests(id)[0] }
}

test("delay_ms: the head waits", async () => {
  const { headers, record } = newCase()
  await models({ delay_ms: 30 }, { headers })
  assert.ok((record()?.headers_sent_at ?? 0) - (record()?.started_at ?? 0) >= 28)
})

test("held: the head waits until its case is released", async () => {
  const { headers, record } = newCase()
  const answer = models({ held: true }, { headers })
  await eventually(() => record()?.outcome === "open")
  simulator.release("of another case")
  await new Promise((resolve) => setTimeout(resolve, 30))
  assert.equal(record()?.status, null)
  simulator.release(headers["x-simulator-case"])
  assert.equal((await answer).status, 200)
})

test("hang: no head comes, and the client's leaving is recorded", async () => {
  const { headers, record } = newCase()
  const controller = new AbortController()
  const sent = { authorization: "Bearer k", "x-simulator-fault": `{"hang":"headers"}`, ...headers }
  const pending = fetch(`${simulator.url}/v1/models`, { headers: sent, signal: controller.signal })
  await eventually(() => record()?.outcome === "open")
  controller.abort()
  await assert.rejects(pending)
  await eventually(() => record()?.outcome === "client_closed")
  assert.equal(record()?.status, null)
})

test("stall_after: that many chunks of a stream, or quarters of a whole body, then silence", async () => {
  const plain = await streamed({}), list = await models({})
  for (const count of [0, 3]) {
    const { headers, record } = newCase()
    const { chunks, whole } = await streamed({ stall_after: count }, {
      headers,
      leaveWhen: ({ length }) => length === count,
    })
    assert.deepEqual([chunks.length, whole], [count, false])
    await eventually(() => record()?.outcome === "client_closed")
    assert.equal(record()?.bytes_sent, Buffer.concat(plain.chunks.slice(0, count)).length)
  }
  for (const quarter of [0, 2]) {
    const length = Math.floor(list.text.length * quarter / 4)
    const { headers, record } = newCase()
    const leaveWhen = (chunks: ReadonlyArray<Buffer>) => Buffer.concat(chunks).length === length
    const received = await models({ stall_after: quarter }, { headers, leaveWhen })
    assert.deepEqual([received.status, received.whole], [200, false])
    await eventually(() => record()?.outcome === "client_closed")
    assert.equal(record()?.bytes_sent, length)
  }
})

test("ends: a given body ends as it should, short of its length, by a reset, or with its connection", async () => {
  const given = (ends: string) => streamed({ status: 200, body: "data: 1\n\n", ends })
  const frames = ({ headers, whole }: Received) =>
    [headers["transfer-encoding"], headers["content-length"], headers.connection, whole] as const
  assert.deepEqual(frames(await given("chunks")), ["chunked", undefined, "close", true])
  assert.deepEqual(frames(await given("close")), [undefined, undefined, "close", true])
  assert.deepEqual(frames(await given("short")), [undefined, "73", "close", false])
  // A reset may overtake what was sent before it.
  assert.equal(await given("reset").then(({ whole }) => whole, () => false), false)
  assert.equal((await given("close")).text, "data: 1\n\n")
})

test("cut_after: that many chunks, then the connection breaks; at the end at the latest", async () => {
  const plain = await streamed({}), list = await models({})
  for (const count of [0, 3, 1000]) {
    const { headers, record } = newCase()
    const cut = await streamed({ cut_after: count }, { headers })
    assert.equal(cut.whole, false)
    assert.equal(cut.text, Buffer.concat(plain.chunks.slice(0, count)).toString())
    await eventually(() => record()?.outcome === "cut_by_fault")
    const half = await models({ cut_after: count })
    assert.equal(half.whole, false)
    assert.equal(half.text, list.text.slice(0, Math.floor(list.text.length * Math.min(count, 3) / 4)))
  }
})

test("cut_mid_event: the cut falls within an event", async () => {
  const plain = await streamed({}), { text, whole } = await streamed({ cut_after: 2, cut_mid_event: true })
  const [first = "", second = "", third = ""] = plain.text.split(/(?<=\n\n)/)
  assert.equal(whole, false)
  assert.ok(text.startsWith(first + second) && text.length > (first + second).length)
  assert.ok(text.length < (first + second + third).length)
})

test("reset: the connection is reset, before the head or at the cut; without it, it is closed", async () => {
  const endOf = (fault: object): Promise<readonly [string, number]> =>
    new Promise((resolve) => {
      let bytes = 0
      const socket = connect(simulator.port, "127.0.0.1")
      socket.on("data", (data) => bytes += data.length)
      socket.on("end", () => resolve(["closed", bytes]))
      socket.on("error", (error: Error & { code?: string }) => resolve([error.code ?? "", bytes]))
      const head = `GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nX-Simulator-Fault: `
      socket.write(`${head}${JSON.stringify(fault)}\r\n\r\n`)
    })
  assert.deepEqual(await endOf({ reset: true }), ["ECONNRESET", 0])
  const [how] = await endOf({ reset: true, cut_after: 2 })
  assert.equal(how, "ECONNRESET")
  const [otherwise, bytes] = await endOf({ cut_after: 2 })
  assert.equal(otherwise, "closed")
  assert.ok(bytes > 0)
})

test("split_bytes, one_chunk and drip_ms: the same bytes in other chunks", async () => {
  const plain = await streamed({})
  const split = await streamed({ split_bytes: 5 })
  assert.ok(split.chunks.slice(0, -1).every(({ length }) => length === 5))
  const one = await streamed({ one_chunk: true })
  assert.deepEqual([one.chunks.length, one.headers["content-length"]], [1, undefined])
  const dripped = await streamed({ drip_ms: 1, split_bytes: 50 })
  const quarters = await whole({ drip_ms: 30 })
  assert.equal(quarters.text, (await whole({})).text)
  assert.equal(quarters.chunks.length, 4)
  for (const { text } of [split, one, dripped]) assert.equal(text, plain.text)
})

test("short_content_length: the connection ends before the promised length", async () => {
  const plain = await whole({}), short = await whole({ short_content_length: true })
  assert.deepEqual([short.text, short.whole], [plain.text, false])
  assert.equal(Number(short.headers["content-length"]), Number(plain.headers["content-length"]) + 64)
})

test("early: the answer comes while the upload is still to come", async () => {
  const headers = {
    authorization: "Bearer k",
    "content-length": "100",
    "x-simulator-fault": `{"early":true}`,
  }
  const status = await new Promise((resolve, reject) => {
    const request = send(`${simulator.url}${path}`, { method: "POST", headers, agent: false }, (response) => {
      resolve(response.statusCode)
      request.destroy()
    })
    request.on("error", reject)
    request.write("{")
  })
  assert.equal(status, 413)
})

test("after_done_ms: the connection stays open after the end mark", async () => {
  const { headers, record } = newCase()
  let done = 0
  const leaveWhen = (chunks: ReadonlyArray<Buffer>) => {
    if (chunks.at(-1)?.includes("[DONE]")) done = Date.now()
    return false
  }
  const { whole } = await streamed({ after_done_ms: 30 }, { headers, leaveWhen })
  assert.ok(whole && done > 0)
  await eventually(() => record()?.outcome === "completed")
  assert.ok((record()?.ended_at ?? 0) - done >= 25)
})

test("raw: an answer byte for byte, and what becomes of its connection", async () => {
  const asked = (fault: object): Promise<{ text: string; closed: boolean }> =>
    new Promise((resolve) => {
      const socket = connect(simulator.port, "127.0.0.1")
      const sent = JSON.stringify(fault)
      socket.write(
        `GET /v1/models HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\nx-simulator-fault: ${sent}\r\n\r\n`,
      )
      let text = ""
      const settle = (closed: boolean) => {
        clearTimeout(timer)
        socket.destroy()
        resolve({ text, closed })
      }
      const timer = setTimeout(() => settle(false), 300)
      socket.on("data", (data) => text += data.toString("latin1"))
      socket.on("error", () => {}).on("close", () => settle(true))
    })
  const raw = "HTTP/9 odd\r\n\r\n\0"
  assert.deepEqual(await asked({ raw, then: "close" }), { text: raw, closed: true })
  assert.deepEqual(await asked({ raw, then: "stall" }), { text: raw, closed: false })
  assert.ok((await asked({ raw, then: "reset" })).closed)
})
