/** Cloudflare's unified endpoint: `compat`. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, fault, type Harness, json, key } from "../harness.ts"

export const compatCases = (harness: Harness): void => {
  const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = json) =>
    fetch(`${harness.base}/compat/chat/completions`, { method: "POST", headers, body })

  test("compat removes the provider from the model and changes nothing else", async () => {
    const id = harness.nextCase()
    const body = `{ "model" : "baseten\\/openai/gpt-oss-120b", ` +
      `"messages":[{"role":"user","content":"x"}], "big": 12345678901234567890.0 }`
    const response = await post(body, { ...json, "x-simulator-case": id })
    await response.text()
    assert.equal(
      harness.reached(id).body_text,
      body.replace(`"baseten\\/openai/gpt-oss-120b"`, `"openai/gpt-oss-120b"`),
    )
    assert.equal((await harness.recordOf(response))["model"], "openai/gpt-oss-120b")
  })

  test("compat streams", async () => {
    const response = await post(chat({ model: "baseten/zai-org/GLM-5.3", stream: true }))
    assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/)
    assert.match(await response.text(), /data: \[DONE\]\n\n$/)
  })

  const refusals: ReadonlyArray<readonly [string, string | Uint8Array<ArrayBuffer>, number, number]> = [
    ["malformed JSON", "{", 400, 2019],
    ["what is not an object", "[]", 400, 2019],
    ["no model", "{}", 400, 2019],
    ["a model that is no string", `{"model":5}`, 400, 2019],
    ["no provider", `{"model":"gpt"}`, 400, 2019],
    ["another provider", `{"model":"openai/gpt"}`, 400, 2008],
    ["two models", `{"model":"baseten/a/b","mod\\u0065l":"baseten/c/d"}`, 400, 2019],
    ["what is not UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400, 2019],
  ]
  for (const [name, body, status, code] of refusals) {
    test(`compat refuses ${name} with ${status}, code ${code}`, async () => {
      const id = harness.nextCase()
      const response = await post(body, { ...json, "x-simulator-case": id })
      assert.equal(response.status, status)
      const { internalCode, description } = await response.json() as Record<string, unknown>
      assert.equal(internalCode, code)
      assert.ok(typeof description === "string" && description.length > 20)
      assert.equal(harness.simulator.requests(id).length, 0)
    })
  }

  test("compat refuses what it cannot read with 415", async () => {
    const encoded = await post("x", { ...json, "content-encoding": "gzip" })
    const form = await post("a=1", { ...key, "content-type": "application/x-www-form-urlencoded" })
    const empty = await fetch(`${harness.base}/compat/chat/completions`, { method: "POST", headers: key })
    for (const response of [encoded, form, empty]) {
      assert.equal(response.status, 415)
      assert.equal((await response.json() as { internalCode: number }).internalCode, 9415)
    }
  })

  test("compat/models lists Baseten's models with their prices, and HEAD has no body", async () => {
    const response = await fetch(`${harness.base}/compat/models`, { headers: key })
    const list = await response.json() as { data: ReadonlyArray<{ id: string; cost_in: number }> }
    assert.ok(list.data.length > 0)
    assert.ok(
      list.data.every(({ id, cost_in }) => id.startsWith("baseten/") && typeof cost_in === "number"),
    )
    const compressed = await fetch(`${harness.base}/compat/models`, {
      headers: { ...key, ...fault({ gzip: true }) },
    })
    assert.equal((await compressed.json() as { object: string }).object, "list")
    const head = await fetch(`${harness.base}/compat/models`, { method: "HEAD", headers: key })
    assert.deepEqual([head.status, await head.text()], [200, ""])
  })

  for (const how of [{ cut_after: 2 }, { reset: true }, { short_content_length: true }]) {
    test(`compat/models that Baseten cuts (${JSON.stringify(how)}) is 502, code 2005`, async () => {
      const response = await fetch(`${harness.base}/compat/models`, { headers: { ...key, ...fault(how) } })
      assert.deepEqual([response.status, (await response.json() as { internalCode: number }).internalCode], [
        502,
        2005,
      ])
      const record = await harness.recordOf(response)
      assert.deepEqual([record["status"], record["ending"]], [502, "upstream_cut"])
    })
  }
}
