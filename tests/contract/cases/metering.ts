/** Metering: tokens, cost and the first token in the record, whatever the client asked for and however it ended. */
import assert from "node:assert/strict"
import { test } from "node:test"
import OpenAI from "openai"
import { type Ask, asker } from "../ask.ts"
import { chat, type Configured, eventually, fault, type Harness, json } from "../harness.ts"
import { failNext } from "../steps.ts"

/** What these cases need configured. */
export const meteringEntries = (): Configured => ({
  entries: {
    metered: {},
    "metered-asked": { stream_usage: false },
    "metered-drained": { on_client_leave: "drain" },
    "metered-cached": { cache_ttl: 300, cache_streams: true },
    "metered-retried": {
      retry_max_attempts: 2,
      retry_delay: 300,
      retry_predict: true,
      prices: { json1234: { minute: 60 } },
    },
    "metered-priced": {
      prices: {
        "openai/gpt-oss-120b": { input: 1, cached_input: "0.5", output: 2 },
        abcd1234: { minute: 60, concurrency: 2 },
      },
    },
  },
})

/** What a record says of the tokens. */
const tokensOf = (record: Record<string, unknown>) => ({
  in: record["tokens_in"],
  out: record["tokens_out"],
  cached: record["tokens_cached"],
  source: record["usage_source"],
})

export const meteringCases = (harness: Harness): void => {
  const ask = asker(harness)

  test("what a server packs unasked is read, and arrives plain: also where only its tokens matter", async () => {
    const sync = "baseten/model/abcd1234/environments/production/sync/v1"
    const send = async (path: string, body: object, how: object) => {
      const response = await fetch(`${harness.entry("metered")}/${path}`, {
        method: "POST",
        headers: { ...json, ...fault(how) },
        body: JSON.stringify(body),
      })
      const record = await harness.recordOf(response)
      return {
        coding: response.headers.get("content-encoding"),
        text: await response.text(),
        ...tokensOf(record),
      }
    }
    for (
      const [path, body] of [
        [`${sync}/embeddings`, { model: "bge", input: "what is to be embedded" }],
        [`${sync}/chat/completions`, JSON.parse(chat())],
      ] as const
    ) {
      const packed = await send(path, body, { gzip: true })
      assert.equal(packed.coding, null, path)
      assert.ok(Number(packed.in) > 0, path)
      assert.equal(
        (JSON.parse(packed.text) as { usage: { prompt_tokens: number } }).usage.prompt_tokens,
        packed.in,
      )
      const plain = await send(path, body, {})
      assert.deepEqual([packed.in, packed.source], [plain.in, plain.source])
    }
  })
  const direct = (body: string, headers: Record<string, string> = {}, path = "/v1/chat/completions") =>
    fetch(`${harness.simulator.url}${path}`, { method: "POST", headers: { ...json, ...headers }, body })
  const metered = async (one: Omit<Ask, "id"> = {}) => {
    const answered = await ask({ id: harness.nextCase(), entry: "metered", ...one })
    return { ...answered, record: await harness.recordOf(answered.response) }
  }
  /** The usage that Baseten tells of an answer that is not streamed: what a stream's must come to as well. */
  const usageOf = async (body: string): Promise<Record<string, number>> => {
    const answer = await (await direct(JSON.stringify({ ...JSON.parse(body), stream: false }))).json()
    return (answer as { usage: Record<string, number> }).usage
  }

  test("a JSON answer: its tokens, and Baseten's price, exact", async () => {
    const { record, bytes } = await metered()
    const { usage } = JSON.parse(bytes.toString())
    const { prompt_tokens: input, completion_tokens: output } = usage
    const cached = usage.prompt_tokens_details.cached_tokens
    assert.deepEqual(tokensOf(record), { in: input, out: output, cached, source: "exact" })
    // gpt-oss-120b: 0.10, 0.10 and 0.50 USD a million; in units of 1e-8 USD all are whole.
    assert.equal(record["cost"], (input * 10 + output * 50) / 1e8)
    assert.equal(record["custom_cost"], false)
  })

  const body = chat({ stream: true })
  const streams: Record<string, object> = {
    "no stream_options": {},
    "stream_options without include_usage": { stream_options: { continuous_usage_stats: false } },
    "include_usage: false": { stream_options: { include_usage: false } },
    "stream_options: null": { stream_options: null },
  }
  for (const [name, members] of Object.entries(streams)) {
    test(`a stream with ${name} is metered without changing what its client sees`, async () => {
      const asked = chat({ stream: true, ...members })
      const { record, bytes } = await metered({ body: asked })
      assert.equal(bytes.toString(), await (await direct(asked)).text())
      assert.doesNotMatch(bytes.toString(), /usage/)
      const usage = await usageOf(asked)
      assert.deepEqual(
        [record["tokens_in"], record["tokens_out"], record["usage_source"]],
        [usage["prompt_tokens"], usage["completion_tokens"], "exact"],
      )
    })
  }

  test("a client that requests usage gets it byte for byte, and its body is not changed", async () => {
    const id = harness.nextCase()
    const asked = chat({ stream: true, stream_options: { include_usage: true } })
    const { record, bytes } = await metered({ body: asked })
    assert.equal(bytes.toString(), await (await direct(asked)).text())
    assert.equal(record["usage_source"], "exact")
    const answered = await ask({ id, entry: "metered", body: asked })
    await harness.recordOf(answered.response)
    assert.equal(harness.reached(id).body_text, asked)
  })

  test("only the request for usage is added to the body", async () => {
    const id = harness.nextCase()
    const odd = body.replace(/}$/, ',"seed":12345678901234567890, "x": 1e400 }')
    await ask({ id, entry: "metered", body: odd })
    assert.equal(
      harness.reached(id).body_text,
      odd.replace(/ }$/, ',"stream_options":{"include_usage":true} }'),
    )
  })

  test("a server that refuses the request for usage gets the client's own bytes", async () => {
    const id = harness.nextCase()
    await failNext(harness, id, { status: 400, body: { message: "Extra inputs: stream_options" } }, 1)
    const { response, bytes } = await ask({ id, entry: "metered", body })
    const record = await harness.recordOf(response)
    assert.deepEqual([response.status, record["usage_source"]], [200, "estimated"])
    assert.equal(bytes.toString(), await (await direct(body)).text())
    assert.deepEqual(harness.simulator.requests(id).map(({ body_text }) => body_text === body), [false, true])
  })

  test("a server's refusal of the client's own request is relayed, after one try", async () => {
    const id = harness.nextCase()
    const error = { message: "max_tokens is too large" }
    await failNext(harness, id, { status: 400, body: error }, 1)
    const { response, bytes } = await ask({ id, entry: "metered", body })
    assert.deepEqual([response.status, JSON.parse(bytes.toString())], [400, error])
    assert.equal(harness.simulator.requests(id).length, 1)
  })

  test("stream_usage: false requests no usage, and the tokens are estimated", async () => {
    const id = harness.nextCase()
    const { response } = await ask({ id, entry: "metered-asked", body })
    const record = await harness.recordOf(response)
    assert.equal(harness.reached(id).body_text, body)
    assert.equal(record["usage_source"], "estimated")
    assert.ok(Number(record["tokens_out"]) > 0 && Number(record["tokens_in"]) > 0)
  })

  for (
    const how of [{ split_bytes: 1 }, { split_bytes: 7 }, { one_chunk: true }, { crlf: true }, {
      lone_cr: true,
    }]
  ) {
    test(`usage is found and removed whatever the chunking (${JSON.stringify(how)})`, async () => {
      const { record, bytes } = await metered({ body, headers: fault(how) })
      assert.equal(bytes.toString(), await (await direct(body, fault(how))).text())
      assert.deepEqual(
        [record["tokens_out"], record["usage_source"]],
        [(await usageOf(body))["completion_tokens"], "exact"],
      )
    })
  }

  test("content after the finish is neither lost nor miscounted", async () => {
    const late = chat({ model: "deepseek-ai/DeepSeek-V4-Pro-0813", stream: true })
    const { record, bytes } = await metered({ body: late })
    assert.equal(bytes.toString(), await (await direct(late)).text())
    assert.equal(record["tokens_out"], (await usageOf(late))["completion_tokens"])
  })

  test("tool calls count as tokens, also for the time to the first token", async () => {
    const tools = [{ type: "function", function: { name: "look", parameters: { type: "object" } } }]
    const { record } = await metered({ body: chat({ stream: true, tools }) })
    assert.equal(record["usage_source"], "exact")
    assert.ok(Number(record["time_to_first_token_ms"]) >= Number(record["time_to_first_byte_ms"]))
  })

  test("numbers that are sent as text are read", async () => {
    const usage = { prompt_tokens: "12", completion_tokens: "34", total_tokens: "46" }
    const { record } = await metered({
      headers: fault({ status: 200, body: { object: "chat.completion", choices: [], usage } }),
    })
    assert.deepEqual(tokensOf(record), { in: 12, out: 34, cached: null, source: "exact" })
  })

  for (const stream of [false, true]) {
    const told = stream ? "streamed" : "whole"
    test(`messages, ${told}`, async () => {
      const { record } = await metered({
        path: "baseten/v1/messages",
        body: JSON.stringify({
          model: "zai-org/GLM-5.3",
          max_tokens: 100,
          stream,
          messages: [{ role: "user", content: "hi" }],
        }),
      })
      assert.equal(record["usage_source"], "exact")
      assert.ok(Number(record["tokens_in"]) > 0 && Number(record["tokens_out"]) > 0)
      assert.ok(Number(record["cost"]) > 0)
    })

    test(`responses, ${told}`, async () => {
      const { record } = await metered({
        path: "baseten/v1/responses",
        body: JSON.stringify({ model: "openai/gpt-oss-120b", input: "hi", stream }),
      })
      assert.equal(record["usage_source"], "exact")
      assert.ok(Number(record["tokens_in"]) > 0 && Number(record["tokens_out"]) > 0)
      if (stream) assert.ok(Number(record["time_to_first_token_ms"]) > 0)
    })
  }

  test("embeddings have input tokens and a model", async () => {
    const { record, response } = await metered({
      path: "baseten/model/embed123/sync/v1/embeddings",
      body: JSON.stringify({ model: "embed", input: "some text" }),
    })
    assert.equal(response.status, 200)
    assert.deepEqual([record["model"], record["usage_source"], record["cost"]], ["embed", "exact", null])
    assert.ok(Number(record["tokens_in"]) > 0)
  })

  for (
    const how of [{ cut_after: 6 }, { cut_after: 6, cut_mid_event: true }, { cut_after: 6, reset: true }]
  ) {
    test(`a stream that is cut (${JSON.stringify(how)}) is metered up to the cut`, async () => {
      // Slow enough that what came is read before the end is known: Bun drops what waits when a connection breaks.
      const { record, bytes } = await metered({ body, headers: fault({ ...how, drip_ms: 20 }) })
      assert.equal(record["ending"], "upstream_cut")
      assert.equal(record["usage_source"], "partial")
      assert.ok(Number(record["tokens_out"]) > 0)
      assert.ok(Number(record["tokens_out"]) < Number((await usageOf(body))["completion_tokens"]))
      assert.ok(Number(record["cost"]) > 0)
      // Every event is whole, so that the client gets to the error.
      const data = bytes.toString().split("\n\n").filter((event) => event.startsWith("data: "))
      for (const event of data) JSON.parse(event.slice(6))
      assert.match(data.at(-1) ?? "", /upstream_cut/)
    })
  }

  const leave = async (entry: string, id: string) => {
    const controller = new AbortController()
    const response = await fetch(`${harness.entry(entry)}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, ...fault({ drip_ms: 10, events: 20 }), "x-simulator-case": id },
      body,
      signal: controller.signal,
    })
    const reader = response.body?.getReader()
    for (let reads = 0; reads < 3; reads++) await reader?.read()
    controller.abort()
    return response
  }

  test("a call whose client leaves is metered up to that point", async () => {
    const record = await harness.recordOf(await leave("metered", harness.nextCase()))
    assert.deepEqual([record["ending"], record["usage_source"]], ["client_left", "partial"])
    assert.ok(Number(record["tokens_out"]) > 0)
  })

  test("on_client_leave: drain reads on, so that the usage is exact although the client left", async () => {
    const id = harness.nextCase()
    const record = await harness.recordOf(await leave("metered-drained", id))
    assert.deepEqual([record["ending"], record["usage_source"]], ["client_left", "exact"])
    assert.ok(Number(record["tokens_out"]) >= 20, `${record["tokens_out"]} tokens`)
    await eventually("Baseten has sent all of it", () => harness.reached(id).outcome === "completed")
  })

  test("custom costs replace the price, and the record says so", async () => {
    const cost = (value: object) => ({ "cf-aig-custom-cost": JSON.stringify(value) })
    const priced = await metered({ headers: cost({ per_token_in: 0.001, per_token_out: 0.01 }) })
    const { tokens_in: input, tokens_out: output } = priced.record
    assert.equal(priced.record["cost"], (Number(input) + 10 * Number(output)) / 1000)
    assert.equal(priced.record["custom_cost"], true)
    const total = await metered({ headers: cost({ total_cost: 1.25 }) })
    assert.deepEqual([total.record["cost"], total.record["custom_cost"]], [1.25, true])
  })

  test("a price by time charges the duration of the successful try, without waits and failed tries", async () => {
    const id = harness.nextCase()
    await failNext(harness, id, { status: 503, delay_ms: 300 }, 1)
    const response = await fetch(`${harness.entry("metered-retried")}/baseten/model/json1234`, {
      method: "POST",
      headers: { ...json, "x-simulator-case": id },
      body: "{}",
    })
    assert.deepEqual([response.status, await response.text()], [200, "{}"])
    const { attempts, total_ms, cost } = await harness.recordOf(response)
    const [, answered] = attempts as ReadonlyArray<{ started_ms: number }>
    // 60 USD a minute are a dollar a second.
    const most = Number(total_ms) - (answered?.started_ms ?? 0)
    assert.ok(Number(cost) > 0 && 1000 * Number(cost) <= most + 0.001, `${cost} of ${most} ms`)
  })

  test("the operator's prices take precedence over Baseten's, by token and by minute", async () => {
    const { record } = await metered({ entry: "metered-priced" })
    const { tokens_in: input, tokens_out: output, tokens_cached: cached } = record
    assert.equal(
      record["cost"],
      (Number(input) - Number(cached) + 0.5 * Number(cached) + 2 * Number(output)) / 1e6,
    )
    const dedicated = await metered({ entry: "metered-priced", path: "baseten/model/abcd1234", body: "{}" })
    // Half of 60 USD a minute is half a dollar a second.
    assert.ok(Number(dedicated.record["cost"]) > 0 && Number(dedicated.record["cost"]) < 5)
  })

  test("an unknown price is null; errors and the gateway's own answers cost nothing", async () => {
    assert.equal((await metered({ path: "baseten/model/json1234", body: "{}" })).record["cost"], null)
    assert.equal((await metered({ headers: fault({ status: 503 }) })).record["cost"], 0)
    assert.equal((await metered({ body: "{", path: "compat/chat/completions" })).record["cost"], 0)
  })

  test("a cache hit costs nothing, and replays the stream as its first client got it", async () => {
    const id = harness.nextCase()
    const one = { id, entry: "metered-cached", body: chat({ stream: true, user: id }) }
    const miss = await ask(one)
    const first = await harness.recordOf(miss.response)
    const hit = await ask(one)
    assert.equal(hit.status, "HIT")
    assert.deepEqual(hit.bytes, miss.bytes)
    assert.doesNotMatch(hit.bytes.toString(), /usage/)
    assert.ok(Number(first["cost"]) > 0 && first["usage_source"] === "exact")
    assert.equal((await harness.recordOf(hit.response))["cost"], 0)
  })

  test("a fetched response is counted once: when it was made, or at the end of its background work", async () => {
    const fetched = async (path: string, background: boolean) => {
      const usage = { input_tokens: 11, output_tokens: 7, total_tokens: 18 }
      const body = { id: "resp_1", object: "response", background, model: "openai/gpt-oss-120b", usage }
      const headers = fault({ status: 200, body, content_type: "application/json" })
      const { record } = await metered({ method: "GET", path, headers })
      assert.equal(record["status"], 200)
      return tokensOf(record)
    }
    for (
      const path of ["v1/responses/resp_1", "responses/resp_1?stream=false", "v1/responses/resp_1/cancel"]
    ) {
      const none = { in: null, out: null, cached: null, source: null }
      assert.deepEqual(await fetched(`baseten/${path}`, false), none, path)
      assert.equal((await fetched(`baseten/${path}`, true)).out, 7, path)
    }
  })

  test("the OpenAI SDK sees no usage that it did not ask for", async () => {
    const openai = new OpenAI({ apiKey: "sk-own", baseURL: `${harness.base}/baseten`, maxRetries: 0 })
    const stream = await openai.chat.completions.create({
      model: "openai/gpt-oss-120b",
      stream: true,
      messages: [{ role: "user", content: "hi" }],
    })
    let text = ""
    for await (const chunk of stream) {
      assert.equal(chunk.usage, undefined)
      assert.equal(chunk.choices.length, 1)
      text += chunk.choices[0]?.delta.content ?? ""
    }
    assert.match(text, /You said: hi/)
  })
}
