/** Retries: what is tried again, how often, and what the client gets when nothing helps. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, type Configured, failing, fault, type Harness, json, key } from "../harness.ts"

/** What these cases need configured. */
export const retryEntries = (): Configured => ({
  entries: {
    "retry-on": { retry_max_attempts: 3, retry_delay: 0, retry_backoff: "constant" },
    "retry-predict": { retry_max_attempts: 3, retry_delay: 0, retry_predict: true },
    "retry-timed": { retry_max_attempts: 3, retry_delay: 0, headers_timeout: 200 },
  },
})

/** The request headers that turn retries on without a wait. */
const thrice = { "cf-aig-max-attempts": "3", "cf-aig-retry-delay": "0" }

export const retryCases = (harness: Harness): void => {
  const path = "baseten/v1/chat/completions"
  const post = (
    gateway: string,
    id: string,
    { headers = {}, body = chat(), to = path }: {
      headers?: Record<string, string>
      body?: BodyInit
      to?: string
    } = {},
  ) =>
    fetch(`${harness.entry(gateway)}/${to}`, {
      method: "POST",
      headers: { ...json, "x-simulator-case": id, ...headers },
      body,
      duplex: "half",
    } as RequestInit)
  const tries = (id: string) => harness.simulator.requests(id).length
  test("nothing is retried by default", async () => {
    const id = harness.nextCase()
    const response = await post("plain", id, { headers: fault({ status: 503 }) })
    assert.equal(response.status, 503)
    await response.text()
    assert.equal(tries(id), 1)
  })

  for (
    const [how, gateway, headers] of [["a setting", "retry-on", {}], ["headers", "plain", thrice]] as const
  ) {
    test(`${how} turns retries on: two failures, then the answer, each try with the same bytes`, async () => {
      const id = harness.nextCase()
      await failing(harness, id, [{ status: 503 }, { status: 500 }])
      const response = await post(gateway, id, { headers })
      assert.equal(response.status, 200)
      assert.equal(response.headers.get("cf-aig-step"), "0")
      await response.json()
      const seen = harness.simulator.requests(id)
      assert.deepEqual(seen.map(({ body_text }) => body_text), [chat(), chat(), chat()])
      for (const { headers } of seen) assert.deepEqual(headers, seen[0]?.headers)
      const attempts = await harness.attemptsOf(response)
      assert.deepEqual(
        attempts.map(({ step, attempt, status }) => [step, attempt, status]),
        [[0, 1, 503], [0, 2, 500], [0, 3, 200]],
      )
      const record = await harness.recordOf(response)
      assert.deepEqual([record["status"], record["ending"], record["step"]], [200, "complete", 0])
    })
  }

  test("attempts counts all tries: 1 is a single one, and 5 the maximum", async () => {
    for (const [asked, made] of [["1", 1], ["2", 2], ["5", 5], ["99", 5], ["0", 1]] as const) {
      const id = harness.nextCase()
      const response = await post("retry-on", id, {
        headers: { ...fault({ status: 500 }), "cf-aig-max-attempts": asked, "cf-aig-retry-delay": "0" },
      })
      assert.equal(response.status, 500)
      await response.text()
      assert.equal(tries(id), made, `asked for ${asked}`)
    }
  })

  for (const status of [408, 425, 429, 500, 502, 503]) {
    test(`${status} is retried`, async () => {
      const id = harness.nextCase()
      await failing(harness, id, [{ status }])
      const response = await post("retry-on", id)
      assert.equal(response.status, 200)
      await response.text()
      assert.equal(tries(id), 2)
    })
  }

  for (const status of [400, 401, 402, 403, 404, 409, 413, 422]) {
    test(`${status} is never retried`, async () => {
      const id = harness.nextCase()
      const response = await post("retry-on", id, { headers: fault({ status, body: { error: "no" } }) })
      assert.deepEqual([response.status, await response.json()], [status, { error: "no" }])
      assert.equal(tries(id), 1)
    })
  }

  test("a connection that breaks before the headers is retried", async () => {
    // Leaves a connection that has served a call.
    await (await post("retry-on", harness.nextCase())).text()
    const id = harness.nextCase()
    await failing(harness, id, Array(harness.flags.sendsOnce ? 1 : 2).fill({ reset: true }))
    const response = await post("retry-on", id)
    assert.equal(response.status, 200)
    await response.text()
    const attempts = await harness.attemptsOf(response)
    assert.deepEqual(
      attempts.map(({ status, error }) => [status, error]),
      [[null, "provider_failed"], [200, null]],
    )
    assert.equal((await harness.recordOf(response))["ending"], "complete")
  })

  const clocks: ReadonlyArray<readonly [string, string, Record<string, string>]> = [
    ["headers_timeout", "retry-timed", {}],
    ["cf-aig-request-timeout", "retry-on", { "cf-aig-request-timeout": "200" }],
  ]
  for (const [clock, gateway, headers] of clocks) {
    test(`headers that do not come within ${clock} cause a new try`, async () => {
      const id = harness.nextCase()
      await failing(harness, id, [{ hang: "headers" }])
      const response = await post(gateway, id, { headers })
      assert.equal(response.status, 200)
      await response.text()
      assert.equal((await harness.attemptsOf(response))[0]?.error, "provider_timeout")
      assert.equal(harness.simulator.requests(id)[0]?.outcome, "client_closed")
    })
  }

  test("cf-aig-request-timeout applies to the last try too: 504, code 2005", async () => {
    const id = harness.nextCase()
    const response = await post("retry-on", id, {
      headers: { ...fault({ hang: "headers" }), "cf-aig-request-timeout": "100", "cf-aig-max-attempts": "2" },
    })
    const { internalCode } = await response.json() as { internalCode: number }
    assert.deepEqual([response.status, internalCode, tries(id)], [504, 2005, 2])
    assert.equal((await harness.recordOf(response))["ending"], "first_byte_timeout")
  })

  test("cf-aig-request-timeout does not cut a stream that has begun", async () => {
    const response = await post("plain", harness.nextCase(), {
      headers: { ...fault({ drip_ms: 30, events: 20 }), "cf-aig-request-timeout": "300" },
      body: chat({ stream: true }),
    })
    assert.match(await response.text(), /data: \[DONE\]\n\n$/)
  })

  test("the last failure is relayed with its status, headers and body", async () => {
    const body = { error: { code: 503, message: "Dépassé 🌍", type: "Unavailable" } }
    for (const content of [body, `<html>${"oops ".repeat(30_000)}</html>`, `[${"1,".repeat(60_000)}1]`, ""]) {
      const id = harness.nextCase()
      await failing(
        harness,
        id,
        Array(3).fill({ status: 503, body: content, headers: { "X-Marker": "kept" } }),
      )
      const response = await post("retry-on", id)
      assert.equal(response.status, 503)
      assert.equal(response.headers.get("x-marker"), "kept")
      const text = await response.text()
      assert.deepEqual(typeof content === "string" ? text : JSON.parse(text), content)
      assert.equal(tries(id), 3)
      const record = await harness.recordOf(response)
      assert.deepEqual([record["upstream_status"], record["ending"]], [503, "complete"])
    }
  })

  test("the last broken connection is 502, code 2005, and each try is in the record", async () => {
    const response = await post("retry-on", harness.nextCase(), { headers: fault({ reset: true }) })
    const { internalCode } = await response.json() as { internalCode: number }
    assert.deepEqual([response.status, internalCode], [502, 2005])
    assert.deepEqual(
      (await harness.attemptsOf(response)).map(({ error }) => error),
      Array(3).fill("provider_failed"),
    )
    assert.equal((await harness.recordOf(response))["ending"], "upstream_cut")
  })

  test("a stream that breaks after it began is never retried", async () => {
    const id = harness.nextCase()
    const response = await post("retry-on", id, {
      headers: fault({ cut_after: 3 }),
      body: chat({ stream: true }),
    })
    assert.match(await response.text(), /data: \{"error":/)
    assert.equal(tries(id), 1)
  })

  test("an answer that breaks within its body is never retried", async () => {
    const id = harness.nextCase()
    // The cut may reach the client before the headers do: it fails either way.
    await assert.rejects(async () => {
      await (await post("retry-on", id, { headers: fault({ short_content_length: true }) })).text()
    })
    assert.equal(tries(id), 1)
  })

  test("a streamed upload is sent once: of another type than JSON, or too large to buffer", async () => {
    const binary = { ...thrice, "content-type": "application/octet-stream" }
    const large = chat({ padding: "x".repeat(9_000_000) })
    const uploads: ReadonlyArray<readonly [Record<string, string>, BodyInit, to?: string]> = [
      [binary, new Uint8Array(1000), "baseten/model/sink1234"],
      [thrice, large],
      [thrice, new Blob([large]).stream() as unknown as BodyInit],
    ]
    for (const [headers, body, to = path] of uploads) {
      const id = harness.nextCase()
      const response = await post("retry-on", id, {
        headers: { ...headers, ...fault({ status: 503 }) },
        body,
        to,
      })
      assert.equal(response.status, 503)
      await response.text()
      assert.equal(tries(id), 1)
    }
  })

  test("a body of unknown length that is small enough to buffer is retried", async () => {
    const id = harness.nextCase()
    await failing(harness, id, [{ status: 503 }])
    const response = await post("retry-on", id, { body: new Blob([chat()]).stream() as unknown as BodyInit })
    assert.equal(response.status, 200)
    await response.text()
    assert.deepEqual(harness.simulator.requests(id).map(({ body_text }) => body_text), [chat(), chat()])
  })

  test("a GET is retried", async () => {
    const id = harness.nextCase()
    await failing(harness, id, [{ status: 503 }])
    const response = await fetch(`${harness.entry("retry-on")}/baseten/v1/models`, {
      headers: { ...key, "x-simulator-case": id },
    })
    assert.equal(response.status, 200)
    await response.text()
    assert.equal(tries(id), 2)
  })

  for (
    const to of [
      "baseten/model/json1234",
      "baseten/chain/json1234",
      "baseten/model/json1234/production/predict",
    ]
  ) {
    test(`${to} may act twice: retried by retry_predict or a header, not by the gateway's retries`, async () => {
      const asked: ReadonlyArray<readonly [string, Record<string, string>, number]> = [
        ["retry-on", {}, 503],
        ["retry-predict", {}, 200],
        ["retry-on", { "cf-aig-max-attempts": "2" }, 200],
        ["plain", thrice, 200],
      ]
      for (const [gateway, headers, status] of asked) {
        const id = harness.nextCase()
        await failing(harness, id, [{ status: 503 }])
        // A model's own body is any JSON at all, with names twice if it likes.
        const body = '{"model":"a", "model":"b",\t"n":1.0}'
        const response = await post(gateway, id, { headers, body, to })
        const text = await response.text()
        assert.equal(response.status, status, `${gateway} ${JSON.stringify(headers)}: ${text}`)
        const seen = harness.simulator.requests(id).map(({ body_text }) => body_text)
        assert.deepEqual(seen, Array(status === 200 ? 2 : 1).fill(body))
      }
    })
  }

  test("a chat on a dedicated deployment is retried like any chat", async () => {
    const id = harness.nextCase()
    await failing(harness, id, [{ status: 503 }])
    const response = await post("retry-on", id, {
      to: "baseten/model/json1234/environments/production/sync/v1/chat/completions",
    })
    assert.equal(response.status, 200)
    await response.text()
    assert.equal(tries(id), 2)
  })
}
