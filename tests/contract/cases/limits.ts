/** Rate limits: how many pass, for whom, and what is told. */
import assert from "node:assert/strict"
import { test } from "node:test"
import OpenAI from "openai"
import { chat, type Configured, fault, type Harness, json } from "../harness.ts"
import { type Answered, type Ask, asker, statusesOf } from "../ask.ts"

/** So long that no case sees the end of a window. */
const month = 2_678_400

const long = (limit: number, technique?: "fixed" | "sliding") => ({
  rate_limiting_limit: limit,
  rate_limiting_interval: month,
  ...(technique && { rate_limiting_technique: technique }),
})
const second = { rate_limiting_limit: 2, rate_limiting_interval: 1 }

/** What these cases need configured. */
export const limitEntries = (): Configured => ({
  entries: {
    "limit-fixed": long(10, "fixed"),
    "limit-sliding": long(10, "sliding"),
    "limit-told": long(2),
    "limit-sdk": long(1),
    "limit-sdk-retry": { rate_limiting_limit: 1, rate_limiting_interval: 2 },
    "limit-off": { rate_limiting_limit: 0, rate_limiting_interval: null },
    "limit-second-fixed": second,
    "limit-second-sliding": { ...second, rate_limiting_technique: "sliding" },
    "limit-tries": { ...long(4), retry_max_attempts: 3, retry_delay: 1 },
    "limit-one": { ...long(1), retry_max_attempts: 5, retry_delay: 1 },
    "limit-none": { retry_max_attempts: 5, retry_delay: 1 },
    "limit-steps": long(3),
    "limit-steps-told": long(2),
    "limit-steps-keys": { rate_limits: [{ limit: 2, interval: month, per: ["key"] }] },
    "limit-refused": long(1),
    "limit-failed": long(2),
  },
})

export const limitCases = (harness: Harness): void => {
  const ask = asker(harness)
  const calls = (id: string): number => harness.simulator.requests(id).length
  const statuses = statusesOf(ask)
  const refusalOf = async (one: Ask): Promise<Answered> => {
    for (let tries = 0; tries < 50; tries++) {
      const answer = await ask(one)
      if (answer.response.status === 429) return answer
    }
    throw new Error("nothing was refused")
  }

  for (const technique of ["fixed", "sliding"]) {
    test(`${technique}: of 200 requests at once exactly 10 pass, and no other reaches Baseten`, async () => {
      const id = harness.nextCase()
      const one = { id, entry: `limit-${technique}`, headers: fault({ delay_ms: 100 }) }
      const answers = await Promise.all(Array.from({ length: 200 }, () => ask(one)))
      const passed = answers.filter(({ response }) => response.status === 200)
      const refused = answers.filter(({ response }) => response.status === 429)
      assert.deepEqual([passed.length, refused.length, calls(id)], [10, 190, 10])
      const remaining = passed.map(({ response }) =>
        /r=(\d+)/.exec(response.headers.get("ratelimit") ?? "")?.[1]
      )
      assert.deepEqual(remaining.map(Number).sort((a, b) => a - b), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      assert.equal((await ask(one)).response.status, 429)
    })

    test(`${technique}: after Retry-After requests pass again`, async () => {
      const one = { id: harness.nextCase(), entry: `limit-second-${technique}` }
      const { response } = await refusalOf(one)
      const seconds = Number(response.headers.get("retry-after"))
      assert.ok(seconds >= 1 && seconds <= 2, `${seconds}`)
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds))
      assert.equal((await ask(one)).response.status, 200)
    })
  }

  test("a refusal is 429 with code 2003 in Cloudflare's form, and says when to come back", async () => {
    const id = harness.nextCase()
    const one = { id, entry: "limit-told" }
    for (const remaining of [1, 0]) {
      const { headers, status } = (await ask(one)).response
      assert.equal(status, 200)
      assert.match(
        headers.get("ratelimit-policy") ?? "",
        new RegExp(`^"gateway";q=2;w=2678400;basegate-guarantee=${harness.scope}$`),
      )
      assert.match(headers.get("ratelimit") ?? "", new RegExp(`^"gateway";r=${remaining};t=\\d+$`))
      assert.equal(headers.get("retry-after"), null)
    }
    const { response, bytes } = await ask(one)
    assert.equal(response.status, 429)
    const { description, error, ...body } = JSON.parse(bytes.toString()) as Record<string, unknown>
    assert.deepEqual(body, {
      success: false,
      result: [],
      messages: [],
      name: "AiGatewayError",
      httpCode: 429,
      internalCode: 2003,
      message: "Rate limited",
    })
    assert.ok(typeof description === "string" && description.includes("2 requests"))
    const [{ code, message }] = error as [{ code: number; message: string }]
    assert.equal(code, 2003)
    assert.match(message, /^Rate limited/)
    assert.match(response.headers.get("content-type") ?? "", /^application\/json/)
    const seconds = Number(response.headers.get("retry-after"))
    assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= month)
    assert.match(response.headers.get("ratelimit-policy") ?? "", /^"gateway";q=2;w=2678400;/)
    assert.match(response.headers.get("ratelimit") ?? "", /^"gateway";r=0;t=\d+$/)
    for (const name of ["cf-aig-request-id", "cf-aig-log-id", "cf-aig-event-id"]) {
      assert.ok(response.headers.get(name), name)
    }
    assert.equal(calls(id), 2)
    const record = await harness.recordOf(response)
    assert.deepEqual([record["status"], record["error_code"], record["upstream_status"]], [429, 2003, null])
  })

  test("the OpenAI SDK sees a RateLimitError, and waits for Retry-After", async () => {
    const client = (entry: string, maxRetries: number) =>
      new OpenAI({ apiKey: "sk-own", baseURL: `${harness.entry(entry)}/baseten`, maxRetries })
    const hi = { model: "openai/gpt-oss-120b", messages: [{ role: "user" as const, content: "hi" }] }
    await client("limit-sdk", 0).chat.completions.create(hi)
    await assert.rejects(client("limit-sdk", 0).chat.completions.create(hi), (error) => {
      assert.ok(error instanceof OpenAI.RateLimitError)
      assert.ok(Number(error.headers?.get("retry-after")) >= 1)
      return true
    })
    const patient = client("limit-sdk-retry", 1)
    for (let time = 0; time < 2; time++) assert.ok(await patient.chat.completions.create(hi))
  })

  test("no limit, no headers: not set, 0 or null", async () => {
    for (const entry of ["plain", "limit-off"]) {
      for (let time = 0; time < 3; time++) {
        const { response } = await ask({ id: harness.nextCase(), entry })
        assert.equal(response.status, 200)
        assert.ok(!response.headers.has("ratelimit") && !response.headers.has("ratelimit-policy"))
      }
    }
  })

  test("each try counts, and none is made beyond the limit: the last answer is relayed", async () => {
    const id = harness.nextCase()
    const one = { id, entry: "limit-tries", headers: fault({ status: 500 }) }
    assert.deepEqual(await statuses([one, one, one]), [500, 500, 429])
    assert.equal(calls(id), 4)
  })

  /** The largest request of all: 20 steps, each of which would be tried five times. */
  const greedy = (id: string, entry: string) => {
    const step = {
      provider: "baseten",
      endpoint: "v1/chat/completions",
      headers: { ...json, ...fault({ status: 500 }), "x-simulator-case": id },
      query: JSON.parse(chat()) as unknown,
      config: { maxAttempts: 5, retryDelay: 1 },
    }
    return { id, entry, path: "", body: JSON.stringify(Array.from({ length: 20 }, () => step)) }
  }

  test("under a limit of one, a request with many steps and retries makes one call", async () => {
    const id = harness.nextCase()
    assert.deepEqual(await statuses([greedy(id, "limit-one")]), [429])
    assert.equal(calls(id), 1)
  })

  test("without a limit, a request with 20 steps makes 20 calls", async () => {
    const id = harness.nextCase()
    assert.deepEqual(await statuses([greedy(id, "limit-none")]), [500])
    assert.equal(calls(id), 20)
  })

  test("each step of a universal request counts", async () => {
    const id = harness.nextCase()
    const step = (headers: object) => ({
      provider: "baseten",
      endpoint: "v1/chat/completions",
      headers: { ...json, ...headers, "x-simulator-case": id },
      query: JSON.parse(chat()) as unknown,
    })
    const one = {
      id,
      entry: "limit-steps",
      path: "",
      body: JSON.stringify([step(fault({ status: 529 })), step({})]),
    }
    assert.deepEqual(await statuses([one, one, one]), [200, 429, 429])
    assert.equal(calls(id), 3)
  })

  const twoSteps = (id: string, first: object, second: object) =>
    JSON.stringify([first, second].map((headers) => ({
      provider: "baseten",
      endpoint: "v1/chat/completions",
      headers: { ...json, ...headers, "x-simulator-case": id },
      query: JSON.parse(chat()) as unknown,
    })))

  test("an answer of a later step has the limits' headers as well", async () => {
    const id = harness.nextCase()
    const body = twoSteps(id, fault({ status: 529 }), {})
    const { response } = await ask({ id, entry: "limit-steps-told", path: "", body })
    assert.equal(response.headers.get("cf-aig-step"), "1")
    assert.match(response.headers.get("ratelimit") ?? "", /^"gateway";r=0;/)
  })

  test("a key is counted in whichever step it is used", async () => {
    const id = harness.nextCase()
    const one = (index: number) => ({
      id,
      entry: "limit-steps-keys",
      path: "",
      body: twoSteps(id, { ...fault({ status: 529 }), authorization: `Bearer sk-other-${index}` }, {}),
    })
    assert.deepEqual(await statuses([one(0), one(1), one(2)]), [200, 200, 429])
  })

  test("calls refused for another reason are not counted", async () => {
    const one = { id: harness.nextCase(), entry: "limit-refused" }
    const malformed = { ...one, headers: { "cf-aig-max-attempts": "many" } }
    const unreadable = { ...one, path: "compat/chat/completions", body: "{" }
    assert.deepEqual(await statuses([malformed, unreadable, one, one]), [400, 400, 200, 429])
  })

  test("a call that Baseten does not answer is counted", async () => {
    const one = { id: harness.nextCase(), entry: "limit-failed" }
    const reset = { ...one, headers: fault({ reset: true }) }
    assert.deepEqual(await statuses([reset, one, one]), [502, 200, 429])
  })
}
