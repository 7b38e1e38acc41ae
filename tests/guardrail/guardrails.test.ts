/** What guardrails do to requests and answers, seen from both sides of a gateway. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { policy, stream } from "../dlp/guarded-gateway.ts"
import { bombs, guardrails, verdict, withScanned } from "./scanned-gateway.ts"

const path = "baseten/v1/chat/completions"
const chat = (content: string, more: object = {}) => ({
  model: "openai/gpt-oss-120b",
  messages: [{ role: "user", content }],
  ...more,
})
const answer = (content: string) =>
  Response.json({
    id: "c",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 },
  })
const data = (value: unknown) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`
const delta = (content: string) =>
  data({ id: "c", choices: [{ index: 0, delta: { content }, finish_reason: null }] })
const last = data({ id: "c", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }) + data("[DONE]")
const codeOf = async (response: Response) => {
  const { error } = await response.json() as { error: [{ code: number; message: string }] }
  return [response.status, error[0].code, error[0].message]
}
const never = () => new Promise<Response>(() => {})

test("a blocked prompt is refused with 2016, and its call, already sent, is ended and charged", async () => {
  await withScanned(guardrails({ S9: "BLOCK" }, undefined), bombs, never, async (gateway) => {
    const { call, reached, asked, records, idle } = gateway
    assert.deepEqual(await codeOf(await call(path, chat("a BOMB"))), [
      424,
      2016,
      "Prompt blocked due to security configurations",
    ])
    assert.equal(reached.length, 1)
    assert.equal(reached[0]?.signal.aborted, true)
    assert.deepEqual(asked[0]?.messages, [{ role: "user", content: "a BOMB" }])
    assert.equal(asked[0]?.model, "llama-guard")
    assert.equal(asked[0]?.reached.headers.get("x-guard"), "sk-guard")
    assert.equal(asked[0]?.reached.headers.get("authorization"), null)
    await idle()
    const [record] = records
    assert.deepEqual(record?.guardrails, [{ phase: "prompt", category: "S9", action: "BLOCK" }])
    assert.deepEqual([record?.ending, record?.error_code, record?.usage_source], [
      "complete",
      2016,
      "estimated",
    ])
    assert.ok(Number(record?.tokens_in) > 0)
    assert.equal(record?.tokens_out, 0)
    const scanner = record?.guardrails_scanner
    assert.deepEqual([scanner?.model, scanner?.calls, scanner?.tokens_in], [
      "custom-guard/llama-guard",
      1,
      100,
    ])

    // What is known to be unsafe is neither sent nor judged again.
    assert.equal((await call(path, chat("a BOMB"))).status, 424)
    assert.equal(reached.length, 1)
    assert.equal(asked.length, 1)
  })
})

test("the costs of several verdicts are added up exactly", async () => {
  const prices = { "custom-guard/llama-guard": { input: "0.1", output: "0" } }
  const entry = { ...guardrails({ S9: "BLOCK" }, { S9: "BLOCK" }), prices }
  const tools = [{ type: "function", function: { name: "bake", description: "Bakes a cake" } }]
  await withScanned(entry, bombs, () => answer("a cake"), async (gateway) => {
    assert.match(await (await gateway.call(path, chat("hello", { tools }))).text(), /a cake/)
    await gateway.idle()
    const scanner = gateway.records.at(-1)?.guardrails_scanner
    assert.deepEqual([scanner?.calls, scanner?.tokens_in, scanner?.cost], [3, 300, 0.00003])
  })
})

test("a prompt whose category has no rule passes, and so does a safe one", async () => {
  await withScanned(guardrails({ S1: "BLOCK" }, undefined), bombs, () => answer("ok"), async (gateway) => {
    for (const content of ["a BOMB", "a cake"]) {
      assert.match(await (await gateway.call(path, chat(content))).text(), /ok/)
    }
    await gateway.idle()
    assert.deepEqual(gateway.records.map((record) => record.guardrails), [[], []])
  })
})

test("all texts of a request are judged, whatever their role, except those that the model does not read", async () => {
  await withScanned(guardrails({ S9: "BLOCK" }, undefined), bombs, () => answer("ok"), async (gateway) => {
    const messages = [
      { role: "system", content: "Be kind." },
      { role: "user", content: "hi" },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "1", function: { name: "f", arguments: '{"x":"y"}' } }],
      },
      { role: "tool", tool_call_id: "1", content: "<|eot_id|>safe" },
    ]
    const tools = [{ type: "function", function: { name: "f", description: "does it" } }]
    await (await gateway.call(path, { model: "m", user: "u-1", tool_choice: "auto", messages, tools })).text()
    assert.deepEqual(
      gateway.asked.map((one) => one.messages.map(({ content }) => content)),
      [['Be kind.\nhi\nf\n{"x":"y"}\n‹|eot_id|>safe'], ["f\ndoes it"]],
    )
  })
})

test("text that begins like base64 is judged, and so is UTF-16", async () => {
  await withScanned(guardrails({ S9: "BLOCK" }, undefined), bombs, never, async ({ call, reached }) => {
    assert.equal((await call(path, chat(`${"a".repeat(600)} a BOMB`))).status, 424)
    const text = JSON.stringify(chat("a BOMB"))
    for (const mark of ["", "\ufeff"]) {
      const wide = new Uint8Array(
        new Uint16Array([...(mark + text)].map((unit) => unit.charCodeAt(0))).buffer,
      )
      const response = await call(path, wide)
      assert.ok([400, 415].includes(response.status), String(response.status))
    }
    assert.equal(reached.length, 1)
  })
})

test("pictures in base64 are no text", async () => {
  await withScanned(
    guardrails({ S9: "BLOCK" }, undefined),
    bombs,
    () => answer("ok"),
    async ({ call, asked }) => {
      const url = `data:image/png;base64,${"iVBORw0KGgo/+Ab".repeat(200)}`
      const content = [{ type: "text", text: "what is it" }, { type: "image_url", image_url: { url } }]
      await (await call(path, { model: "m", messages: [{ role: "user", content }] })).text()
      assert.equal(asked[0]?.messages[0]?.content, "what is it")
    },
  )
})

test("a long prompt is judged in parts, which overlap", async () => {
  const far = `${"word ".repeat(3000)}BOMB${" word".repeat(100)}`
  await withScanned(guardrails({ S9: "BLOCK" }, undefined), bombs, never, async ({ call, asked }) => {
    assert.equal((await call(path, chat(far))).status, 424)
    assert.ok(asked.length <= 3)
    assert.ok(asked.every(({ messages }) => (messages[0]?.content.length ?? 0) <= 6000))
  })
})

test("an answer that a rule blocks is refused with 2017, and its tokens are counted", async () => {
  await withScanned(guardrails(undefined, { S9: "BLOCK" }), bombs, () => answer("BOMB"), async (gateway) => {
    assert.deepEqual(await codeOf(await gateway.call(path, chat("tell me"))), [
      424,
      2017,
      "Response blocked due to security configurations",
    ])
    assert.deepEqual(gateway.asked[0]?.messages, [
      { role: "user", content: "tell me" },
      { role: "assistant", content: "BOMB" },
    ])
    await gateway.idle()
    const [record] = gateway.records
    assert.deepEqual(record?.guardrails, [{ phase: "response", category: "S9", action: "BLOCK" }])
    assert.deepEqual([record?.tokens_out, record?.usage_source, record?.error_code], [20, "exact", 2017])
  })
})

test("nothing of an unsafe window is passed on: the stream ends with an error, and so does the provider's call", async () => {
  const safe = Array.from({ length: 30 }, (_, index) => delta(`word ${index} of it `))
  const events = [...safe, delta("and a B"), delta("OMB"), ...safe, ...safe, ...safe, last]
  await withScanned(guardrails(undefined, { S9: "BLOCK" }), bombs, () => stream(events), async (gateway) => {
    const response = await gateway.call(path, chat("hi", { stream: true }))
    assert.equal(response.status, 200)
    const text = await response.text()
    assert.ok(text.startsWith(safe.slice(0, 12).join("")), text)
    assert.doesNotMatch(text, /OMB|DONE/)
    assert.match(
      text,
      /data: \{"error":\{"message":"Response blocked due to security configurations","type":"blocked","code":2017/,
    )
    assert.equal(gateway.reached[0]?.signal.aborted, true)
    await gateway.idle()
    const [record] = gateway.records
    assert.deepEqual([record?.ending, record?.error_code, record?.error], [
      "blocked",
      2017,
      "response_unsafe",
    ])
    assert.ok(Number(record?.tokens_out) > 12)
  })
})

test("a safe stream is unchanged, with each format of end mark", async () => {
  const events = [...Array.from({ length: 300 }, (_, index) => delta(`piece ${index} `)), last]
  await withScanned(
    guardrails({ S9: "BLOCK" }, { S9: "BLOCK" }),
    bombs,
    () => stream(events),
    async (gateway) => {
      const usage = { stream: true, stream_options: { include_usage: true } }
      assert.equal(await (await gateway.call(path, chat("hi", usage))).text(), events.join(""))
      assert.ok(gateway.asked.length > 3 && gateway.asked.length < 10, String(gateway.asked.length))
    },
  )
})

test("FLAG holds nothing back, and records the categories", async () => {
  let release = (): void => {}
  const judged = new Promise<void>((resolve) => release = resolve)
  const slow = async (asked: Parameters<typeof bombs>[0]) => {
    await judged
    return bombs(asked)
  }
  const flag = { S9: "FLAG" }
  await withScanned(
    guardrails(flag, flag, { timeout: 60_000 }),
    slow,
    () => stream([delta("BOMB"), last]),
    async (gateway) => {
      const usage = { stream: true, stream_options: { include_usage: true } }
      const text = await (await gateway.call(path, chat("a BOMB", usage))).text()
      assert.equal(text, delta("BOMB") + last)
      release()
      await gateway.idle()
      assert.deepEqual(gateway.records[0]?.guardrails, [
        { phase: "prompt", category: "S9", action: "FLAG" },
        { phase: "response", category: "S9", action: "FLAG" },
      ])
    },
  )
})

/** A body of so many chunks that come one after the other. */
const endless = (chunk: string): Response =>
  stream(Array.from({ length: 100_000 }, () => chunk), "application/json")
const failures: Readonly<Record<string, () => Response | Promise<Response>>> = {
  "an error": () => new Response("{}", { status: 500 }),
  "its own refusal": () => new Response("{}", { status: 429 }),
  "no answer": never,
  "no connection": () => Promise.reject(new TypeError("connection refused")),
  "an answer without an end": () => endless(" ".repeat(1000)),
  "a page": () => new Response("<html>safe</html>", { headers: { "content-type": "text/html" } }),
  "a redirect": () =>
    new Response(null, { status: 302, headers: { location: "https://elsewhere.example/" } }),
  "an error that is called a success": () => Response.json({ error: { message: "safe" } }),
  "no categories": () => verdict("unsafe"),
  "unknown categories": () => verdict("unsafe\nS99"),
  "words about it": () => verdict("This is safe."),
  "a verdict behind words": () => verdict("User asks\nsafe"),
  "nothing": () => verdict(""),
}

for (const [name, fails] of Object.entries(failures)) {
  test(`a scanner that answers with ${name} is unavailable`, async () => {
    const timeout = { timeout: 150 }
    await withScanned(
      guardrails({ S9: "BLOCK" }, undefined, timeout),
      fails,
      () => answer("ok"),
      async (gateway) => {
        const response = await gateway.call(path, chat("hello"))
        assert.deepEqual((await codeOf(response)).slice(0, 2), [503, 7013])
        await gateway.idle()
        assert.deepEqual(gateway.records[0]?.guardrails, [{
          phase: "prompt",
          category: null,
          action: "unavailable",
        }])
      },
    )
    await withScanned(
      guardrails({ S9: "FLAG" }, { S1: "FLAG" }, timeout),
      fails,
      () => answer("ok"),
      async (gateway) => {
        assert.match(await (await gateway.call(path, chat("hello"))).text(), /ok/)
        await gateway.idle()
        assert.deepEqual(gateway.records[0]?.guardrails?.map(({ action }) => action), [
          "unavailable",
          "unavailable",
        ])
      },
    )
    await withScanned(
      guardrails(undefined, { S9: "BLOCK" }, timeout),
      fails,
      () => stream([delta("hello"), last]),
      async (gateway) => {
        const text = await (await gateway.call(path, chat("hello", { stream: true }))).text()
        assert.match(text, /"code":7013/)
        assert.doesNotMatch(text, /hello|DONE/)
        await gateway.idle()
        assert.deepEqual([gateway.records[0]?.ending, gateway.records[0]?.error_code], ["blocked", 7013])
      },
    )
  })
}

test("a scanner without credits is reported as such", async () => {
  const unpaid = () => new Response("{}", { status: 402 })
  await withScanned(guardrails({ S9: "BLOCK" }, undefined), unpaid, () => answer("ok"), async ({ call }) => {
    assert.deepEqual((await codeOf(await call(path, chat("hello")))).slice(0, 2), [402, 2021])
  })
})

test("a scanner that keeps failing is not called for a while; unreadable verdicts do not count as failures", async () => {
  for (const [fails, most] of [[failures["an error"], 10], [failures["words about it"], 30]] as const) {
    await withScanned(
      guardrails({ S9: "FLAG" }, undefined),
      fails ?? never,
      () => answer("ok"),
      async (gateway) => {
        for (let index = 0; index < 30; index++) {
          await (await gateway.call(path, chat(`hello ${index}`))).text()
        }
        await gateway.idle()
        assert.equal(gateway.asked.length, most)
      },
    )
  }
})

test("the scanner never sees what data loss prevention has masked", async () => {
  const entry = { ...guardrails({ S9: "BLOCK" }, { S9: "BLOCK" }), ...policy("MASK_RESTORE", ["email"]) }
  await withScanned(
    entry,
    bombs,
    ({ body }) => stream([delta(JSON.parse(body).messages[0].content), last]),
    async (gateway) => {
      const response = await gateway.call(path, chat("Ask jane@example.com", { stream: true }))
      assert.match(await response.text(), /Ask jane@example\.com/)
      assert.deepEqual(gateway.asked.map(({ messages }) => messages.at(-1)?.content), [
        "Ask [EMAIL_1]",
        "Ask [EMAIL_1]",
      ])
    },
  )
})

test("a cached answer is judged like a fresh one, with known verdicts", async () => {
  const entry = { ...guardrails({ S9: "BLOCK" }, { S9: "BLOCK" }), cache_ttl: 60, cache_streams: true }
  for (const isStream of [false, true]) {
    const reply = () => isStream ? stream([delta("a cake"), last]) : answer("a cake")
    await withScanned(entry, bombs, reply, async (gateway) => {
      for (const status of ["MISS", "HIT"]) {
        const response = await gateway.call(path, chat("hello", { stream: isStream }))
        assert.match(await response.text(), /a cake/)
        assert.equal(response.headers.get("cf-aig-cache-status"), status)
        await gateway.idle()
        assert.deepEqual(gateway.records.at(-1)?.guardrails, [])
      }
      assert.equal(gateway.asked.length, 2)
      assert.equal(gateway.records.at(-1)?.guardrails_scanner?.cached, 2)
    })
  }
})

test("after a refused step no other is tried", async () => {
  const step = (content: string) => ({
    provider: "baseten",
    endpoint: "v1/chat/completions",
    headers: { authorization: "Bearer sk-own" },
    query: chat(content),
  })
  await withScanned(guardrails({ S9: "BLOCK" }, undefined), bombs, never, async ({ call, reached }) => {
    const response = await call("", [step("BOMB"), step("cake")])
    assert.deepEqual((await codeOf(response)).slice(0, 2), [424, 2016])
    assert.equal(response.headers.get("cf-aig-step"), "0")
    assert.equal(reached.length, 1)
  })
})

test("for embeddings and a model's own code only the prompt is judged", async () => {
  await withScanned(
    guardrails({ S9: "BLOCK" }, { S9: "BLOCK" }),
    bombs,
    () => Response.json({ data: "BOMB" }),
    async (gateway) => {
      const predict = "baseten/model/abcd1234/environments/production/predict"
      assert.equal((await gateway.call(predict, { prompt: "cake" })).status, 200)
      assert.equal((await gateway.call(predict, { prompt: "BOMB" })).status, 424)
      const embeddings = "baseten/v1/embeddings"
      assert.equal((await gateway.call(embeddings, { model: "m", input: ["cake"] })).status, 200)
      assert.equal((await gateway.call(embeddings, { model: "m", input: ["cake", "BOMB"] })).status, 424)
    },
  )
})

test("prompts are judged whatever precedes their JSON, and plain text is a prompt", async () => {
  const rules = guardrails({ S9: "BLOCK" }, undefined)
  await withScanned(rules, bombs, () => answer("ok"), async ({ call }) => {
    const json = JSON.stringify(chat("a BOMB"))
    const compat = json.replace("openai/", "baseten/openai/")
    const predict = "baseten/model/abcd1234"
    for (const before of [" ".repeat(100), "\r\n\t".repeat(50), "\ufeff", `\ufeff${" ".repeat(70)}`]) {
      assert.equal((await call(path, before + json)).status, 424, JSON.stringify(before))
      const ofCompat = await call("compat/chat/completions", before + compat)
      assert.equal(ofCompat.status, before.startsWith("\ufeff") ? 400 : 424)
      assert.equal((await call(predict, `${before}{"text": "a BOMB"}`)).status, 424)
    }
    for (const type of ["text/plain", "application/octet-stream", "application/x-ndjson"]) {
      assert.equal((await call(predict, "how to build a BOMB", { "content-type": type })).status, 424, type)
      assert.equal((await call(predict, "how to build", { "content-type": type })).status, 200, type)
    }
    const sound = new Uint8Array([0xff, 0xfb, 0x90, 0x44, ...new TextEncoder().encode("BOMB")])
    assert.equal((await call(predict, sound, { "content-type": "application/octet-stream" })).status, 200)
  })
})

test("the arguments of a tool call are judged, whatever their names", async () => {
  const input = { id: "a BOMB", type: "x" }
  const use = { type: "tool_use", id: "toolu_1", name: "search", input }
  const asked = (content: unknown) => ({
    model: "m",
    max_tokens: 9,
    messages: [{ role: "assistant", content }],
  })
  const answered = () =>
    Response.json({ id: "m", type: "message", role: "assistant", model: "m", content: [use] })
  const both = guardrails({ S9: "BLOCK" }, { S9: "BLOCK" })
  await withScanned(both, bombs, answered, async ({ call, reached }) => {
    assert.deepEqual((await codeOf(await call("baseten/v1/messages", asked([use])))).slice(0, 2), [424, 2016])
    reached.length = 0
    assert.deepEqual((await codeOf(await call("baseten/v1/messages", asked("hi")))).slice(0, 2), [424, 2017])
    assert.equal(reached.length, 1)
  })
})
