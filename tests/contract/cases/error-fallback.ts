/** Fall back on an answer of status 200 that begins with an error, where the settings or a step ask for that. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, type Configured, failing, type Harness, json } from "../harness.ts"
import { ask as stepOf, callSteps, models, triesOf } from "../steps.ts"

const [glm, gpt] = ["zai-org/GLM-5.3", "openai/gpt-oss-120b"]
const element = (id: string, type: string, outputs: Readonly<Record<string, string>>, properties = {}) => ({
  id,
  type,
  properties,
  outputs: Object.fromEntries(Object.entries(outputs).map(([name, elementId]) => [name, { elementId }])),
})
const settings = {
  retry_delay: 1,
  model_aliases: { both: { targets: [`baseten/${glm}`, `baseten/${gpt}`] } },
  routes: {
    both: [
      element("start", "start", { next: "glm" }),
      element("glm", "model", { success: "end", fallback: "gpt" }, { provider: "baseten", model: glm }),
      element("gpt", "model", { success: "end" }, { provider: "baseten", model: gpt }),
      element("end", "end", {}),
    ],
  },
}

/** What these cases need configured. */
export const errorFallbackEntries = (): Configured => ({
  entries: {
    "error-fallback": { ...settings, fallback_on_reported_error: true },
    "error-passes": settings,
  },
})

const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`
const error = { message: "queue full", type: "overloaded" }
const done = "data: [DONE]\n\n"
const ok = (body: string, content_type: string, more = {}) => ({ status: 200, content_type, body, ...more })
const events = (body: string, more = {}) => ok(body, "text/event-stream", more)

/** What fails, and what is recorded of that try. */
const failed: Readonly<Record<string, readonly [fault: object, outcome: string, status: number | null]>> = {
  "JSON that is an error": [ok(JSON.stringify({ error }), "application/json"), "reported_error", 200],
  "an event that is an error": [events(data({ error }) + done), "reported_error", 200],
  "an event named error": [events("event: error\ndata: queue full\n\n"), "reported_error", 200],
  "an error behind comments, in pieces": [
    events(`: hello\n\n\n: again\n${data({ error })}${done}`, { split_bytes: 7 }),
    "reported_error",
    200,
  ],
  "a stream that breaks off before its first event": [
    events(": hello\n\n", { ends: "reset" }),
    "provider_failed",
    null,
  ],
  "a stream without an event": [events("", { ends: "chunks" }), "provider_failed", null],
}

export const errorFallbackCases = (harness: Harness): void => {
  const call = async (
    model: string,
    faults: ReadonlyArray<object>,
    { entry = "error-fallback", stream = true, headers = {} as Record<string, string> } = {},
  ) => {
    const id = harness.nextCase()
    await failing(harness, id, faults)
    const response = await fetch(`${harness.entry(entry)}/compat/chat/completions`, {
      method: "POST",
      headers: { ...json, "x-simulator-case": id, ...headers },
      body: chat({ model, stream, stream_options: { include_usage: true } }),
    })
    const text = await response.text()
    const record = await harness.recordOf(response)
    const attempts = record["attempts"] as ReadonlyArray<{ status: number | null; error: string | null }>
    const tried = harness.simulator.requests(id).map(({ body_text }) =>
      (JSON.parse(body_text ?? "{}") as { model: string }).model
    )
    return {
      response,
      status: response.status,
      text,
      record,
      tried,
      tries: attempts.map(({ status, error }) => [status, error]),
    }
  }

  for (const [name, [fault, outcome, status]] of Object.entries(failed)) {
    test(`${name} falls back`, async () => {
      const answered = await call("custom/both", [fault])
      assert.deepEqual([answered.status, answered.tried], [200, [glm, gpt]])
      assert.ok(answered.text.endsWith(done), answered.text)
      assert.deepEqual(answered.tries, [[status, outcome], [200, null]])
      const { record } = answered
      assert.deepEqual([record["error"], record["ending"], record["model"]], [null, "complete", gpt])
    })
  }

  test("a dynamic route takes its fallback, also for an answer that is not a stream", async () => {
    const fault = failed["JSON that is an error"]?.[0] ?? {}
    const { tried, text } = await call("dynamic/both", [fault], { stream: false })
    assert.deepEqual(tried, [glm, gpt])
    assert.equal((JSON.parse(text) as { model: string }).model, gpt)
  })

  test("retries come first", async () => {
    const headers = { "cf-aig-max-attempts": "2" }
    const { tried, tries, record } = await call("custom/both", [events(data({ error }))], { headers })
    assert.deepEqual(tried, [glm, glm])
    assert.deepEqual([tries, record["error"]], [[[200, "reported_error"], [200, null]], null])
  })

  test("the last answer is relayed unchanged, and recorded as an error", async () => {
    const body = events(data({ error }) + done)
    const streamed = await call("custom/both", [body, body])
    assert.deepEqual([streamed.status, streamed.text], [200, body.body])
    assert.deepEqual(streamed.tries, [[200, "reported_error"], [200, "reported_error"]])
    assert.equal(streamed.record["error"], "overloaded: queue full")
    const whole = ok(JSON.stringify({ error }), "application/json")
    const direct = await call(`baseten/${glm}`, [whole], { stream: false })
    assert.deepEqual([direct.status, direct.text], [200, whole.body])
  })

  test("an error after the first event, and an answer without an error, are relayed unchanged", async () => {
    const late = events(
      data({ choices: [{ delta: { content: "Hi" } }], usage: null }) + data({ error }) + done,
    )
    const broken = await call("custom/both", [late])
    assert.deepEqual([broken.text, broken.tried], [late.body, [glm]])
    const long = ok(JSON.stringify({ choices: [], text: "x".repeat(200_000) }), "application/json")
    const whole = await call("custom/both", [long], { stream: false })
    assert.deepEqual([whole.text, whole.tried], [long.body, [glm]])
  })

  test("none of this happens without the setting, unless a step requests it; a step can decline it", async () => {
    const fault = events(data({ error }) + done)
    const passed = await call("custom/both", [fault], { entry: "error-passes" })
    assert.deepEqual([passed.text, passed.tried], [fault.body, [glm]])
    const steps = async (entry: string, fallbackOnReportedError: unknown) => {
      const id = harness.nextCase()
      await failing(harness, id, [fault])
      const step = stepOf(id, models.glm, { config: { fallbackOnReportedError } }, { stream: true })
      const response = await callSteps(harness.entry(entry), [step, stepOf(id, models.gpt)])
      const text = await response.text()
      return { response, text, step: response.headers.get("cf-aig-step"), status: response.status }
    }
    const asked = await steps("error-passes", true)
    assert.equal(asked.step, "1")
    assert.deepEqual(await triesOf(harness, asked.response), [[0, 1, 200], [1, 1, 200]])
    const declined = await steps("error-fallback", false)
    assert.deepEqual([declined.step, declined.text], ["0", fault.body])
    const wrong = await steps("error-passes", "yes")
    assert.equal(wrong.status, 400)
    assert.match(wrong.text, /fallbackOnReportedError/)
  })
}
