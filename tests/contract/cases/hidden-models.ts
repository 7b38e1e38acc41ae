/** Bodies and paths that could hide which model a call is for from limits and prices. */
import assert from "node:assert/strict"
import { Buffer } from "node:buffer"
import { test } from "node:test"
import { asker, statusesOf } from "../ask.ts"
import { budget } from "../budgets.ts"
import { gzipped } from "../codings.ts"
import { chat, type Configured, fault, type Harness, json } from "../harness.ts"

const oneCall = (model = "openai/gpt-oss-120b") =>
  budget({ limit: 0.000_001, model: { mode: "filter", values: [model] } })

/** What these cases need configured. */
export const hiddenModelEntries = ({ url }: { readonly url: string }): Configured => ({
  entries: {
    "hidden-paths": budget({
      limit: 0.000_001,
      model: { mode: "partition" },
      metadata: { path: { mode: "partition" } },
    }),
    "hidden-long": oneCall(),
    "hidden-opaque": {
      ...budget({ limit: 1 }),
      custom_providers: { other: { base_url: url, allow_http: true } },
    },
    "hidden-elsewhere": budget({ provider: { mode: "filter", values: ["custom-none"] } }),
  },
})

/** A chat of more than 8 MiB whose model stands last. */
const longChat = (): string =>
  chat({ model: undefined, padding: "x".repeat(9_000_000) }).replace(/\}$/, ',"model":"openai/gpt-oss-120b"}')

const utf32 = (text: string): Buffer =>
  Buffer.concat([...text].map((letter) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(letter.codePointAt(0) ?? 0)
    return bytes
  }))

export const hiddenModelCases = (harness: Harness): void => {
  const ask = asker(harness)
  const statuses = statusesOf(ask)
  const post = (url: string, body: BodyInit, headers: Record<string, string> = {}) =>
    fetch(url, { method: "POST", headers: { ...json, ...headers }, body, duplex: "half" } as RequestInit)
  const chatUrl = () => `${harness.base}/baseten/v1/chat/completions`

  test("JSON that is not UTF-8 is 400, whatever its label", async () => {
    const id = harness.nextCase()
    const little = Buffer.from(chat(), "utf16le")
    const wide: ReadonlyArray<readonly [string, Buffer]> = [
      ["UTF-16LE", little],
      ["UTF-16BE", Buffer.from(little).swap16()],
      ["UTF-16LE, marked", Buffer.concat([Buffer.from([0xff, 0xfe]), little])],
      ["UTF-16BE, marked", Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(little).swap16()])],
      ["UTF-32BE", utf32(chat())],
      ["UTF-32LE", Buffer.from(utf32(chat())).swap32()],
      ["Latin-1", Buffer.from(chat({ user: "é" }), "latin1")],
    ]
    for (const [what, bytes] of wide) {
      for (const type of ["application/json", "text/plain"]) {
        const headers = { "content-type": type, "x-simulator-case": id }
        const coded = { ...headers, "content-encoding": "gzip" }
        const plain = await post(chatUrl(), bytes as BodyInit, headers)
        assert.deepEqual([plain.status, (await post(chatUrl(), gzipped(bytes) as BodyInit, coded)).status], [
          400,
          400,
        ], `${what} as ${type}`)
      }
    }
    const declared = await post(chatUrl(), chat(), {
      "content-type": "application/json; charset=utf-16",
      "x-simulator-case": id,
    })
    assert.equal(declared.status, 400)
    assert.equal(harness.simulator.requests(id).length, 0)
  })

  test("a byte order mark and a charset of UTF-8 hide no model", async () => {
    const marked = await post(chatUrl(), `\ufeff${chat()}`, {
      "content-type": 'application/json; charset="UTF-8"',
    })
    await marked.text()
    assert.equal((await harness.recordOf(marked))["model"], "openai/gpt-oss-120b")
  })

  const spellings = [
    "baseten/v1/v1/chat/completions",
    "baseten/v1/Chat/Completions",
    "baseten/v1/chat/completions;v=1",
    "baseten/v1/chat/%63ompletions",
    "baseten/v1/chat/completions/",
    "baseten/v1/chat//completions",
    "baseten/v1/no/such/call",
  ]
  for (const path of spellings) {
    test(`the model of ${path} is known and priced`, async () => {
      const told = { model: "openai/gpt-oss-120b", usage: { prompt_tokens: 100, completion_tokens: 10 } }
      const headers = {
        ...fault({ status: 200, body: told }),
        "cf-aig-metadata": JSON.stringify({ path }),
      }
      const one = { id: harness.nextCase(), entry: "hidden-paths", path, headers }
      const { response } = await ask(one)
      assert.equal(response.status, 200)
      const record = await harness.recordOf(response)
      assert.deepEqual([record["model"], record["cost"]], ["openai/gpt-oss-120b", 0.000_015])
      assert.deepEqual(await statuses([one]), [429])
    })
  }

  test("the model of a long body is found at its end, before the call if there is a budget", async () => {
    const body = longChat()
    for (const send of [() => body, () => new Blob([body]).stream()]) {
      const response = await post(chatUrl(), send() as BodyInit)
      assert.equal(response.status, 200)
      await response.text()
      const record = await harness.recordOf(response)
      assert.equal(record["model"], "openai/gpt-oss-120b")
      assert.ok(Number(record["cost"]) > 0)
    }
    const limited = `${harness.entry("hidden-long")}/baseten/v1/chat/completions`
    const told: Array<number> = []
    for (const send of [() => body, () => body, () => new Blob([body]).stream()]) {
      const response = await post(limited, send() as BodyInit)
      await response.text()
      told.push(response.status)
    }
    assert.deepEqual(told, [200, 429, 429])
  })

  test("a second model late in a long body is refused, and Baseten gets no whole request", async () => {
    const id = harness.nextCase()
    const body = chat({ padding: "x".repeat(9_000_000) }).replace(/\}$/, ',"model":"other"}')
    for (const send of [() => body, () => new Blob([body]).stream()]) {
      const response = await post(chatUrl(), send() as BodyInit, { "x-simulator-case": id })
      assert.equal(response.status, 400)
      await response.text()
    }
    for (const { outcome } of harness.simulator.requests(id)) assert.notEqual(outcome, "completed")
  })

  test("with a budget, a body whose model is unknown is refused with 400", async () => {
    const id = harness.nextCase()
    const hidden: ReadonlyArray<{ path?: string; body: string; headers?: Record<string, string> }> = [
      { body: chat({ model: undefined }) },
      { body: chat({ model: "" }) },
      { body: chat({ model: ["openai/gpt-oss-120b"] }) },
      { body: `[${chat()}]` },
      { body: `${chat()},` },
      { body: "hello", headers: { "content-type": "text/plain" } },
      { path: "baseten/v1/messages", body: "{}" },
      { path: "baseten/v1/responses/compact", body: "{}" },
      { path: "baseten/v1/audio/speech", body: "a=1", headers: { "content-type": "multipart/form-data" } },
      {
        path: "custom-other/v1/audio/speech",
        body: "a",
        headers: { "content-type": "application/octet-stream" },
      },
    ]
    for (const one of hidden) {
      const { response, bytes } = await ask({ id, entry: "hidden-opaque", ...one })
      assert.equal(response.status, 400, JSON.stringify(one))
      assert.match(bytes.toString(), /limits spend/)
    }
    assert.equal(harness.simulator.requests(id).length, 0)
  })

  test("a budget admits calls whose path has the price, and calls of no model", async () => {
    const one = { id: harness.nextCase(), entry: "hidden-opaque" }
    const dedicated = { ...one, path: "baseten/model/sink1234", headers: { "content-type": "image/png" } }
    const list = { ...one, path: "baseten/v1/models", method: "GET" }
    const elsewhere = { ...one, entry: "hidden-elsewhere", body: "hello", path: "baseten/v1/echo" }
    assert.deepEqual(await statuses([dedicated, list, elsewhere]), [200, 200, 200])
  })

  test("the answer's model gives the price if the request's has none", async () => {
    const usage = { prompt_tokens: 100, completion_tokens: 10 }
    const model = "openai/gpt-oss-120b"
    const stream = [{ model, choices: [] }, { choices: [], usage }].map((data) =>
      `data: ${JSON.stringify(data)}\n\n`
    )
    const answers = [
      { status: 200, body: { usage, model } },
      { status: 200, body: `${stream.join("")}data: [DONE]\n\n`, content_type: "text/event-stream" },
    ]
    for (const answer of answers) {
      const response = await post(
        chatUrl(),
        chat({ model: "alias", stream: "content_type" in answer }),
        fault(answer),
      )
      assert.equal(response.status, 200)
      await response.text()
      const record = await harness.recordOf(response)
      assert.deepEqual([record["model"], record["cost"]], ["alias", 0.000_015])
    }
  })
}
