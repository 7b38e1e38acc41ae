/** What policies do to requests and answers, seen from both sides of a gateway. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { policy, stream, withGuarded } from "./guarded-gateway.ts"

const chat = (content: string, more: object = {}) => ({
  model: "m",
  messages: [{ role: "user", content }],
  ...more,
})
const path = "baseten/v1/chat/completions"
const answer = (content: string) =>
  Response.json({
    id: "c",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
  })
const data = (value: unknown) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`
const delta = (content: string) =>
  data({ id: "c", choices: [{ index: 0, delta: { content }, finish_reason: null }] })
const last = data({ id: "c", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }) + data("[DONE]")
const said = (text: string): string =>
  [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json = ""]) =>
    JSON.parse(json).choices?.[0]?.delta?.content ?? ""
  ).join("")

test("MASK: placeholders go up, and the rest of the body as it was", async () => {
  await withGuarded(
    policy("MASK", ["email", "card"], ["REQUEST"]),
    () => answer("ok"),
    async ({ call, reached, records, idle }) => {
      const body =
        '{ "model":"m",\n "x": 1.0e+2, "messages":[{"role":"user","content":"Write to jane@example.com, bob@example.com, jane@example.com \\u00e9\\n"}]}'
      const response = await call(path, body)
      await response.text()
      assert.equal(
        reached[0]?.body,
        body.replace(
          "jane@example.com, bob@example.com, jane@example.com",
          "[EMAIL_1], [EMAIL_2], [EMAIL_1]",
        ),
      )
      assert.deepEqual(JSON.parse(response.headers.get("cf-aig-dlp") ?? ""), {
        findings: [{
          profile: { context: {}, entry_ids: ["email"], profile_id: "pii" },
          policy_ids: ["p"],
          check: "REQUEST",
        }],
        action: "MASK",
      })
      await idle()
      assert.deepEqual(records[0]?.dlp, {
        action: "MASK",
        policies: ["p"],
        profiles: ["pii"],
        check: "REQUEST",
      })
    },
  )
})

test("a placeholder that the caller wrote is left alone", async () => {
  await withGuarded(
    policy("MASK_RESTORE", ["email"]),
    ({ body }) => answer(JSON.parse(body).messages[0].content),
    async ({ call, reached }) => {
      const response = await call(path, chat("[EMAIL_1] is not jane@example.com"))
      assert.match(reached[0]?.body ?? "", /\[EMAIL_1\] is not \[EMAIL_2\]/)
      assert.match(await response.text(), /\[EMAIL_1\] is not jane@example\.com/)
    },
  )
})

test("BLOCK: a request is refused with 2029, an answer with 2030, and the call is paid for", async () => {
  await withGuarded(
    policy("BLOCK", ["email"]),
    () => answer("jane@example.com"),
    async ({ call, reached, records, idle }) => {
      const refused = await call(path, chat("jane@example.com"))
      assert.equal(refused.status, 400)
      const body = await refused.json()
      assert.deepEqual(body.error, [{
        code: 2029,
        message: "Request content blocked due to DLP policy violations",
      }])
      assert.equal(JSON.parse(refused.headers.get("cf-aig-dlp") ?? "").action, "BLOCK")
      assert.equal(reached.length, 0)
      const blocked = await call(path, chat("hello"))
      assert.equal(blocked.status, 400)
      assert.deepEqual((await blocked.json()).error, [{
        code: 2030,
        message: "Response content blocked due to DLP policy violations",
      }])
      await idle()
      assert.deepEqual(records.map(({ error_code, upstream_status }) => [error_code, upstream_status]), [[
        2029,
        null,
      ], [2030, 200]])
    },
  )
})

test("FLAG: nothing is changed, and what was found is told", async () => {
  await withGuarded(
    policy("FLAG", ["email"]),
    () => answer("bob@example.com"),
    async ({ call, reached, records, idle }) => {
      const response = await call(path, chat("jane@example.com"))
      assert.match(await response.text(), /bob@example\.com/)
      assert.match(reached[0]?.body ?? "", /jane@example\.com/)
      assert.equal(JSON.parse(response.headers.get("cf-aig-dlp") ?? "").findings.length, 2)
      await idle()
      assert.equal(records[0]?.dlp?.action, "FLAG")
    },
  )
})

test("a stream is masked wherever it is split, and is otherwise as it came", async () => {
  const events = [..."Write to jane@example.com now."].map(delta)
  await withGuarded(policy("MASK", ["email"]), () => stream([...events, last]), async ({ call }) => {
    const text =
      await (await call(path, chat("hi", { stream: true, stream_options: { include_usage: true } }))).text()
    assert.equal(said(text), "Write to [EMAIL_1] now.")
    assert.ok(text.endsWith(last))
    assert.ok(!text.includes("jane"))
  })
  const plain = [..."Nothing to see here, 2024."].map(delta).join("") + last
  await withGuarded(policy("MASK", ["email", "card", "phone"]), () => stream([plain]), async ({ call }) => {
    assert.equal(
      await (await call(path, chat("hi", { stream: true, stream_options: { include_usage: true } }))).text(),
      plain,
    )
  })
})

test("a stream that is blocked midway ends with an error event, and with it the provider's", async () => {
  const events = ["It is ", "jane@exa", "mple.com", " indeed."].map(delta)
  await withGuarded(
    policy("BLOCK", ["email"]),
    () => stream([...events, last]),
    async ({ call, records, idle }) => {
      const text = await (await call(path, chat("hi", { stream: true }))).text()
      assert.equal(said(text), "It is ")
      assert.match(text, /"code":2030/)
      assert.doesNotMatch(text, /jane|DONE/)
      await idle()
      assert.equal(records[0]?.ending, "blocked")
      assert.equal(records[0]?.error_code, 2030)
      assert.equal(records[0]?.usage_source, "estimated")
    },
  )
})

test("MASK_RESTORE: values come back, also where the placeholder is split; the model's own stay masked", async () => {
  const words = ["Dear [EM", "AIL", "_1", "], not x@y.org or [EMAIL_9]."]
  await withGuarded(
    { ...policy("MASK_RESTORE", ["email"]), collect_log_payloads: true },
    () => stream([...words.map(delta), last]),
    async ({ call, payloads, idle }) => {
      const text = await (await call(path, chat("jane@example.com", { stream: true }))).text()
      assert.equal(said(text), "Dear jane@example.com, not [EMAIL_2] or [EMAIL_9].")
      await idle()
      assert.doesNotMatch(JSON.stringify(payloads[0]), /jane|x@y/)
    },
  )
})

test("what is put back into arguments is JSON still", async () => {
  const literal = 'O"Brien'
  await withGuarded(policy("MASK_RESTORE", [{ literals: [literal] }]), () =>
    Response.json({
      choices: [{
        message: { tool_calls: [{ function: { name: "f", arguments: '{"who":"[LITERAL_1]"}' } }] },
      }],
    }), async ({ call, reached }) => {
    const sent = chat("hi", {
      tools: [{ function: { name: "f" } }],
      x: { arguments: JSON.stringify({ who: literal }) },
    })
    const body = await (await call(path, sent)).json()
    assert.doesNotMatch(reached[0]?.body ?? "", /Brien/)
    assert.deepEqual(JSON.parse(body.choices[0].message.tool_calls[0].function.arguments), { who: literal })
  })
})

test("the cache keeps what is masked, and gives each its own back", async () => {
  const entry = { ...policy("MASK_RESTORE", ["email"]), cache_ttl: 60 }
  await withGuarded(
    entry,
    ({ body }) => answer(JSON.parse(body).messages[0].content),
    async ({ call, reached }) => {
      for (const name of ["jane", "bob"]) {
        const response = await call(path, chat(`To ${name}@example.com`))
        assert.match(await response.text(), new RegExp(`To ${name}@example\\.com`))
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      assert.equal(reached.length, 1)
    },
  )
})
