/** The steps of a universal request: what moves on to the next, and what the last one comes to. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Simulator } from "../../simulator/server.ts"
import { type Configured, eventually, type Harness } from "../harness.ts"
import { ask, callSteps, failNext, models, triesOf, withFault } from "../steps.ts"

/** What these cases need configured. */
export const fallbackEntries = ({ url }: Simulator): Configured => ({
  entries: {
    fallback: {
      custom_providers: {
        other: { base_url: url, allow_http: true },
        dead: { base_url: "http://127.0.0.1:9", allow_http: true },
      },
    },
  },
})

export const fallbackCases = (harness: Harness): void => {
  const base = () => harness.entry("fallback")

  for (const status of [400, 401, 403, 404, 408, 413, 422, 429, 500, 503, 529]) {
    test(`${status} moves on to the next step`, async () => {
      const id = harness.nextCase()
      const steps = [ask(id, models.gpt, withFault({ status })), ask(id, models.glm), ask(id, models.kimi)]
      const response = await callSteps(base(), steps)
      const { model } = await response.json() as { model: string }
      assert.deepEqual(
        [response.status, response.headers.get("cf-aig-step"), model],
        [200, "1", "zai-org/GLM-5.3"],
      )
      assert.deepEqual(await triesOf(harness, response), [[0, 1, status], [1, 1, 200]])
      const { step, status: told, model: recorded, attempts } = await harness.recordOf(response)
      assert.deepEqual([step, told, recorded], [1, 200, "zai-org/GLM-5.3"])
      assert.equal((attempts as ReadonlyArray<{ model: string }>)[0]?.model, "openai/gpt-oss-120b")
    })
  }

  test("no connection, a broken one, and a missing key move on", async () => {
    const id = harness.nextCase()
    const response = await callSteps(base(), [
      ask(id, "custom-dead/m"),
      ask(id, models.gpt, withFault({ reset: true })),
      ask(id, models.gpt, { headers: { authorization: "", "cf-aig-byok-alias": "none" } }),
      ask(id, models.kimi),
    ])
    await response.text()
    assert.deepEqual([response.status, response.headers.get("cf-aig-step")], [200, "3"])
    assert.deepEqual(await triesOf(harness, response), [
      [0, 1, "provider_failed"],
      [1, 1, "provider_failed"],
      [3, 1, 200],
    ])
  })

  const timeouts: ReadonlyArray<readonly [string, object, Record<string, string>]> = [
    ["config.requestTimeout", { config: { requestTimeout: 100 } }, {}],
    ["cf-aig-request-timeout of the step", { headers: { "cf-aig-request-timeout": "100" } }, {}],
    ["cf-aig-request-timeout of the request", {}, { "cf-aig-request-timeout": "100" }],
  ]
  for (
    const [name, { headers, config }, outer] of timeouts as ReadonlyArray<
      readonly [string, { headers?: object; config?: object }, Record<string, string>]
    >
  ) {
    test(`${name} ends a silent step and moves on`, async () => {
      const id = harness.nextCase()
      const silent = withFault({ hang: "headers" }).headers
      const steps = [
        ask(id, models.gpt, { headers: { ...silent, ...headers }, ...(config && { config }) }),
        ask(id, models.glm, { config: { requestTimeout: 10_000 } }),
      ]
      const response = await callSteps(base(), steps, outer)
      await response.text()
      assert.deepEqual([response.status, response.headers.get("cf-aig-step")], [200, "1"])
      assert.deepEqual(await triesOf(harness, response), [[0, 1, "provider_timeout"], [1, 1, 200]])
      await eventually(
        "Baseten's request is ended",
        () => harness.simulator.requests(id)[0]?.outcome === "client_closed",
      )
      assert.equal((await harness.recordOf(response))["ending"], "complete")
    })
  }

  test("the last failure is relayed unchanged", async () => {
    const id = harness.nextCase()
    const body = `{"error" : "no capacity", "n": 12345678901234567890}`
    const last = { status: 529, body, headers: { "x-told": "yes", "retry-after": "7" } }
    const steps = [ask(id, models.gpt, withFault({ status: 500 })), ask(id, models.glm, withFault(last))]
    const response = await callSteps(base(), steps)
    assert.deepEqual([response.status, await response.text()], [529, body])
    const told = ["cf-aig-step", "x-told", "retry-after"].map((name) => response.headers.get(name))
    assert.deepEqual(told, ["1", "yes", "7"])
    assert.deepEqual(await triesOf(harness, response), [[0, 1, 500], [1, 1, 529]])
  })

  test("a last step without an answer is 502 or 504, code 2005", async () => {
    const silent = { ...withFault({ hang: "headers" }), config: { requestTimeout: 50 } }
    for (const [status, last] of [[502, withFault({ reset: true })], [504, silent]] as const) {
      const id = harness.nextCase()
      const response = await callSteps(base(), [
        ask(id, models.gpt, withFault({ status: 503 })),
        ask(id, models.glm, last),
      ])
      const { internalCode } = await response.json() as { internalCode: number }
      assert.deepEqual([response.status, internalCode], [status, 2005])
      assert.equal(response.headers.get("cf-aig-step"), "1")
      assert.equal((await triesOf(harness, response)).length, 2)
      const { step, provider, model } = await harness.recordOf(response)
      assert.deepEqual([step, provider, model], [1, "baseten", "zai-org/GLM-5.3"])
    }
  })

  test("a last step that the gateway refuses is named by its number", async () => {
    const id = harness.nextCase()
    const refused = ask(id, "custom-other/m", { headers: { authorization: "", "cf-aig-byok-alias": "none" } })
    const steps = [ask(id, models.gpt, withFault({ status: 529 })), refused]
    const response = await callSteps(base(), steps, { "cf-aig-event-id": id })
    await response.text()
    const told = ["cf-aig-step", "cf-aig-event-id"].map((name) => response.headers.get(name))
    assert.deepEqual([response.status, ...told], [400, "1", id])
    const { step, provider, model } = await harness.recordOf(response)
    assert.deepEqual([step, provider, model], [1, "custom-other", "m"])
  })

  test("retries finish within a step before the next is called", async () => {
    const config = { maxAttempts: 3, retryDelay: 1, backoff: "constant" }
    const mended = harness.nextCase()
    await failNext(harness, mended, { status: 503 }, 2)
    const steps = (id: string) => [ask(id, models.gpt, { config }), ask(id, models.glm)]
    const first = await callSteps(base(), steps(mended))
    await first.text()
    assert.equal(first.headers.get("cf-aig-step"), "0")
    assert.deepEqual(await triesOf(harness, first), [[0, 1, 503], [0, 2, 503], [0, 3, 200]])
    const spent = harness.nextCase()
    await failNext(harness, spent, { status: 503 }, 3)
    const second = await callSteps(base(), steps(spent))
    await second.text()
    assert.equal(second.headers.get("cf-aig-step"), "1")
    assert.deepEqual(await triesOf(harness, second), [[0, 1, 503], [0, 2, 503], [0, 3, 503], [1, 1, 200]])
  })

  test("a stream can fall back to a plain answer, and the other way round", async () => {
    const id = harness.nextCase()
    const failed = withFault({ status: 529 })
    const streamed = await callSteps(base(), [
      ask(id, models.gpt, failed),
      ask(id, models.glm, {}, { stream: true }),
    ])
    assert.match(streamed.headers.get("content-type") ?? "", /^text\/event-stream/)
    assert.match(await streamed.text(), /data: \[DONE\]\n\n$/)
    assert.equal((await harness.recordOf(streamed))["stream"], true)
    const plain = await callSteps(base(), [
      ask(id, models.gpt, failed, { stream: true }),
      ask(id, models.glm),
    ])
    assert.equal((await plain.json() as { object: string }).object, "chat.completion")
    assert.equal((await harness.recordOf(plain))["stream"], false)
  })

  const efforts: ReadonlyArray<readonly [string, sent: unknown, said: RegExp | undefined]> = [
    ["baseten/zai-org/GLM-5.2", "high", /reasoning_effort.*zai-org\/GLM-5\.2/],
    ["baseten/nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B", undefined, /reasoning_effort.*Nemotron/],
    ["custom-other/zai-org/GLM-5.2", "medium", undefined],
    [models.glm, "medium", undefined],
  ]
  for (const [model, sent, said] of efforts) {
    test(`falling back to ${model}, reasoning_effort medium is ${sent ?? "left out"}`, async () => {
      const id = harness.nextCase()
      const effort = { reasoning_effort: "medium", temperature: 0 }
      const steps = [ask(id, models.gpt, withFault({ status: 529 }), effort), ask(id, model, {}, effort)]
      const response = await callSteps(base(), steps)
      await response.text()
      const bodies = harness.simulator.requests(id).map(({ body_text }) =>
        JSON.parse(body_text ?? "") as Record<string, unknown>
      )
      assert.deepEqual(bodies.map(({ reasoning_effort }) => reasoning_effort), ["medium", sent])
      assert.equal(bodies[1]?.["temperature"], 0)
      const changes = (await harness.recordOf(response))["changes"] as ReadonlyArray<string>
      assert.equal(changes.length, said === undefined ? 0 : 1)
      if (said !== undefined) assert.match(changes[0] ?? "", said)
    })
  }

  test("the first step's reasoning_effort is not changed", async () => {
    const id = harness.nextCase()
    const response = await callSteps(
      base(),
      ask(id, "baseten/zai-org/GLM-5.2", {}, { reasoning_effort: "low" }),
    )
    await response.text()
    assert.equal(response.status, 400)
    assert.deepEqual((await harness.recordOf(response))["changes"], [])
  })

  test("a client that leaves in a stream ends it, and no further step is called", async () => {
    const id = harness.nextCase()
    const controller = new AbortController()
    const steps = [
      ask(id, models.gpt, withFault({ status: 529 })),
      ask(id, models.glm, withFault({ drip_ms: 50, events: 1000 }), { stream: true }),
      ask(id, models.kimi),
    ]
    const response = await callSteps(base(), steps, {}, controller.signal)
    await response.body?.getReader().read()
    controller.abort()
    await eventually("Baseten sees it", () => harness.simulator.requests(id)[1]?.outcome === "client_closed")
    assert.equal(harness.simulator.requests(id).length, 2)
    const { ending, step } = await harness.recordOf(response)
    assert.deepEqual([ending, step], ["client_left", 1])
  })

  if (!harness.flags.noticesLeaveAfterUpload) return
  const waits: ReadonlyArray<readonly [string, object, object]> = [
    ["while a step is silent", { hang: "headers" }, {}],
    ["between two tries", { status: 503 }, { maxAttempts: 5, retryDelay: 60_000 }],
  ]
  for (const [when, fault, config] of waits) {
    test(`a client that leaves ${when} stops everything`, async () => {
      const id = harness.nextCase()
      const controller = new AbortController()
      const steps = [ask(id, models.gpt, { ...withFault(fault), config }), ask(id, models.glm)]
      callSteps(base(), steps, { "cf-aig-event-id": id }, controller.signal).catch(() => {})
      await eventually(
        "the first step is called",
        () => harness.simulator.requests(id)[0]?.outcome === ("status" in fault ? "completed" : "open"),
      )
      controller.abort()
      const record = () => harness.configured.records().find(({ event_id }) => event_id === id)
      await eventually("the record says so", () => record()?.["ending"] === "client_left")
      assert.equal(harness.simulator.requests(id).length, 1)
      await eventually("Baseten sees it", () => harness.simulator.requests(id)[0]?.outcome !== "open")
    })
  }
}
