/** Request bodies: relayed as they are, in any size and type, up to the limit. */
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { Agent, request } from "node:http"
import { Readable } from "node:stream"
import { test } from "node:test"
import { chat, type Configured, eventually, failing, type Harness, json, key } from "../harness.ts"
import { rawAnswer, statusOf } from "../raw.ts"

const binary = { ...key, "content-type": "application/octet-stream" }

/** A body of unknown length, so that it is sent chunked. */
const chunked = (chunks: ReadonlyArray<Uint8Array>): ReadableStream<Uint8Array> => {
  const rest = [...chunks]
  return new ReadableStream({
    pull: (controller) => {
      const chunk = rest.shift()
      if (chunk === undefined) controller.close()
      else controller.enqueue(chunk)
    },
  })
}
const post = (url: string, headers: Record<string, string>, body: BodyInit): Promise<Response> =>
  fetch(url, { method: "POST", headers, body, duplex: "half" } as RequestInit)

const codeOf = async (response: Response) => [
  response.status,
  (await response.json() as { internalCode: number }).internalCode,
]

/** What these cases need configured. */
export const bodyEntries = (): Configured => ({
  entries: {
    small: { request_body_limit: 1000 },
    spent: {
      spend_limits: {
        enabled: true,
        rules: [{
          id: "all",
          limit: 1000,
          limitType: "cost",
          window: 3600,
          technique: "fixed",
          enabled: true,
        }],
      },
    },
  },
})

export const bodyCases = (harness: Harness): void => {
  const sink = () => `${harness.base}/baseten/model/sink1234`

  test("a 90 MB upload streams through", async () => {
    // Of no period that a buffer's size divides: what is lost, doubled or out of order changes the digest.
    const bytes = new Uint8Array(90_000_000)
    const period = Uint8Array.from({ length: 99_991 }, (_, index) => index * index * 31 + 7)
    for (let at = 0; at < bytes.length; at += period.length) {
      bytes.set(period.subarray(0, bytes.length - at), at)
    }
    const response = await post(sink(), binary, bytes)
    const { bytes: arrived, sha256 } = await response.json() as { bytes: number; sha256: string }
    assert.deepEqual([arrived, sha256], [bytes.length, createHash("sha256").update(bytes).digest("hex")])
    assert.equal((await harness.recordOf(response))["request_bytes"], bytes.length)
  })

  test("an upload is relayed while it is being sent", async () => {
    const id = harness.nextCase()
    let goOn = (): void => {}
    const arrived = new Promise<void>((resolve) => goOn = resolve)
    const body = new ReadableStream<Uint8Array>({
      start: async (controller) => {
        controller.enqueue(new Uint8Array(100_000))
        await arrived
        controller.enqueue(new Uint8Array(1))
        controller.close()
      },
    })
    const response = post(sink(), { ...binary, "x-simulator-case": id }, body as unknown as BodyInit)
    for (
      let tries = 0;
      tries < 100 && (harness.simulator.requests(id)[0]?.body_bytes ?? 0) < 100_000;
      tries++
    ) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    assert.equal(harness.reached(id).body_bytes, 100_000)
    goOn()
    assert.equal((await (await response).json() as { bytes: number }).bytes, 100_001)
  })

  test("a JSON body that is too large to inspect is relayed unchanged", async () => {
    const body = chat({ padding: "x".repeat(9_000_000) })
    const response = await post(sink(), json, body)
    assert.equal((await response.json() as { bytes: number }).bytes, Buffer.byteLength(body))
  })

  test("a chunked JSON body is inspected and relayed", async () => {
    const id = harness.nextCase()
    const body = new TextEncoder().encode(chat())
    const response = await post(
      `${harness.base}/baseten/v1/chat/completions`,
      { ...json, "x-simulator-case": id },
      chunked([body.subarray(0, 17), body.subarray(17)]) as unknown as BodyInit,
    )
    assert.equal(response.status, 200)
    await response.text()
    assert.equal(harness.reached(id).body_text, chat())
    assert.equal((await harness.recordOf(response))["model"], "openai/gpt-oss-120b")
  })

  test("a multipart body keeps its boundary", async () => {
    const form = new FormData()
    form.append("audio", new Blob([new Uint8Array(1000)]), "a.wav")
    const response = await fetch(sink(), { method: "POST", headers: key, body: form })
    const { content_type } = await response.json() as { content_type: string }
    assert.match(content_type, /^multipart\/form-data; boundary=/)
  })

  test("a body that is not JSON, whatever its label, is forwarded for Baseten to judge", async () => {
    const id = harness.nextCase()
    const url = `${harness.base}/baseten/v1/chat/completions`
    const text = await post(url, { ...key, "content-type": "text/plain", "x-simulator-case": id }, "hello")
    await text.text()
    assert.equal(harness.reached(id).body_text, "hello")
    const broken = await post(url, json, "{")
    assert.deepEqual([broken.status, await broken.json()], [400, { error: "Invalid request body" }])
  })

  test('two "model" keys, one of them escaped, are refused: 400, code 9400', async () => {
    const response = await post(
      `${harness.base}/baseten/v1/chat/completions`,
      json,
      `{"model":"a/b","messages":[],"mode\\u006c":"c/d"}`,
    )
    assert.deepEqual(await codeOf(response), [400, 9400])
  })

  test("a body over the limit is refused with 413, declared or not, and Baseten gets no whole request", async () => {
    for (const path of ["baseten/model/sink1234", "baseten/v1/chat/completions", "compat/chat/completions"]) {
      for (const headers of [json, binary]) {
        const bytes = new TextEncoder().encode(chat({ padding: "x".repeat(2000) }))
        const url = `${harness.entry("small")}/${path}`
        if (path.startsWith("compat") && headers === binary) continue
        assert.deepEqual(await codeOf(await post(url, headers, bytes)), [413, 9413], path)
        const id = harness.nextCase()
        const body = chunked([bytes.subarray(0, 900), bytes.subarray(900)]) as unknown as BodyInit
        const response = await post(url, { ...headers, "x-simulator-case": id }, body)
        assert.deepEqual(await codeOf(response), [413, 9413], `${path}, chunked`)
        for (const { outcome } of harness.simulator.requests(id)) assert.notEqual(outcome, "completed")
      }
    }
  })

  test("after a refused upload the connection serves the next request", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const send = (path: string, method: string, body?: Readable) =>
      new Promise<number>((resolve, reject) => {
        const call = request(
          `${harness.entry("small")}${path}`,
          { agent, method, headers: binary },
          (answer) => {
            answer.resume().on("end", () => resolve(answer.statusCode ?? 0))
          },
        )
        call.on("error", reject)
        if (body === undefined) call.end()
        else body.pipe(call)
      })
    const large = Readable.from(Array.from({ length: 200 }, () => Buffer.alloc(100_000)))
    assert.equal(await send("/baseten/model/sink1234", "POST", large).catch(() => 413), 413)
    assert.equal(await send("/baseten/v1/models", "GET"), 200)
    agent.destroy()
  })

  test("the body of a GET is not forwarded", async () => {
    const id = harness.nextCase()
    const status = await new Promise((resolve, reject) => {
      const call = request(`${harness.base}/baseten/v1/echo`, {
        headers: { ...key, "content-length": "5", "x-simulator-case": id },
      }, (answer) => resolve(answer.resume().statusCode))
      call.on("error", reject).end("hello")
    })
    assert.deepEqual([status, harness.reached(id).body_bytes], [200, 0])
  })

  test("a request without headers for a body has none, and can be retried", async () => {
    for (
      const [method, path, status] of [
        ["DELETE", "baseten/v1/echo", 200],
        ["POST", "baseten/model/json1234/production/wake", 202],
      ] as const
    ) {
      const id = harness.nextCase()
      await failing(harness, id, [{ status: 503 }])
      const own = { ...key, "x-simulator-case": id, "cf-aig-event-id": id }
      const options = { "cf-aig-max-attempts": "2", "cf-aig-retry-delay": "1", connection: "close" }
      const lines = Object.entries({ host: "gateway.example", ...own, ...options }).map(([name, value]) =>
        `${name}: ${value}\r\n`
      )
      const { pathname } = new URL(`${harness.entry("spent")}/${path}`)
      const answer = await rawAnswer(
        harness.configured.url,
        `${method} ${pathname} HTTP/1.1\r\n${lines.join("")}\r\n`,
      )
      assert.equal(statusOf(answer), status, `${method} ${path}: ${answer}`)
      const requests = harness.simulator.requests(id)
      assert.deepEqual(requests.map(({ body_bytes }) => body_bytes), [0, 0])
      for (const { headers } of requests) assert.equal(headers["transfer-encoding"], undefined)
      const records = () => harness.configured.records().filter(({ event_id }) => event_id === id)
      await eventually("a record is told", () => records().length === 1)
      assert.equal(records()[0]?.["request_bytes"], null)
    }
  })

  test("a model name of any length leaves a short one in the record", async () => {
    const response = await post(
      `${harness.base}/baseten/v1/chat/completions`,
      json,
      chat({ model: "m".repeat(100_000) }),
    )
    assert.equal(response.status, 404)
    await response.text()
    assert.equal(String((await harness.recordOf(response))["model"]).length, 256)
  })

  test("a body of exactly the limit passes", async () => {
    const response = await post(
      `${harness.entry("small")}/baseten/model/sink1234`,
      binary,
      new Uint8Array(1000),
    )
    assert.equal((await response.json() as { bytes: number }).bytes, 1000)
  })
}
