/** Clocks: how long Baseten may take, and what the client is told when it takes longer. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, type Configured, eventually, fault, type Harness, json } from "../harness.ts"

/** What these cases need configured. */
export const clockEntries = (): Configured => ({
  entries: {
    impatient: { headers_timeout: 300, dedicated_headers_timeout: 300, idle_timeout: 300 },
    steady: { idle_timeout: 1500 },
    brief: { total_timeout: 400 },
  },
})

export const clockCases = (harness: Harness): void => {
  const call = (
    gateway: string,
    how: object,
    stream: boolean,
    id = "none",
    path = "baseten/v1/chat/completions",
  ) =>
    fetch(`${harness.entry(gateway)}/${path}`, {
      method: "POST",
      headers: { ...json, ...fault(how), "x-simulator-case": id },
      body: chat({ stream }),
    })
  const seen = (id: string) =>
    eventually(
      "Baseten's request is ended",
      () => harness.simulator.requests(id)[0]?.outcome === "client_closed",
    )

  for (const path of ["baseten/v1/chat/completions", "baseten/model/json1234"]) {
    test(`no headers in time on ${path}: 504, code 2005, and Baseten's request is aborted`, async () => {
      const id = harness.nextCase()
      const response = await call("impatient", { hang: "headers" }, false, id, path)
      const body = await response.json() as { internalCode: number; description: string }
      assert.deepEqual([response.status, body.internalCode], [504, 2005])
      assert.match(body.description, /headers_timeout/)
      await seen(id)
      assert.equal((await harness.recordOf(response))["ending"], "first_byte_timeout")
    })
  }

  for (const stream of [false, true]) {
    test(`an answer that switches protocols ends in time, with one record (stream: ${stream})`, async () => {
      const event = harness.nextCase()
      const response = await call("impatient", { hang: "upgrade" }, stream, event)
      await response.text()
      assert.ok([502, 504].includes(response.status), `${response.status}`)
      await seen(event)
      const { ending, request_id: id } = await harness.recordOf(response)
      assert.ok(ending === "upstream_cut" || ending === "first_byte_timeout", `${ending}`)
      assert.equal(harness.configured.records().filter(({ request_id }) => request_id === id).length, 1)
    })
  }

  test("a stream that falls silent ends with an error event, as idle", async () => {
    const id = harness.nextCase()
    const response = await call("impatient", { stall_after: 3 }, true, id)
    assert.match(await response.text(), /data: \{"error":\{[^\n]*"code":"idle"[^\n]*\}\}\n\n$/)
    await seen(id)
    assert.equal((await harness.recordOf(response))["ending"], "idle")
  })

  test("a stream without a first event ends as first_byte_timeout", async () => {
    const response = await call("impatient", { stall_after: 0 }, true)
    assert.match(await response.text(), /"code":"first_byte_timeout"/)
    assert.equal((await harness.recordOf(response))["ending"], "first_byte_timeout")
  })

  test("timeouts for silence do not cut a healthy stream", async () => {
    const response = await call("steady", { drip_ms: 200, events: 12 }, true)
    assert.match(await response.text(), /data: \[DONE\]\n\n$/)
    assert.equal((await harness.recordOf(response))["ending"], "complete")
  })

  test("the total timeout cuts even a healthy stream", async () => {
    const response = await call("brief", { drip_ms: 40, events: 100 }, true)
    assert.match(await response.text(), /"code":"total_timeout"/)
    assert.equal((await harness.recordOf(response))["ending"], "total_timeout")
  })

  test("an unframed body that falls silent is aborted", async () => {
    const response = await call("impatient", { stall_after: 2 }, false, "none", "baseten/model/text1234")
    await assert.rejects(response.text())
    assert.equal((await harness.recordOf(response))["ending"], "idle")
  })
}
