/** The steps of a universal request: under which options, limits and caches each is called. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Configured, Harness } from "../harness.ts"
import { ask, callSteps, failNext, models, triesOf, withFault } from "../steps.ts"

const month = 86_400 * 30

/** What these cases need configured. */
export const stepOptionEntries = (): Configured => ({
  entries: {
    "steps-retried": { retry_max_attempts: 3, retry_delay: 1, retry_backoff: "constant" },
    "steps-limited": { rate_limiting_limit: 2, rate_limiting_interval: month },
    "steps-by-model": { rate_limits: [{ limit: 2, interval: month, per: ["model"] }] },
    "steps-cached": { cache_ttl: 600, cache_streams: true },
  },
})

export const stepOptionCases = (harness: Harness): void => {
  test("a step's options override the request's, which override the gateway's", async () => {
    const id = harness.nextCase()
    const failed = withFault({ status: 503 })
    const steps = [
      ask(id, models.gpt, failed),
      ask(id, models.gpt, { ...failed, config: { maxAttempts: 1 } }),
      ask(id, models.gpt, { headers: { ...failed.headers, "cf-aig-max-attempts": "4" } }),
    ]
    const tries = async (headers: Record<string, string>) => {
      const response = await callSteps(harness.entry("steps-retried"), steps, headers)
      await response.text()
      const counts = [0, 0, 0]
      for (const [step] of await triesOf(harness, response)) counts[step] = (counts[step] ?? 0) + 1
      return counts
    }
    assert.deepEqual(await tries({}), [3, 1, 4])
    assert.deepEqual(await tries({ "cf-aig-max-attempts": "2" }), [2, 1, 4])
  })

  test("each step of a universal request counts", async () => {
    const statuses: Array<number> = []
    let refused: Response | undefined
    const id = harness.nextCase()
    const steps = [ask(id, models.gpt, withFault({ status: 529 })), ask(id, models.glm)]
    for (let call = 0; call < 3; call++) {
      refused = await callSteps(harness.entry("steps-limited"), steps)
      statuses.push(refused.status)
      if (call < 2) await refused.text()
    }
    assert.deepEqual(statuses, [200, 429, 429])
    assert.equal((await refused?.json() as { internalCode: number }).internalCode, 2003)
    assert.match(refused?.headers.get("retry-after") ?? "", /^\d+$/)
    assert.equal(harness.simulator.requests(id).length, 2)
  })

  test("a rule by model counts only calls of that model", async () => {
    const statuses: Array<number> = []
    const id = harness.nextCase()
    const failed = withFault({ status: 529 })
    const steps = [ask(id, models.gpt, failed), ask(id, models.gpt, failed), ask(id, models.glm)]
    for (let call = 0; call < 3; call++) {
      const response = await callSteps(harness.entry("steps-by-model"), steps)
      await response.text()
      statuses.push(response.status)
    }
    assert.deepEqual(statuses, [200, 200, 429])
    assert.equal(harness.simulator.requests(id).length, 4)
  })

  test("each step is cached by its own options", async () => {
    const gateway = harness.entry("steps-cached")
    const id = harness.nextCase()
    const call = async (headers: Record<string, string>, stream: boolean) => {
      const steps = [
        ask(id, models.gpt, withFault({ status: 529 })),
        ask(id, models.glm, { headers }, { stream, user: JSON.stringify(headers) }),
      ]
      const response = await callSteps(gateway, steps)
      const text = await response.text()
      const tries = await triesOf(harness, response)
      const told = ["cf-aig-step", "cf-aig-cache-status"].map((name) => response.headers.get(name))
      return { text, tries: tries.length, told }
    }
    for (const stream of [false, true]) {
      const miss = await call({}, stream)
      const hit = await call({}, stream)
      assert.deepEqual([miss.told, miss.tries], [["1", "MISS"], 2])
      assert.deepEqual([hit.told, hit.tries, hit.text], [["1", "HIT"], 1, miss.text])
    }
    for (let time = 0; time < 2; time++) {
      const uncached = await call({ "cf-aig-cache-ttl": "0" }, false)
      assert.deepEqual([uncached.told, uncached.tries], [["1", null], 2])
    }
  })

  test("a caller's cache key keeps the answers of different steps apart", async () => {
    const id = harness.nextCase()
    const call = async (fault: object) => {
      const steps = [ask(id, models.gpt, withFault(fault)), ask(id, models.glm)]
      const response = await callSteps(harness.entry("plain"), steps, { "cf-aig-cache-key": id })
      const { model } = await response.json() as { model: string }
      return [...["cf-aig-step", "cf-aig-cache-status"].map((name) => response.headers.get(name)), model]
    }
    assert.deepEqual(await call({ status: 529 }), ["1", "MISS", "zai-org/GLM-5.3"])
    assert.deepEqual(await call({ status: 529 }), ["1", "HIT", "zai-org/GLM-5.3"])
    assert.deepEqual(await call({}), ["0", "MISS", "openai/gpt-oss-120b"])
    assert.deepEqual(await call({ status: 529 }), ["0", "HIT", "openai/gpt-oss-120b"])
  })

  test("the event id of a step, where ai-gateway-provider puts it, is the answer's and the record's", async () => {
    const id = harness.nextCase()
    const response = await callSteps(harness.entry("plain"), [
      ask(id, models.gpt, { headers: { ...withFault({ status: 529 }).headers, "cf-aig-event-id": id } }),
      ask(id, models.glm, { headers: { "cf-aig-event-id": id } }),
    ])
    await response.text()
    assert.equal(response.headers.get("cf-aig-event-id"), id)
    assert.equal((await harness.recordOf(response))["event_id"], id)
  })

  test("a step's metadata may be text of all languages, as JSON and as an object", async () => {
    const metadata = { user: "Zoë 世界 🌍" }
    for (const given of [JSON.stringify(metadata), metadata]) {
      const step = ask(harness.nextCase(), models.gpt, { headers: { "cf-aig-metadata": given } })
      const response = await callSteps(harness.entry("plain"), [step])
      await response.text()
      assert.equal(response.status, 200)
      assert.deepEqual((await harness.recordOf(response))["metadata"], metadata)
    }
  })

  test("a dynamic route is a step of a universal request, which moves on when it fails", async () => {
    const id = harness.nextCase()
    const route = harness.entry("dynamic")
    const told = (response: Response) =>
      ["cf-aig-step", "cf-aig-model"].map((name) => response.headers.get(name))
    const chosen = await callSteps(route, [
      ask(id, "dynamic/tier", { headers: { "x-tier": "gold" } }),
      ask(id, models.kimi),
    ])
    await chosen.text()
    assert.deepEqual(told(chosen), ["0", "zai-org/GLM-5.3"])
    await failNext(harness, id, { status: 529 }, 2)
    const left = await callSteps(route, [ask(id, "dynamic/backup"), ask(id, models.kimi)])
    await left.text()
    assert.deepEqual(told(left), ["1", null])
    assert.deepEqual(await triesOf(harness, left), [[0, 1, 529], [0, 1, 529], [1, 1, 200]])
    assert.equal((await harness.recordOf(left))["model"], "moonshotai/Kimi-K3")
    const steps = [ask(id, models.kimi, withFault({ status: 500 })), ask(id, "dynamic/backup")]
    const reached = await callSteps(route, steps)
    await reached.text()
    assert.deepEqual(told(reached), ["1", "openai/gpt-oss-120b"])
    assert.equal((await harness.recordOf(reached))["model"], "openai/gpt-oss-120b")
  })
}
