/** Kinds of answers: which are kept, and that nothing is kept of one that failed. */
import assert from "node:assert/strict"
import { test } from "node:test"
import OpenAI from "openai"
import { chat, type Configured, eventually, fault, type Harness, json } from "../harness.ts"
import { asker } from "../ask.ts"

/** What these cases need configured. */
export const cachedKindEntries = (): Configured => ({
  entries: {
    "cached-streams": { cache_ttl: 300, cache_streams: true },
    "cached-silence": { cache_ttl: 300, idle_timeout: 300 },
    "cached-and-limited": {
      cache_ttl: 300,
      rate_limiting_limit: 1,
      rate_limiting_interval: 2_678_400,
    },
  },
})

export const cachedKindCases = (harness: Harness): void => {
  const ask = asker(harness)
  const calls = (id: string): number => harness.simulator.requests(id).length

  for (const status of [201, 400, 404, 429, 500, 503, 529]) {
    test(`an answer with status ${status} is not cached`, async () => {
      const id = harness.nextCase()
      const failing = fault({ status, body: { error: "no" } })
      assert.equal((await ask({ id, headers: failing })).response.status, status)
      const { response, status: cached } = await ask({ id })
      assert.deepEqual([response.status, cached, calls(id)], [200, "MISS", 2])
    })
  }

  test("an answer with no-store or private is not cached; one with no-cache, which Baseten always sends, is", async () => {
    for (const [value, again] of [["no-store", "MISS"], ["Private", "MISS"], ["no-cache", "HIT"]] as const) {
      const id = harness.nextCase()
      await ask({ id, headers: fault({ headers: { "Cache-Control": value } }) })
      assert.equal((await ask({ id })).status, again)
    }
  })

  test("a missing answer is not cached", async () => {
    const id = harness.nextCase()
    assert.equal((await ask({ id, headers: fault({ reset: true }) })).response.status, 502)
    assert.equal((await ask({ id })).status, "MISS")
  })

  const cuts: ReadonlyArray<readonly [path: string, how: object]> = [
    ["baseten/v1/chat/completions", { cut_after: 2 }],
    ["baseten/v1/chat/completions", { short_content_length: true }],
    ["baseten/model/text1234", { cut_after: 2 }],
    ["baseten/model/text1234", { cut_after: 2, reset: true }],
  ]
  for (const [path, how] of cuts) {
    test(`an answer of ${path} that was cut (${JSON.stringify(how)}) is aborted and not cached`, async () => {
      const id = harness.nextCase()
      const body = chat({ user: id, prompt: "hi" })
      await assert.rejects(ask({ id, path, body, headers: fault(how) }))
      const again = await ask({ id, path, body })
      assert.deepEqual([again.response.status, again.status, calls(id)], [200, "MISS", 2])
    })
  }

  test("an answer whose client left is not cached", async () => {
    const id = harness.nextCase()
    const controller = new AbortController()
    const one = {
      id,
      path: "baseten/model/size1234",
      body: JSON.stringify({ bytes: 40_000, chunk: 1000, id }),
    }
    const response = await fetch(`${harness.entry("cached")}/${one.path}`, {
      method: "POST",
      headers: { ...json, ...fault({ drip_ms: 25 }), "x-simulator-case": id },
      body: one.body,
      signal: controller.signal,
    })
    const reader = response.body?.getReader()
    await reader?.read()
    controller.abort()
    await reader?.read().catch(() => {})
    const left = () => harness.simulator.requests(id)[0]?.outcome === "client_closed"
    await eventually("Baseten sees it", left)
    const again = await ask(one)
    assert.deepEqual([again.status, again.bytes.length, calls(id)], ["MISS", 40_000, 2])
  })

  test("streams are not cached by default", async () => {
    const id = harness.nextCase()
    const one = { id, body: chat({ user: id, stream: true }) }
    for (let time = 0; time < 2; time++) {
      const { response, status, bytes } = await ask(one)
      assert.deepEqual([response.status, status], [200, "MISS"])
      assert.match(bytes.toString(), /data: \[DONE\]\n\n$/)
    }
    assert.equal(calls(id), 2)
  })

  const streams: ReadonlyArray<readonly [path: string, end: RegExp]> = [
    ["baseten/v1/chat/completions", /data: \[DONE\]\n\n$/],
    ["baseten/v1/messages", /message_stop/],
    ["baseten/v1/responses", /response\.completed/],
  ]
  for (const [path, end] of streams) {
    test(`cache_streams: a complete stream of ${path} is replayed as a stream`, async () => {
      const id = harness.nextCase()
      const members = { user: id, stream: true, max_tokens: 50, input: "hi" }
      const one = { id, entry: "cached-streams", path, body: chat(members) }
      const [first, again] = [await ask(one), await ask(one)]
      assert.deepEqual([first.status, again.status, calls(id)], ["MISS", "HIT", 1])
      assert.match(again.response.headers.get("content-type") ?? "", /^text\/event-stream/)
      assert.match(again.bytes.toString(), end)
      assert.deepEqual(again.bytes, first.bytes)
      assert.equal((await harness.recordOf(again.response))["stream"], true)
    })
  }

  test("cache_streams: the OpenAI SDK reads a cached stream", async () => {
    const id = harness.nextCase()
    const client = new OpenAI({
      apiKey: "sk-own",
      baseURL: `${harness.entry("cached-streams")}/baseten`,
      maxRetries: 0,
      defaultHeaders: { "x-simulator-case": id },
    })
    const read = async () => {
      const { data, response } = await client.chat.completions.create({
        model: "openai/gpt-oss-120b",
        stream: true,
        messages: [{ role: "user", content: id }],
      }).withResponse()
      let text = ""
      for await (const chunk of data) text += chunk.choices[0]?.delta.content ?? ""
      // The SDK is done at the end mark, before the body's own end.
      await harness.recordOf(response)
      return [text, response.headers.get("cf-aig-cache-status")]
    }
    const [text, status] = await read()
    assert.deepEqual([text?.includes(id), status], [true, "MISS"])
    assert.deepEqual(await read(), [text, "HIT"])
  })

  for (const how of [{ cut_after: 3 }, { no_done: true }, { cut_after: 2, cut_mid_event: true }]) {
    for (const entry of ["cached", "cached-streams"]) {
      test(`a stream that ends early (${JSON.stringify(how)}) has one error event and is not cached (${entry})`, async () => {
        const id = harness.nextCase()
        const one = { id, entry, body: chat({ user: id, stream: true }) }
        const { response, bytes } = await ask({ ...one, headers: fault(how) })
        assert.equal(bytes.toString().match(/"error"/g)?.length, 1)
        assert.equal((await harness.recordOf(response))["ending"], "upstream_cut")
        assert.equal((await ask(one)).status, "MISS")
        assert.equal(calls(id), 2)
      })
    }
  }

  test("an error that Baseten reports within a stream is shown once, and not cached", async () => {
    const id = harness.nextCase()
    const one = { id, entry: "cached-streams", body: chat({ user: id, stream: true }) }
    const { bytes } = await ask({ ...one, headers: fault({ error_event: true }) })
    assert.equal(bytes.toString().match(/"error"/g)?.length, 1)
    assert.equal((await ask(one)).status, "MISS")
  })

  test("an answer in which Baseten falls silent ends as idle, and is not cached", async () => {
    const id = harness.nextCase()
    const one = { id, entry: "cached-silence", body: chat({ user: id, stream: true }) }
    const { response, bytes } = await ask({ ...one, headers: fault({ stall_after: 2 }) })
    assert.equal(bytes.toString().match(/"code":"idle"/g)?.length, 1)
    assert.equal((await harness.recordOf(response))["ending"], "idle")
    assert.equal((await ask(one)).status, "MISS")
  })

  test("binary answers are cached, byte for byte", async () => {
    for (
      const [path, length] of [["baseten/model/bin12345", 65_536], [
        "baseten/model/size1234",
        70_000,
      ]] as const
    ) {
      const id = harness.nextCase()
      const one = { id, path, body: JSON.stringify({ bytes: length, id }) }
      const [first, again] = [await ask(one), await ask(one)]
      assert.deepEqual([first.status, again.status, calls(id)], ["MISS", "HIT", 1])
      assert.equal(again.bytes.length, length)
      assert.ok(again.bytes.equals(first.bytes))
      assert.equal(again.response.headers.get("content-type"), "application/octet-stream")
    }
  })

  test("an answer over the size limit passes whole and is not cached", async () => {
    const id = harness.nextCase()
    const size = 9 * 1024 * 1024
    for (let time = 1; time <= 2; time++) {
      const { response, status, bytes } = await ask({ id, headers: fault({ huge_bytes: size }) })
      assert.deepEqual([response.status, status, calls(id)], [200, "MISS", time])
      assert.ok(bytes.length > size)
      JSON.parse(bytes.toString())
    }
  })

  test("rate limits do not count cached answers, which are served even when they refuse", async () => {
    const id = harness.nextCase()
    const entry = "cached-and-limited"
    assert.equal((await ask({ id, entry })).status, "MISS")
    assert.equal((await ask({ id, entry, body: chat({ user: `${id}-too` }) })).response.status, 429)
    for (let time = 0; time < 3; time++) {
      const { response, status } = await ask({ id, entry })
      assert.deepEqual([response.status, status], [200, "HIT"])
    }
    assert.equal(calls(id), 1)
  })

  test("each step of the universal endpoint has its own place in the cache", async () => {
    const id = harness.nextCase()
    const step = (more: object, headers = {}) => ({
      provider: "baseten",
      endpoint: "v1/chat/completions",
      headers: { ...json, ...headers, "x-simulator-case": id },
      query: JSON.parse(chat({ user: id, ...more })) as unknown,
    })
    const steps = [step({ seed: 1 }, fault({ status: 529 })), step({ seed: 2 })]
    const one = { id, path: "", body: JSON.stringify(steps) }
    const [first, again] = [await ask(one), await ask(one)]
    assert.deepEqual([first.status, again.status], ["MISS", "HIT"])
    assert.equal(again.response.headers.get("cf-aig-step"), "1")
    assert.deepEqual(again.bytes, first.bytes)
    // The failed step is called each time, and the other one once.
    assert.equal(calls(id), 3)
    const uncached = { ...one, body: JSON.stringify([step({ seed: 2 }, { "cf-aig-cache-ttl": "0" })]) }
    assert.equal((await ask(uncached)).status, null)
  })
}
