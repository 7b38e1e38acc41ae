/** Request bodies in a content coding: seen through, forwarded as they came, within bounds. */
import assert from "node:assert/strict"
import { Buffer } from "node:buffer"
import { createHash } from "node:crypto"
import { test } from "node:test"
import { brotliCompressSync, constants, gzipSync } from "node:zlib"
import { budget } from "../budgets.ts"
import { codings, gzipped } from "../codings.ts"
import { chat, type Configured, type Harness, json } from "../harness.ts"

/** What these cases need configured. */
export const codedBodyEntries = (): Configured => ({
  entries: {
    "coded-budget": budget({ limit: 0.000_001, model: { mode: "filter", values: ["openai/gpt-oss-120b"] } }),
    "coded-log": { collect_log_payloads: true },
    "coded-small": { request_body_limit: 2000 },
  },
})

export const codedBodyCases = (harness: Harness): void => {
  const post = (url: string, body: Uint8Array | string, headers: Record<string, string>) =>
    fetch(url, { method: "POST", headers: { ...json, ...headers }, body: body as BodyInit })
  const chatUrl = () => `${harness.base}/baseten/v1/chat/completions`
  const codeOf = async (response: Response) => [
    response.status,
    (await response.json() as { internalCode: number }).internalCode,
  ]

  for (const [index, [coding, encode]] of codings.entries()) {
    test(`a body in ${coding} (${index}) is decoded to inspect it and forwarded unchanged, or 415`, async () => {
      const id = harness.nextCase()
      const bytes = encode(Buffer.from(chat()))
      const response = await post(chatUrl(), bytes, { "content-encoding": coding, "x-simulator-case": id })
      if (!harness.flags.decodes.includes(coding)) {
        assert.deepEqual(await codeOf(response), [415, 9415])
        assert.equal(harness.simulator.requests(id).length, 0)
        return
      }
      await response.text()
      const { body_sha256, headers } = harness.reached(id)
      assert.equal(body_sha256, createHash("sha256").update(bytes).digest("hex"))
      assert.equal(headers["content-encoding"], coding)
      const record = await harness.recordOf(response)
      assert.equal(record["model"], "openai/gpt-oss-120b")
      if (response.status === 200) assert.ok(Number(record["cost"]) > 0)
    })
  }

  test("an encoded body counts against a budget of its model", async () => {
    const url = `${harness.entry("coded-budget")}/baseten/v1/chat/completions`
    const send = () => post(url, gzipped(chat()), { "content-encoding": "gzip" })
    const first = await send()
    await first.text()
    assert.deepEqual([first.status, (await send()).status], [200, 429])
  })

  test("compat and the universal endpoint decode bodies, and forward them decoded", async () => {
    const id = harness.nextCase()
    const compat = chat({ model: "baseten/openai/gpt-oss-120b" })
    const steps = JSON.stringify([{
      provider: "baseten",
      endpoint: "v1/chat/completions",
      headers: { ...json, "x-simulator-case": id },
      query: JSON.parse(chat()) as unknown,
    }])
    const headers = { "content-encoding": "gzip", "x-simulator-case": id }
    const answers = [
      await post(`${harness.base}/compat/chat/completions`, gzipped(compat), headers),
      await post(harness.base, gzipped(steps), headers),
    ]
    for (const response of answers) {
      assert.equal(response.status, 200)
      await response.text()
    }
    for (const request of harness.simulator.requests(id)) {
      assert.equal(request.headers["content-encoding"], undefined)
      assert.equal(request.body_text, chat())
    }
  })

  test("a stream requested by an encoded body is metered", async () => {
    const response = await post(chatUrl(), gzipped(chat({ stream: true })), { "content-encoding": "gzip" })
    assert.match(await response.text(), /\[DONE\]/)
    const record = await harness.recordOf(response)
    assert.deepEqual([record["usage_source"], record["model"]], ["estimated", "openai/gpt-oss-120b"])
    assert.ok(Number(record["cost"]) > 0)
  })

  test("the log shows the text of an encoded body", async () => {
    const url = `${harness.entry("coded-log")}/baseten/v1/chat/completions`
    const response = await post(url, gzipped(chat()), { "content-encoding": "gzip" })
    assert.equal(response.status, 200)
    await response.text()
    assert.equal((await harness.recordOf(response))["model"], "openai/gpt-oss-120b")
  })

  test("a body that cannot be decoded, or has an unknown coding, is 415", async () => {
    const id = harness.nextCase()
    const whole = gzipped(chat())
    const bodies: ReadonlyArray<readonly [string, Uint8Array]> = [
      ["gzip", Buffer.from(chat())],
      ["gzip", whole.subarray(0, whole.length - 12)],
      ["deflate", Buffer.from("hello")],
      ["compress", whole],
      ["gzip, gzip", gzipped(whole)],
    ]
    for (const [coding, bytes] of bodies) {
      const response = await post(chatUrl(), bytes, { "content-encoding": coding, "x-simulator-case": id })
      assert.deepEqual(await codeOf(response), [415, 9415], coding)
    }
    assert.equal(harness.simulator.requests(id).length, 0)
  })

  test("identity does not count as a coding", async () => {
    const response = await post(chatUrl(), chat(), { "content-encoding": "identity" })
    await response.text()
    assert.deepEqual(
      [response.status, (await harness.recordOf(response))["model"]],
      [200, "openai/gpt-oss-120b"],
    )
  })

  test("a long, highly compressed body is decoded", async () => {
    const body = chat({ model: undefined, padding: "x".repeat(6_000_000) }).replace(/\}$/, "") +
      ',"model":"openai/gpt-oss-120b"}'
    const response = await post(chatUrl(), gzipped(body), { "content-encoding": "gzip" })
    await response.text()
    assert.deepEqual(
      [response.status, (await harness.recordOf(response))["model"]],
      [200, "openai/gpt-oss-120b"],
    )
  })

  test("a decompression bomb is refused with 413 early, on every route that inspects bodies", async () => {
    const id = harness.nextCase()
    const blanks = Buffer.alloc(60_000_000, " ")
    // As small as with the best of brotli's qualities, which takes a second and a half.
    const params = { [constants.BROTLI_PARAM_QUALITY]: 4 }
    const bombs = { gzip: gzipSync(blanks), br: brotliCompressSync(blanks, { params }) }
    for (const [coding, bytes] of Object.entries(bombs)) {
      for (const path of ["baseten/v1/chat/completions", "compat/chat/completions", ""]) {
        const response = await post(`${harness.base}/${path}`, bytes, {
          "content-encoding": coding,
          "x-simulator-case": id,
        })
        const expected = harness.flags.decodes.includes(coding) ? [413, 9413] : [415, 9415]
        assert.deepEqual(await codeOf(response), expected, `${coding} ${path}`)
      }
    }
    assert.equal(harness.simulator.requests(id).length, 0)
  })

  test("the size limit of a body applies to its decoded form", async () => {
    const url = `${harness.entry("coded-small")}/baseten/v1/chat/completions`
    const body = gzipped(chat({ padding: "x".repeat(5000) }))
    assert.deepEqual(await codeOf(await post(url, body, { "content-encoding": "gzip" })), [413, 9413])
  })
}
