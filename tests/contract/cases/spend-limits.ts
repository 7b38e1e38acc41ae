/** Spend limits: what is booked on which budget, and what is refused once one is spent. */
import assert from "node:assert/strict"
import { test } from "node:test"
import OpenAI from "openai"
import { chat, type Configured, eventually, fault, type Harness, json } from "../harness.ts"
import { type Ask, asker, statusesOf } from "../ask.ts"
import { budget, costing } from "../budgets.ts"

/** What these cases need configured. */
export const spendLimitEntries = (): Configured => ({
  entries: {
    "spend-total": budget({ id: "monthly" }),
    "spend-sliding": budget({ technique: "sliding" }),
    "spend-sdk": budget({}),
    "spend-per-token": budget({}),
    "spend-table": budget({ limit: 0.000_1 }),
    "spend-table-stream": budget({ limit: 0.000_1 }),
    "spend-table-text": budget({ limit: 0.000_1 }),
    "spend-unpriced": budget({ limit: 0.000_001 }),
    "spend-second": budget({ window: 1 }),
    "spend-cached": { ...budget({}), cache_ttl: 300 },
    "spend-hits": { ...budget({}), cache_ttl: 300 },
    "spend-failed": budget({}),
    "spend-left": budget({}),
    "spend-burst": budget({}),
    "spend-burst-priced": budget({ limit: 0.000_1 }),
    "spend-burst-failed": budget({}),
    "spend-burst-left": budget({}),
  },
})

export const spendLimitCases = (harness: Harness): void => {
  const ask = asker(harness)
  const calls = (id: string): number => harness.simulator.requests(id).length
  const statuses = statusesOf(ask)

  test("a spent budget refuses: 429, code 2041, Cloudflare's sentence, and Retry-After", async () => {
    const id = harness.nextCase()
    const one = { id, entry: "spend-total", headers: costing(0.6) }
    // What a request costs is booked when it has ended: one may overshoot.
    assert.deepEqual(await statuses([one, one]), [200, 200])
    const { response, bytes } = await ask(one)
    assert.equal(response.status, 429)
    const body = JSON.parse(bytes.toString()) as Record<string, unknown>
    const sentence = "Spend limit exceeded: rule 'monthly' (cost limit 1 per 2678400s, fixed) " +
      "for baseten openai/gpt-oss-120b"
    assert.deepEqual(body, {
      success: false,
      result: [],
      messages: [],
      error: [{ code: 2041, message: sentence }],
      name: "AiGatewayError",
      httpCode: 429,
      internalCode: 2041,
      message: "Spend limit exceeded",
      description: sentence,
    })
    const seconds = Number(response.headers.get("retry-after"))
    assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 2_678_400)
    assert.match(
      response.headers.get("ratelimit-policy") ?? "",
      new RegExp(`^"monthly";q=1000000;qu="micro-usd";w=2678400;basegate-guarantee=${harness.scope}$`),
    )
    assert.match(response.headers.get("ratelimit") ?? "", new RegExp(`^"monthly";r=0;t=${seconds}$`))
    assert.equal(calls(id), 2)
    const record = await harness.recordOf(response)
    assert.deepEqual([record["status"], record["error_code"], record["upstream_status"]], [429, 2041, null])
  })

  test("sliding budgets refuse as well", async () => {
    const one = { id: harness.nextCase(), entry: "spend-sliding", headers: costing(1) }
    assert.deepEqual(await statuses([one, one]), [200, 429])
  })

  test("the OpenAI SDK sees a RateLimitError", async () => {
    const client = new OpenAI({
      apiKey: "sk-own",
      baseURL: `${harness.entry("spend-sdk")}/baseten`,
      maxRetries: 0,
      defaultHeaders: costing(2),
    })
    const hi = { model: "openai/gpt-oss-120b", messages: [{ role: "user" as const, content: "hi" }] }
    await client.chat.completions.create(hi)
    await assert.rejects(client.chat.completions.create(hi), (error) => {
      assert.ok(error instanceof OpenAI.RateLimitError)
      assert.match(error.message, /Spend limit exceeded: rule 'rule-0'/)
      return true
    })
  })

  /** Asks until a budget is spent, by a price per token in and out, and holds that exactly then it refuses. */
  const spend = async (one: Ask, limit: number, [input, output]: readonly [number, number]) => {
    let spent = 0
    while (spent < limit) {
      const { response, bytes } = await ask(one)
      assert.equal(response.status, 200, `after ${spent} of ${limit}`)
      const last = (name: string) =>
        Number([...bytes.toString().matchAll(new RegExp(`"${name}":(\\d+)`, "g"))].at(-1)?.[1])
      const cost = last("prompt_tokens") * input + last("completion_tokens") * output
      assert.ok(cost > limit / 10 && cost < limit, `${cost}`)
      spent += cost
    }
    assert.equal((await ask(one)).response.status, 429)
  }

  test("cf-aig-custom-cost per token counts the tokens of the answer", async () => {
    const priced = (per_token_in: number, per_token_out: number) => ({
      id: harness.nextCase(),
      entry: "spend-per-token",
      body: chat({ max_tokens: 20 }),
      headers: { "cf-aig-custom-cost": JSON.stringify({ per_token_in, per_token_out }) },
    })
    assert.deepEqual(await statuses([priced(0, 0), priced(0, 0)]), [200, 200])
    await spend(priced(0.002, 0.01), 1, [0.002, 0.01])
  })

  const kinds: ReadonlyArray<
    readonly [what: string, entry: string, members: object, headers?: Record<string, string>]
  > = [
    ["a JSON answer", "spend-table", {}],
    ["a body that is not called JSON", "spend-table-text", {}, { "content-type": "text/plain" }],
    ["a stream", "spend-table-stream", { stream: true, stream_options: { include_usage: true } }],
  ]
  for (const [what, entry, members, headers = {}] of kinds) {
    test(`without a custom cost, ${what} costs what Baseten's price list says`, async () => {
      const one = { id: harness.nextCase(), entry, body: chat(members), headers }
      await spend(one, 0.000_1, [0.1e-6, 0.5e-6])
    })
  }

  test("a model without a price costs nothing, as does one that is billed by the minute", async () => {
    const one = { id: harness.nextCase(), entry: "spend-unpriced", path: "baseten/model/json1234" }
    const container = { ...one, path: "baseten/model/chat1234/sync/v1/chat/completions" }
    assert.deepEqual(await statuses([one, one, container, container]), [200, 200, 200, 200])
  })

  test("of 200 calls at once as many pass as the budget allows, and the rest do not overshoot it", async () => {
    const id = harness.nextCase()
    const one = { id, entry: "spend-burst", headers: { ...costing(0.1), ...fault({ delay_ms: 500 }) } }
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(one)))
    const passed = answers.filter(({ response }) => response.status === 200).length
    assert.deepEqual([passed, calls(id)], [10, 10])
    assert.equal((await ask(one)).response.status, 429)
  })

  test("if only calls in flight fill the budget, Retry-After is a second", async () => {
    const id = harness.nextCase()
    const one = {
      id,
      entry: "spend-burst-failed",
      headers: { ...costing(2), ...fault({ delay_ms: 1000, status: 500 }) },
    }
    const first = ask(one)
    await eventually("it has reached Baseten", () => calls(id) === 1)
    const { response } = await ask(one)
    assert.deepEqual([response.status, response.headers.get("retry-after")], [429, "1"])
    assert.equal((await first).response.status, 500)
  })

  test("a burst is held back by the expected cost of its calls", async () => {
    const id = harness.nextCase()
    const body = chat({ max_tokens: 100 })
    const one = { id, entry: "spend-burst-priced", body, headers: fault({ delay_ms: 500 }) }
    await Promise.all(Array.from({ length: 100 }, () => ask(one)))
    assert.ok(calls(id) >= 1 && calls(id) <= 3, `${calls(id)} calls`)
  })

  test("calls that cost nothing release their share, however they end", async () => {
    const id = harness.nextCase()
    const one = { id, entry: "spend-burst-failed", headers: costing(2) }
    const ending = (how: object, headers: object = {}) => ({
      ...one,
      headers: { ...one.headers, ...fault(how), ...headers },
    })
    const all = [
      ending({ status: 500 }),
      ending({ reset: true }),
      ending({ hang: "headers" }, { "cf-aig-request-timeout": "100" }),
      { ...one, path: "baseten/v1/no/such/route" },
    ]
    assert.deepEqual(await statuses(all), [500, 502, 504, 404])
  })

  test("a call whose client left before the answer releases its share", async () => {
    if (!harness.flags.noticesSilentLeave || !harness.flags.noticesLeaveAfterUpload) return
    const id = harness.nextCase()
    const one = { id, entry: "spend-burst-left", headers: costing(2) }
    const controller = new AbortController()
    const headers = { ...one.headers, ...fault({ hang: "headers" }) }
    const left = ask({ ...one, headers, signal: controller.signal }).catch(() => undefined)
    await eventually("it has reached Baseten", () => calls(id) === 1)
    controller.abort()
    await left
    await eventually("it is ended", () => harness.simulator.requests(id)[0]?.outcome === "client_closed")
    assert.deepEqual(await statuses([one, one]), [200, 429])
  })

  test("a budget comes back with its next window", async () => {
    const one = { id: harness.nextCase(), entry: "spend-second", headers: costing(2) }
    let refused: Response | undefined
    for (let tries = 0; tries < 10 && refused === undefined; tries++) {
      const { response } = await ask(one)
      if (response.status === 429) refused = response
    }
    assert.equal(refused?.headers.get("retry-after"), "1")
    await new Promise((resolve) => setTimeout(resolve, 1000))
    assert.equal((await ask(one)).response.status, 200)
  })

  test("a caller over budget still gets cached answers", async () => {
    const id = harness.nextCase()
    const one = { id, entry: "spend-cached", headers: costing(2) }
    const other = { ...one, body: chat({ user: `${id}-too` }) }
    assert.deepEqual(await statuses([one, other, one]), [200, 429, 200])
    assert.deepEqual([(await ask(one)).status, calls(id)], ["HIT", 1])
  })

  test("cached answers cost nothing", async () => {
    const id = harness.nextCase()
    const one = { id, entry: "spend-hits", headers: costing(0.3) }
    assert.deepEqual(await statuses([one, one, one, one, one]), [200, 200, 200, 200, 200])
    const other = { ...one, body: chat({ user: `${id}-too` }) }
    assert.equal((await ask(other)).response.status, 200)
  })

  test("failed answers cost nothing", async () => {
    const one = { id: harness.nextCase(), entry: "spend-failed", headers: costing(2) }
    const failing = (how: object) => ({ ...one, headers: { ...one.headers, ...fault(how) } })
    const all = [failing({ status: 500 }), failing({ status: 429 }), failing({ reset: true }), one, one]
    assert.deepEqual(await statuses(all), [500, 429, 502, 200, 429])
  })

  test("a stream whose client left costs what had been generated", async () => {
    const id = harness.nextCase()
    const entry = "spend-left"
    const controller = new AbortController()
    const response = await fetch(`${harness.entry(entry)}/baseten/v1/chat/completions`, {
      method: "POST",
      signal: controller.signal,
      headers: {
        ...json,
        ...fault({ drip_ms: 20, events: 200 }),
        "cf-aig-custom-cost": JSON.stringify({ per_token_in: 1, per_token_out: 1 }),
        "x-simulator-case": id,
      },
      body: chat({ stream: true, stream_options: { include_usage: true } }),
    })
    const reader = response.body?.getReader()
    await reader?.read()
    controller.abort()
    await eventually(
      "Baseten sees it",
      () => harness.simulator.requests(id)[0]?.outcome === "client_closed",
    )
    await harness.recordOf(response)
    assert.equal((await ask({ id, entry })).response.status, 429)
  })
}
