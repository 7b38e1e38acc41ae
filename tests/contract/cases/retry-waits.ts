/** The waits between tries: the server's wish, the caller's, and the total time, which no wait may pass. */
import assert from "node:assert/strict"
import { test } from "node:test"
import {
  type Attempt,
  chat,
  type Configured,
  eventually,
  failing,
  fault,
  type Harness,
  json,
} from "../harness.ts"
import { ask as askModel, models, withFault } from "../steps.ts"

/** What these cases need configured. */
export const retryWaitEntries = (): Configured => ({
  entries: {
    "wait-on": { retry_max_attempts: 3, retry_delay: 0, retry_backoff: "constant" },
    "wait-brief": { retry_max_attempts: 3, retry_delay: 0, total_timeout: 1_500 },
  },
})

export const retryWaitCases = (harness: Harness): void => {
  const post = (gateway: string, id: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    fetch(`${harness.entry(gateway)}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, "x-simulator-case": id, ...headers },
      body: chat(),
      signal: signal ?? null,
    })
  const tries = (id: string) => harness.simulator.requests(id).length

  test("529, no capacity, is retried after a second at least", async () => {
    const id = harness.nextCase()
    await failing(harness, id, [{ status: 529 }])
    const start = Date.now()
    const response = await post("wait-on", id)
    assert.equal(response.status, 200)
    await response.text()
    assert.ok(Date.now() - start >= 990, `${Date.now() - start} ms`)
    const [, second] = await harness.attemptsOf(response)
    assert.ok((second?.waited_ms ?? 0) >= 1000, `waited ${second?.waited_ms} ms`)
  })

  const wishes: ReadonlyArray<readonly [string, () => object]> = [
    ["Retry-After in seconds", () => ({ headers: { "Retry-After": "1" } })],
    ["retry-after-ms", () => ({ headers: { "retry-after-ms": "1000", "Retry-After": "30" } })],
    ["Baseten's retry_after in the body", () => ({ body: { error: "slow down", retry_after: 1 } })],
  ]
  for (const [name, how] of wishes) {
    for (const status of name.startsWith("retry") ? [429, 503] : [429]) {
      test(`${name} of a ${status} is respected`, async () => {
        const id = harness.nextCase()
        await failing(harness, id, [{ status, ...how() }])
        const start = Date.now()
        const response = await post("wait-on", id)
        assert.equal(response.status, 200)
        await response.text()
        const took = Date.now() - start
        assert.ok(took >= 990 && took < 10_000, `${took} ms`)
        const [, second] = await harness.attemptsOf(response)
        assert.ok((second?.waited_ms ?? 0) >= 950, `waited ${second?.waited_ms} ms`)
      })
    }
  }

  test("Retry-After as a date of a 429 is waited for", async () => {
    for (let seconds = 2; seconds < 30; seconds *= 2) {
      const id = harness.nextCase()
      // Dates have no fractions of seconds.
      const date = new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000)
      await failing(harness, id, [{ status: 429, headers: { "Retry-After": date.toUTCString() } }])
      const response = await post("wait-on", id)
      assert.equal(response.status, 200)
      await response.text()
      const [first, second] = harness.simulator.requests(id)
      assert.ok((second?.started_at ?? 0) >= date.getTime() - 50, `${second?.started_at}, not ${+date}`)
      // A busy machine may have answered when there was nothing left to wait for.
      if ((first?.headers_sent_at ?? Infinity) > date.getTime() - 1000) continue
      const [, tried] = await harness.attemptsOf(response)
      return assert.ok((tried?.waited_ms ?? 0) >= 950, `waited ${tried?.waited_ms} ms`)
    }
    assert.fail("no answer came a second before its date")
  })

  const tooLong: ReadonlyArray<readonly [string, object]> = [
    ["header", { headers: { "Retry-After": "5" }, body: { error: "slow down" } }],
    ["body", { body: { error: "slow down", retry_after: 5 } }],
  ]
  for (const [where, how] of tooLong) {
    test(`a wait (${where}) longer than the remaining total time is not begun: the answer is relayed`, async () => {
      const id = harness.nextCase()
      const start = Date.now()
      const response = await post("wait-brief", id, fault({ status: 429, ...how }))
      assert.equal(response.status, 429)
      assert.deepEqual(await response.json(), (how as { body: unknown }).body)
      assert.equal(response.headers.get("retry-after"), where === "header" ? "5" : null)
      // Sooner than the wait would have ended, and with nothing asked anew.
      assert.ok(Date.now() - start < 5000, `${Date.now() - start} ms`)
      assert.equal(tries(id), 1)
    })
  }

  const anHour: ReadonlyArray<readonly [string, () => object]> = [
    ["Retry-After in seconds", () => ({ headers: { "Retry-After": "3600" } })],
    ["Retry-After with a fraction", () => ({ headers: { "Retry-After": "60.5" } })],
    [
      "Retry-After as a date",
      () => ({ headers: { "Retry-After": new Date(Date.now() + 3_600_000).toUTCString() } }),
    ],
    ["retry-after-ms", () => ({ headers: { "retry-after-ms": "3600000" } })],
    ["Baseten's retry_after", () => ({ body: { error: "slow down", retry_after: 3600 } })],
    [
      "retry_after within the error",
      () => ({ body: { error: { message: "slow down", retry_after: "90" } } }),
    ],
  ]
  for (const [name, how] of anHour) {
    test(`${name} of more than a minute ends the tries at once`, async () => {
      for (const status of [429, 503, 529]) {
        const id = harness.nextCase()
        const given = { status, body: { error: "slow down" }, ...how() }
        const response = await post("wait-on", id, fault(given))
        assert.deepEqual([response.status, tries(id)], [status, 1])
        assert.deepEqual(await response.json(), given.body)
        const { headers } = given as { headers?: Record<string, string> }
        for (const [header, value] of Object.entries(headers ?? {})) {
          assert.equal(response.headers.get(header), value)
        }
      }
    })
  }

  test("a step whose Retry-After is an hour gives way to the next at once", async () => {
    for (const [, how] of anHour) {
      const id = harness.nextCase()
      const given = { status: 429, body: { error: "slow down" }, ...how() }
      const steps = [askModel(id, models.gpt, withFault(given)), askModel(id, models.glm)]
      const response = await fetch(harness.entry("wait-on"), {
        method: "POST",
        headers: json,
        body: JSON.stringify(steps),
      })
      await response.text()
      assert.deepEqual([response.status, response.headers.get("cf-aig-step")], [200, "1"])
      const attempts = await harness.attemptsOf(response)
      assert.deepEqual(attempts.map(({ step, attempt, waited_ms }) => [step, attempt, waited_ms]), [
        [0, 1, 0],
        [1, 1, 0],
      ])
    }
  })

  for (const value of ["-3600", "soon", "3600s", "1e9"]) {
    test(`Retry-After: ${value} is ignored`, async () => {
      const id = harness.nextCase()
      await failing(harness, id, [{ status: 429, headers: { "Retry-After": value } }])
      const response = await post("wait-on", id)
      await response.text()
      assert.deepEqual([response.status, tries(id)], [200, 2])
    })
  }

  test("total_timeout covers all tries together", async () => {
    const id = harness.nextCase()
    const start = Date.now()
    const response = await post("wait-brief", id, fault({ hang: "headers" }))
    assert.equal(response.status, 504)
    await response.text()
    assert.ok(Date.now() - start < 2500, `${Date.now() - start} ms`)
    assert.equal(tries(id), 1)
    assert.equal((await harness.recordOf(response))["ending"], "total_timeout")
  })

  test("cf-aig-retry-delay and cf-aig-backoff determine the wait", async () => {
    const waits: ReadonlyArray<readonly [string, ReadonlyArray<number>]> = [
      ["constant", [100, 100]],
      ["linear", [100, 200]],
      ["exponential", [100, 200]],
    ]
    for (const [backoff, units] of waits) {
      const response = await post("plain", harness.nextCase(), {
        ...fault({ status: 500 }),
        "cf-aig-max-attempts": "3",
        "cf-aig-retry-delay": "100",
        "cf-aig-backoff": backoff,
      })
      await response.text()
      const [first, ...rest] = (await harness.attemptsOf(response)).map(({ waited_ms }) => waited_ms)
      assert.equal(first, 0)
      for (const [index, unit] of units.entries()) {
        const waited = rest[index] ?? 0
        assert.ok(waited >= unit * 0.7 && waited <= unit * 1.3, `${backoff}: ${rest}`)
      }
    }
  })

  if (!harness.flags.noticesSilentLeave) return
  test("a client that leaves before a retry cancels it", async () => {
    const id = harness.nextCase()
    await failing(harness, id, [{ status: 503, headers: { "Retry-After": "2" } }])
    const controller = new AbortController()
    const call = post("wait-on", id, { "cf-aig-event-id": id }, controller.signal)
    call.catch(() => {})
    await eventually("the first try ends", () => harness.simulator.requests(id)[0]?.outcome === "completed")
    // The gateway has yet to read it; its wait is much longer.
    await new Promise((resolve) => setTimeout(resolve, 500))
    controller.abort()
    const record = () => harness.configured.records().find(({ event_id }) => event_id === id)
    await eventually("the record says so", () => record()?.["ending"] === "client_left")
    assert.equal((record()?.["attempts"] as ReadonlyArray<Attempt>).length, 1)
    assert.equal(tries(id), 1)
  })
}
