/** Baseten's failures pass as they are; where it gave no answer, the gateway says so. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, type Configured, eventually, fault, type Harness, json, key } from "../harness.ts"

/** What these cases need configured. */
export const errorEntries = (): Configured => ({
  entries: { cloudflare: { cloudflare_error_status: true, headers_timeout: 300 } },
})

export const errorCases = (harness: Harness): void => {
  test("a wrong key is Baseten's 403, untouched", async () => {
    const response = await fetch(`${harness.base}/baseten/v1/models`, {
      headers: { authorization: "Api-Key wrong" },
    })
    assert.equal(response.status, 403)
    assert.deepEqual(await response.json(), { error: "please check the api-key you provided" })
  })

  const bodies: ReadonlyArray<readonly [number, unknown]> = [
    [400, { error: { code: 400, message: "no", type: "Bad Request" } }],
    [402, { error: "unpaid" }],
    [404, { error: "please check the model you provided" }],
    [429, { message: "slow down", type: "Too Many Requests", code: 429 }],
    [500, "<html>oops</html>"],
    [503, ""],
    [529, { error: "no capacity" }],
  ]
  for (const [status, body] of bodies) {
    test(`Baseten's ${status} passes with its body`, async () => {
      const response = await fetch(`${harness.base}/baseten/v1/chat/completions`, {
        method: "POST",
        headers: { ...json, ...fault({ status, body, headers: { "Retry-After": "7" } }) },
        body: chat({ stream: true }),
      })
      assert.equal(response.status, status)
      assert.equal(response.headers.get("retry-after"), "7")
      const text = await response.text()
      assert.deepEqual(typeof body === "string" ? text : JSON.parse(text), body)
      const record = await harness.recordOf(response)
      assert.deepEqual([record["upstream_status"], record["ending"]], [status, "complete"])
    })
  }

  test("a connection that closes before the headers is 502, code 2005", async () => {
    const response = await fetch(`${harness.base}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, ...fault({ reset: true }) },
      body: chat(),
    })
    const body = await response.json() as { internalCode: number; httpCode: number }
    assert.deepEqual([response.status, body.httpCode, body.internalCode], [502, 502, 2005])
    assert.equal((await harness.recordOf(response))["ending"], "upstream_cut")
  })

  test("an invalid HTTP status counts as no answer: 502, and Baseten's request is aborted", async () => {
    const id = harness.nextCase()
    const response = await fetch(`${harness.base}/baseten/v1/models`, {
      headers: {
        ...key,
        ...fault({ status: 600, body: { big: "x".repeat(100) }, stall_after: 1 }),
        "x-simulator-case": id,
      },
    })
    const body = await response.json() as { internalCode: number }
    assert.deepEqual([response.status, body.internalCode], [502, 2005])
    await eventually(
      "Baseten's request is ended",
      () => harness.simulator.requests(id)[0]?.outcome === "client_closed",
    )
  })

  test("a setting restores Cloudflare's 400 for a missing answer", async () => {
    for (const how of [{ reset: true }, { hang: "headers" }]) {
      const response = await fetch(`${harness.entry("cloudflare")}/baseten/v1/models`, {
        headers: { ...key, ...fault(how) },
      })
      assert.deepEqual([response.status, (await response.json() as { internalCode: number }).internalCode], [
        400,
        2005,
      ])
    }
  })
}
