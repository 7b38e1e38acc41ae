/**
 * The simulator as dedicated deployments and chains.
 *
 * @module
 */
import assert from "node:assert/strict"
import { Buffer } from "node:buffer"
import { createHash } from "node:crypto"
import { after, before, test } from "node:test"
import { type Call, call, eventually, parsed, payloads } from "./http-call.ts"
import { generated } from "./predict.ts"
import { type Simulator, startSimulator } from "./server.ts"

let simulator: Simulator
before(async () => {
  simulator = await startSimulator()
})
after(() => simulator.close())

const to = (path: string, options?: Call) => call(`${simulator.url}${path}`, options)
const predict = (id: string, body: string | Buffer, more: Call = {}) =>
  to(`/_model/${id}/production/predict`, { body, ...more })
const sha256 = (bytes: string | Buffer) => createHash("sha256").update(bytes).digest("hex")

test("predict of a json model gives the body back, byte for byte", async () => {
  const body = `{ "prompt": "héllo", "big": 12345678901234567890.10 }`
  const { text, headers } = await predict("json1234", body)
  assert.equal(text, body)
  assert.equal(headers["content-type"], "application/json")
  assert.match(String(headers["x-baseten-request-id"]), /^[0-9a-f]{37}$/)
  assert.equal((await predict("json1234", "{")).status, 400)
})

test("predict of a text model streams bare text as octets without a length", async () => {
  const { text, headers, chunks } = await predict("text1234", `{"prompt":"hi"}`, { fault: { events: 7 } })
  assert.match(text, /^You said: hi — voilà/)
  assert.equal(chunks.length, 7)
  assert.equal(headers["content-type"], "application/octet-stream")
  assert.equal(headers["content-length"], undefined)
})

test("predict of an sse model streams hand-written events as octets", async () => {
  const { text, headers } = await predict("sse12345", `{"prompt":"hi"}`)
  assert.equal(headers["content-type"], "application/octet-stream")
  assert.match(payloads(text).map((event) => event["text"]).join(""), /^You said: hi/)
  assert.ok(text.endsWith("data: [DONE]\n\n"))
})

test("predict of bin, size, echo and sink models carries bytes", async () => {
  const binary = Buffer.concat((await predict("bin12345", "{}")).chunks)
  assert.ok(binary.equals(generated(64 * 1024)))
  const sized = Buffer.concat((await predict("size1234", `{"bytes":1000,"chunk":300}`)).chunks)
  assert.ok(sized.equals(generated(1000)))
  assert.equal((await predict("size1234", `{"chunk":300}`)).status, 400)
  const upload = generated(100_000, 5)
  const octets = { headers: { "content-type": "application/octet-stream" } }
  assert.ok(Buffer.concat((await predict("echo1234", upload, octets)).chunks).equals(upload))
  const sunk = parsed((await predict("sink1234", upload, octets)).text)
  assert.deepEqual([sunk["bytes"], sunk["sha256"]], [upload.length, sha256(upload)])
})

test("targets, chains and wrong actions", async () => {
  const paths: ReadonlyArray<readonly [string, number]> = [
    ["/_model/json1/production/predict", 200],
    ["/_model/json1/development/predict", 200],
    ["/_model/json1/environments/staging/predict", 200],
    ["/_model/json1/deployment/qvmz15j/predict", 200],
    ["/_chain/json1/production/run_remote", 200],
    ["/_model/json1/production/run_remote", 404],
    ["/_chain/json1/production/predict", 404],
    ["/_model/json1/nowhere/predict", 404],
    ["/_model/missing1/production/predict", 404],
  ]
  for (const [path, status] of paths) assert.equal((await to(path, { body: "{}" })).status, status, path)
  assert.equal((await to("/_model/json1/production/predict")).status, 405)
  const missing = parsed((await predict("missing1", "{}")).text)
  assert.equal(missing["error_code"], "model_does_not_exist")
})

test("real host names are understood; a regional environment takes bare paths alone", async () => {
  const hosts: ReadonlyArray<readonly [string, string, number]> = [
    ["model-json1234.api.baseten.co", "/production/predict", 200],
    ["model-json1234-region-eu.api.baseten.co", "/environments/production/predict", 200],
    ["model-json1234-staging.api.baseten.co", "/predict", 200],
    ["model-json1234-staging.api.baseten.co", "/production/predict", 400],
    ["chain-json1234.api.baseten.co", "/production/run_remote", 200],
  ]
  for (const [host, path, status] of hosts) {
    assert.equal((await to(path, { body: "{}", headers: { host } })).status, status, host)
  }
})

test("a wrong key is 401 in the dedicated shape", async () => {
  const { status, text } = await predict("json1234", "{}", { headers: { authorization: "Bearer wrong" } })
  assert.equal(status, 401)
  assert.equal(parsed(text)["error_code"], "unauthorized")
})

test("wake is 202 without a body", async () => {
  const { status, text, headers } = await to("/_model/json1/production/wake", { method: "POST" })
  assert.deepEqual([status, text, headers["content-length"]], [202, "", "0"])
})

test("a container's chat has usage only when asked, once, at the end, and no quirks", async () => {
  const chat = async (more: object) => {
    const messages = [{ role: "user", content: "hi" }]
    const body = JSON.stringify({ model: "mine", stream: true, messages, ...more })
    return payloads(
      (await to("/_model/any12345/environments/production/sync/v1/chat/completions", { body })).text,
    )
  }
  assert.ok((await chat({})).every((chunk) => !("usage" in chunk) && chunk["model"] === "mine"))
  const chunks = await chat({ stream_options: { include_usage: true } })
  assert.ok(chunks.slice(0, -1).every((chunk) => chunk["usage"] === null))
  assert.deepEqual(chunks.at(-1)?.["choices"], [])
  assert.ok(chunks.at(-1)?.["usage"])
  const called = await chat({ tools: [{ type: "function", function: { name: "f" } }] })
  assert.equal(JSON.stringify(called).match(/"id":"chatcmpl-tool-/g)?.length, 1)
})

test("a container gives embeddings, of numbers and of base64 that are the same", async () => {
  const embed = async (body: object) => {
    const path = "/_model/any12345/production/sync/v1/embeddings"
    const { status, text } = await to(path, { body: JSON.stringify(body) })
    return {
      status,
      ...parsed(text) as { data: Array<{ embedding: Array<number> | string }>; usage: unknown },
    }
  }
  const [numbers, base64] = [
    await embed({ input: ["a", "b"] }),
    await embed({ input: "a", encoding_format: "base64" }),
  ]
  assert.deepEqual(numbers.usage, { prompt_tokens: 2, total_tokens: 2 })
  assert.equal(numbers.data.length, 2)
  const packed = Buffer.from(base64.data[0]?.embedding as string, "base64")
  assert.deepEqual([...new Float32Array(new Uint8Array(packed).buffer)], numbers.data[0]?.embedding)
  assert.equal((await embed({ input: Array.from({ length: 129 }, () => "a") })).status, 413)
  assert.equal((await embed({ input: [] })).status, 400)
})

test("any other container path describes the request, which has lost its key", async () => {
  const body = `{"query":"q"}`
  const { text } = await to("/_model/any12345/production/sync/rerank?a=1", { method: "PUT", body })
  const seen = parsed(text) as { headers: Record<string, string> } & Record<string, unknown>
  assert.deepEqual(
    [seen["method"], seen["path"], seen["query"], seen["body_sha256"]],
    ["PUT", "/rerank", "a=1", sha256(body)],
  )
  assert.ok(!("authorization" in seen.headers))
  assert.equal(seen.headers["content-type"], "application/json")
})

test("an async request is accepted with 201, then goes its way poll by poll", async () => {
  const submitted = await to("/_model/abc12345/production/async_predict", { body: `{"model_input":1}` })
  assert.equal(submitted.status, 201)
  const path = `/_model/abc12345/async_request/${String(parsed(submitted.text)["request_id"])}`
  const queue = async () => parsed((await to("/_model/abc12345/production/async_queue_status")).text)
  assert.equal((await queue())["num_queued_requests"], 1)
  for (const status of ["QUEUED", "IN_PROGRESS", "SUCCEEDED", "SUCCEEDED"]) {
    const state = parsed((await to(path)).text)
    assert.deepEqual([state["status"], state["webhook_status"]], [status, "NO_WEBHOOK_PROVIDED"])
  }
  assert.equal((await queue())["num_queued_requests"], 0)
  assert.equal(parsed((await to(path, { method: "DELETE" })).text)["canceled"], false)
  assert.equal((await to("/_model/other123/async_request/unknown")).status, 404)
})

test("an async request is canceled while it is queued, once", async () => {
  const body = `{"model_input":1,"webhook_endpoint":"https://hook.example"}`
  const submitted = await to("/_chain/abc12345/production/async_run_remote", { body })
  const path = `/_chain/abc12345/async_request/${String(parsed(submitted.text)["request_id"])}`
  const cancel = async () => parsed((await to(path, { method: "DELETE" })).text)["canceled"]
  assert.deepEqual([await cancel(), await cancel()], [true, false])
  const state = parsed((await to(path)).text)
  assert.deepEqual([state["status"], state["webhook_status"]], ["CANCELED", "CANCELED"])
})

test("async_predict refuses what Baseten refuses", async () => {
  const big = JSON.stringify({ model_input: "x".repeat(256 * 1024) })
  const bodies: ReadonlyArray<readonly [string, number]> = [
    ["{}", 400],
    [`{"model_input":1,"priority":3}`, 400],
    [`{"model_input":1,"priority":"1"}`, 400],
    [`{"model_input":1,"priority":2}`, 201],
    [big, 413],
  ]
  for (const [body, status] of bodies) {
    assert.equal(
      (await to("/_model/abc12345/production/async_predict", { body })).status,
      status,
      body.slice(0, 40),
    )
  }
})

test("a record holds what came: headers as sent, the body and its hash, how it ended", async () => {
  await predict("json1234", `{"a":1}`, { headers: { "X-Simulator-Case": "record", "X-Odd": "1" } })
  await eventually(() => simulator.requests("record")[0]?.outcome === "completed")
  const [record, ...others] = simulator.requests("record")
  assert.equal(others.length, 0)
  assert.ok(record)
  assert.ok(record.raw_headers.some(([name]) => name === "X-Odd"))
  assert.deepEqual(
    [record.path, record.body_text, record.body_sha256, record.status, record.bytes_sent],
    ["/_model/json1234/production/predict", `{"a":1}`, sha256(`{"a":1}`), 200, 7],
  )
})
