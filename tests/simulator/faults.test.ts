/**
 * The faults that change what is said, and how faults are ordered.
 *
 * @module
 */
import assert from "node:assert/strict"
import { Buffer } from "node:buffer"
import { after, before, test } from "node:test"
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib"
import fc from "fast-check"
import { readFault } from "./faults.ts"
import { type Call, call, parsed, payloads, type Received } from "./http-call.ts"
import { splitText } from "./reply.ts"
import { type Simulator, startSimulator } from "./server.ts"

let simulator: Simulator
before(async () => {
  simulator = await startSimulator()
})
after(() => simulator.close())

const path = "/v1/chat/completions"
const question = (stream: boolean, model = "openai/gpt-oss-120b") =>
  JSON.stringify({ model, stream, max_tokens: 500, messages: [{ role: "user", content: "hi 🌍" }] })
const ask = (fault: object, stream: boolean, more: Call = {}, route = path): Promise<Received> =>
  call(`${simulator.url}${route}`, { body: question(stream), fault, ...more })
const streamed = (fault: object) => ask(fault, true)
const whole = (fault: object) => ask(fault, false)
const models = (fault: object, more: Call = {}) => call(`${simulator.url}/v1/models`, { fault, ...more })

test("status: each surface has its own error shape", async () => {
  const bodies: Record<string, unknown> = {
    [path]: { error: "Overloaded" },
    "/v1/messages": {
      type: "error",
      error: { type: "overloaded_error", message: "Overloaded" },
      request_id: null,
    },
    "/v1/responses": { message: "Overloaded", type: "Overloaded", code: 529 },
    "/_model/json1/production/predict": {
      error: "Overloaded",
      error_code: "internal_baseten_error",
      detail: "Overloaded",
    },
  }
  for (const [route, body] of Object.entries(bodies)) {
    const response = await ask({ status: 529 }, false, {}, route)
    assert.equal(response.status, 529)
    assert.deepEqual(parsed(response.text), body)
  }
})

test("status, body, content_type and headers: the answer is the one asked for", async () => {
  const page = await models({ status: 503, body: "<p>no</p>", headers: { "Retry-After": "7", vary: "x" } })
  assert.deepEqual(
    [page.status, page.text, page.headers["content-type"], page.headers["retry-after"], page.headers.vary],
    [503, "<p>no</p>", "text/html", "7", "x"],
  )
  const typed = await models({ status: 429, body: { error: 1 }, content_type: "application/problem+json" })
  assert.deepEqual([typed.text, typed.headers["content-type"]], [`{"error":1}`, "application/problem+json"])
  const own = await models({ status: 203, content_type: "text/odd" })
  assert.deepEqual([own.status, parsed(own.text)["object"]], [203, "list"])
  assert.deepEqual(own.headerNames.filter((name) => name === "content-type"), ["content-type"])
  assert.equal(own.headers["content-type"], "text/odd")
  for (const status of [204, 304]) {
    const bare = await models({ status })
    assert.deepEqual([bare.status, bare.text, bare.headers["content-length"]], [status, "", undefined])
  }
})

test("no_done: a clean end without the end mark", async () => {
  const plain = await streamed({}), chat = await streamed({ no_done: true })
  assert.deepEqual([chat.whole, chat.text], [true, plain.text.replace("data: [DONE]\n\n", "")])
  const typed = await ask(
    { no_done: true },
    true,
    { body: question(true, "zai-org/GLM-5.2") },
    "/v1/messages",
  )
  assert.equal(payloads(typed.text).at(-1)?.["type"], "message_delta")
})

test("error_event: an error within the stream is its last event", async () => {
  const chat = await streamed({ error_event: true })
  assert.deepEqual(Object.keys(payloads(chat.text).at(-1) ?? {}), ["error"])
  assert.deepEqual([chat.whole, payloads(chat.text).length], [true, 4])
  const typed = await ask({ error_event: true }, true, {}, "/v1/messages")
  assert.match(typed.text, /event: error\ndata: {"type":"error","error":{.*}}\n\n$/)
})

test("crlf and lone_cr: other line ends, the same events", async () => {
  const plain = await streamed({})
  assert.equal((await streamed({ crlf: true })).text, plain.text.replaceAll("\n", "\r\n"))
  assert.equal((await streamed({ lone_cr: true })).text, plain.text.replaceAll("\n", "\r"))
})

test("huge_bytes: valid JSON with that much more in it, in one event of a stream", async () => {
  const huge = payloads((await streamed({ huge_bytes: 100_000 })).text)
  assert.deepEqual(huge.map((event) => String(event["padding"] ?? "").length).filter(Boolean), [100_000])
  const { padding, ...rest } = parsed((await whole({ huge_bytes: 1000 })).text)
  assert.equal(String(padding).length, 1000)
  assert.deepEqual(rest, parsed((await whole({})).text))
})

test("events: as many pieces of text as asked for", async () => {
  for (const events of [0, 1, 200]) {
    const { text } = await ask({ events }, true, { body: question(true, "zai-org/GLM-5.2") })
    type Choices = Array<{ delta: { content?: string } }>
    const contents = payloads(text).map((chunk) => (chunk["choices"] as Choices)[0]?.delta.content)
    assert.equal(contents.filter((content) => content !== undefined && content !== "").length, events)
  }
})

test("gzip: the same bytes, compressed", async () => {
  const { chunks, headers } = await streamed({ gzip: true })
  assert.equal(headers["content-encoding"], "gzip")
  assert.equal(gunzipSync(Buffer.concat(chunks)).toString(), (await streamed({})).text)
})

test("coding: the same bytes, in codings of the names given; content_type: none where it is empty", async () => {
  const plain = (await streamed({})).text
  const undo = { "GZIP": gunzipSync, "deflate": inflateSync, "br": brotliDecompressSync }
  for (const [coding, undone] of Object.entries(undo)) {
    const { chunks, headers } = await streamed({ coding, content_type: "" })
    assert.deepEqual([headers["content-encoding"], headers["content-type"]], [coding, undefined])
    assert.equal(undone(Buffer.concat(chunks)).toString(), plain)
  }
  const twice = await streamed({ coding: "deflate, gzip" })
  assert.equal(inflateSync(gunzipSync(Buffer.concat(twice.chunks))).toString(), plain)
})

test("redirect: 307, or the status asked for, without a body", async () => {
  const temporary = await models({ redirect: "https://x.example/" })
  assert.deepEqual([temporary.status, temporary.headers.location], [307, "https://x.example/"])
  assert.deepEqual([(await models({ redirect: "/a", status: 301 })).status, temporary.text], [301, ""])
})

test("hop_headers: hop-by-hop headers beside end-to-end ones", async () => {
  const { headers } = await models({ hop_headers: true })
  assert.equal(headers.connection, "x-hop-secret")
  assert.ok(headers["x-hop-secret"] && headers["keep-alive"] && headers["proxy-authenticate"])
  assert.equal(headers["set-cookie"]?.length, 2)
})

test("a mistaken fault is 599 with its reason, never an answer without the fault", async () => {
  const mistakes: ReadonlyArray<readonly [object, RegExp]> = [
    [{ cut_aftr: 1 }, /unknown key "cut_aftr"/],
    [{ cut_after: "1" }, /bad value of "cut_after"/],
    [{ cut_mid_event: true }, /needs "cut_after"/],
    [{ body: "x" }, /needs "status"/],
    [{ crlf: true, lone_cr: true }, /exclude each other/],
    [{ early: true, status: 200 }, /"early" needs/],
    [{ headers: { "a b": "x" } }, /ERR_INVALID_HTTP_TOKEN/],
    [[], /a JSON object/],
  ]
  for (const [fault, reason] of mistakes) {
    for (const received of [await models(fault), await whole(fault)]) {
      assert.equal(received.status, 599, JSON.stringify(fault))
      assert.match(received.text, reason)
    }
  }
  assert.throws(() => readFault({ toString: 1 }), /unknown key/)
})

test("standing faults are of one case or of all, are counted, and queue up", async () => {
  const control = (body: object) => call(`${simulator.url}/_simulator/faults`, { body: JSON.stringify(body) })
  const id = "standing"
  const headers = { "x-simulator-case": id }
  for (
    const order of [{ case: id, fault: { status: 500 }, times: 2 }, {
      case: id,
      fault: { status: 502 },
      times: 1,
    }]
  ) {
    assert.equal((await control(order)).status, 200)
  }
  const statusOf = async (more: Call) => (await call(`${simulator.url}/v1/models`, more)).status
  const seen: Array<number> = [await statusOf({})]
  for (let tries = 0; tries < 4; tries++) seen.push(await statusOf({ headers }))
  assert.deepEqual(seen, [200, 500, 500, 502, 200])
  await control({ case: "*", fault: { status: 429 } })
  assert.deepEqual([await statusOf({}), await statusOf({ headers })], [429, 429])
  await call(`${simulator.url}/_simulator/faults?case=*`, { method: "DELETE" })
  assert.equal(await statusOf({}), 200)
  for (
    const wrong of [{ fault: {} }, { case: "*", fault: {}, times: 0 }, { case: "*", fault: {}, count: 1 }]
  ) {
    assert.equal((await control(wrong)).status, 599)
  }
})

test("splitText() gives exactly the pieces asked for, and loses nothing where there are points enough", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", minLength: 1 }),
      fc.integer({ min: 1, max: 40 }),
      (text, count) => {
        const pieces = splitText(text, count)
        assert.equal(pieces.length, count)
        assert.ok(pieces.every((piece) => piece.isWellFormed()))
        if ([...text].length >= count) assert.equal(pieces.join(""), text)
      },
    ),
  )
})

test("until_close: no length and no chunks, so that a cut looks like an end", async () => {
  const plain = await models({})
  const whole = await models({ until_close: true })
  assert.deepEqual([whole.whole, whole.text, whole.headers.connection], [true, plain.text, "close"])
  for (const name of ["content-length", "transfer-encoding"]) {
    assert.ok(!whole.headerNames.includes(name), name)
  }
  const cut = await models({ until_close: true, cut_after: 2 })
  assert.ok(cut.whole && plain.text.startsWith(cut.text) && cut.text.length < plain.text.length)
})
