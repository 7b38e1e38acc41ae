/** Circuits: a host that keeps failing is left alone for a while, then probed. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Simulator } from "../../simulator/server.ts"
import { chat, type Configured, fault, type Harness, json } from "../harness.ts"

/**
 * What these cases need configured. Circuits are kept by host, which all gateways of a process share: each case has a
 * name of its own for the simulator's.
 */
export const circuitEntries = ({ port }: Simulator): Configured => {
  const entry = (host: string, more: object = {}) => ({
    circuit_breaker: { minimum_calls: 3, failure_rate: 0.6, open: 1 },
    custom_providers: { host: { base_url: `http://${host}:${port}`, allow_http: true } },
    ...more,
  })
  return {
    entries: {
      "circuit-status": entry("127.0.0.1"),
      "circuit-other": entry("localhost"),
      "circuit-cloudflare": entry("localhost", { cloudflare_error_status: true }),
      "circuit-none": { ...entry("127.0.0.1"), circuit_breaker: undefined },
    },
  }
}

export const circuitCases = (harness: Harness): void => {
  const call = async (gateway: string, how: object = {}, headers: Record<string, string> = {}) => {
    const id = harness.nextCase()
    const response = await fetch(`${harness.entry(gateway)}/custom-host/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, ...fault(how), ...headers, "x-simulator-case": id },
      body: chat(),
    })
    const text = await response.text()
    const attempts = await harness.attemptsOf(response)
    return {
      status: response.status,
      text,
      retryAfter: response.headers.get("retry-after"),
      circuits: attempts.map(({ circuit }) => circuit),
      errors: attempts.map(({ error }) => error),
      reached: harness.simulator.requests(id).length,
    }
  }
  const rest = () => new Promise((resolve) => setTimeout(resolve, 1050))

  test("a caller's own time-out says nothing about the host", async () => {
    for (let calls = 0; calls < 4; calls++) {
      const { status, circuits } = await call("circuit-other", { delay_ms: 200 }, {
        "cf-aig-request-timeout": "1",
      })
      assert.deepEqual([status, circuits], [504, ["closed"]])
    }
  })

  test("a circuit opens at its rate, holds calls back, and closes after a probe that succeeds", async () => {
    const gateway = "circuit-status"
    // What the caller did wrong says nothing about the host.
    for (const status of [200, 401, 404, 429]) {
      const { circuits, reached } = await call(gateway, status === 200 ? {} : { status })
      assert.deepEqual([circuits, reached], [["closed"], 1])
    }
    for (const how of [{ status: 529 }, { reset: true }, { status: 500 }, { status: 503 }, { status: 529 }]) {
      assert.deepEqual((await call(gateway, how)).circuits, ["closed"])
    }
    // 6 of 10: open.
    assert.deepEqual((await call(gateway, { status: 502 })).circuits, ["closed"])
    const held = await call(gateway)
    assert.deepEqual([held.status, held.circuits, held.errors, held.reached], [503, ["open"], [
      "circuit_open",
    ], 0])
    assert.equal((JSON.parse(held.text) as { internalCode: number }).internalCode, 2005)
    assert.match(held.retryAfter ?? "", /^[1-9]\d*$/)
    assert.ok(Number(held.retryAfter) <= 1)

    await rest()
    const failed = await call(gateway, { status: 500 })
    assert.deepEqual([failed.status, failed.circuits, failed.reached], [500, ["half_open"], 1])
    assert.deepEqual((await call(gateway)).circuits, ["open"])
    await rest()
    const mended = await call(gateway)
    assert.deepEqual([mended.status, mended.circuits, mended.reached], [200, ["half_open"], 1])
    assert.deepEqual((await call(gateway)).circuits, ["closed"])
  })

  test("each try of a request counts, and one that is held back is not retried", async () => {
    const retries = { "cf-aig-max-attempts": "3", "cf-aig-retry-delay": "0" }
    const first = await call("circuit-other", { status: 500 }, retries)
    assert.deepEqual([first.status, first.circuits, first.reached], [500, ["closed", "closed", "closed"], 3])
    const held = await call("circuit-other", {}, retries)
    assert.deepEqual([held.status, held.circuits, held.reached], [503, ["open"], 0])
    const cloudflares = await call("circuit-cloudflare")
    assert.deepEqual([cloudflares.status, cloudflares.circuits], [400, ["open"]])
    assert.match(cloudflares.retryAfter ?? "", /^1$/)
    // Another host's circuit is another.
    assert.equal((await call("circuit-status")).status, 200)
  })

  test("without circuit_breaker no circuit opens, however often a host fails", async () => {
    for (let calls = 0; calls < 12; calls++) {
      const { status, circuits } = await call("circuit-none", { status: 500 })
      assert.deepEqual([status, circuits], [500, [null]])
    }
  })
}
