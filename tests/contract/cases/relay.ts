/** Response bodies: the same bytes, as they come. */
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { request } from "node:http"
import { test } from "node:test"
import { chat, eventually, fault, type Harness, json, key } from "../harness.ts"

export const relayCases = (harness: Harness): void => {
  const stream = (url: string, how: object = {}, id = "none") =>
    fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, ...fault(how), "x-simulator-case": id },
      body: chat({ stream: true }),
    })

  const shapes = [{}, { split_bytes: 1 }, { split_bytes: 3 }, { one_chunk: true }, { crlf: true }, {
    lone_cr: true,
  }]
  for (const how of shapes) {
    test(`a stream is relayed byte for byte (${JSON.stringify(how)})`, async () => {
      const direct = await stream(harness.simulator.url, how)
      const through = await stream(`${harness.base}/baseten`, how)
      assert.equal(await through.text(), await direct.text())
      assert.equal(through.headers.get("content-type"), direct.headers.get("content-type"))
      assert.equal((await harness.recordOf(through))["ending"], "complete")
    })
  }

  test("each event reaches the client before the next one is sent", async () => {
    const response = await stream(`${harness.base}/baseten`, { stall_after: 2 })
    const reader = response.body?.getReader()
    let text = ""
    for (const decoder = new TextDecoder(); text.split("\n\n").length < 3;) {
      text += decoder.decode((await reader?.read())?.value)
    }
    await reader?.cancel()
  })

  test("binary answers keep their bytes and their length", async () => {
    const direct = await fetch(`${harness.simulator.url}/_model/bin12345/production/predict`, {
      method: "POST",
      headers: json,
      body: "{}",
    })
    const through = await fetch(`${harness.base}/baseten/model/bin12345`, {
      method: "POST",
      headers: json,
      body: "{}",
    })
    assert.equal(through.headers.get("content-type"), "application/octet-stream")
    assert.deepEqual(await through.arrayBuffer(), await direct.arrayBuffer())
  })

  test("100 MB come through unchanged", async () => {
    const response = await fetch(`${harness.base}/baseten/model/size1234`, {
      method: "POST",
      headers: json,
      body: JSON.stringify({ bytes: 100_000_000, chunk: 65_536 }),
    })
    const hash = createHash("sha256")
    let size = 0
    for await (const chunk of response.body ?? []) {
      hash.update(chunk)
      size += chunk.length
    }
    const pattern = Buffer.alloc(256).map((_, at) => (at * 31 + 7) & 255)
    const expected = createHash("sha256")
    for (let at = 0; at < 100_000_000; at += 256) {
      expected.update(pattern.subarray(0, Math.min(256, 100_000_000 - at)))
    }
    assert.deepEqual([size, hash.digest("hex")], [100_000_000, expected.digest("hex")])
    assert.equal((await harness.recordOf(response))["response_bytes"], 100_000_000)
  })

  test("back-pressure: a client that stops reading stops Baseten", async () => {
    const id = harness.nextCase()
    const body = JSON.stringify({ bytes: 1_000_000_000, chunk: 65_536 })
    const call = request(`${harness.base}/baseten/model/size1234`, {
      method: "POST",
      headers: { ...json, "x-simulator-case": id },
    }, (answer) => void answer.pause())
    call.on("error", () => {})
    call.end(body)
    const sent = () => harness.simulator.requests(id)[0]?.bytes_sent ?? 0
    let before = -1
    // What sockets and runtimes hold on the way fills up first; then nothing more is taken.
    for (let tries = 0; tries < 100 && (sent() === 0 || sent() !== before); tries++) {
      before = sent()
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
    assert.equal(sent(), before)
    assert.ok(sent() < 100_000_000, `${sent()} bytes were taken from Baseten`)
    call.destroy()
    await eventually(
      "Baseten sees the client leave",
      () => harness.simulator.requests(id)[0]?.outcome === "client_closed",
      2000,
    )
  })

  test("answers without a body have none", async () => {
    for (const status of [204, 304]) {
      const response = await fetch(`${harness.base}/baseten/v1/models`, {
        headers: { ...key, ...fault({ status, body: "" }) },
      })
      assert.deepEqual([response.status, await response.text()], [status, ""])
      // A miss of the cache, which others may share.
      const cached = await fetch(`${harness.base}/baseten/v1/models?status=${status}`, {
        headers: { ...key, ...fault({ status, body: "" }), "cf-aig-cache-ttl": "60" },
      })
      assert.deepEqual([cached.status, await cached.text()], [status, ""])
    }
    const woken = await fetch(`${harness.base}/baseten/model/json1234/production/wake`, {
      method: "POST",
      headers: key,
    })
    assert.deepEqual([woken.status, await woken.text()], [202, ""])
  })
}
