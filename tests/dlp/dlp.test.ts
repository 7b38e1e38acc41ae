/** What policies do to requests and answers, seen from both sides of a gateway. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { gzipSync } from "node:zlib"
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

test("MASK: the provider gets placeholders, and the rest of the body unchanged", async () => {
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

test("lists of numbers and tokens are not mistaken for base64", async () => {
  const digits = (index: number) => String(index).padStart(4, "0")
  const of = (one: (index: number) => string) => Array.from({ length: 50 }, (_, index) => one(index))
  const lists = {
    tokens: of((index) => `ghp_abcdefghijklmnopqrstuvwxyz01234${digits(index)}A`).join("\n"),
    "long tokens": of((index) => `sk-proj-${digits(index)}${"aB3".repeat(40)}`).join("\r\n"),
    numbers: of(() => "4111111111111111").join("\n"),
    "numbers in an url": `data:text/plain;base64,${of(() => "4111111111111111").join("\n")}`,
  }
  await withGuarded(policy("MASK", ["card", "secret"]), () => answer("ok"), async ({ call, reached }) => {
    for (const [name, list] of Object.entries(lists)) {
      await (await call(path, chat(list))).text()
      assert.doesNotMatch(reached.at(-1)?.body ?? "", /ghp_|sk-|4111/, name)
    }
    // Pictures are not looked at, on one line or in lines as mail has them.
    const picture = "iVBORw0KGgo4111111111111111/+Aab".repeat(64)
    for (const text of [picture, `data:image/png;base64,${picture}`, picture.replaceAll(/.{76}/g, "$&\n")]) {
      await (await call(path, chat(text))).text()
      assert.equal(JSON.parse(reached.at(-1)?.body ?? "").messages[0].content, text)
    }
  })
})

test("members of a call's format are left alone where they have their usual form", async () => {
  const of = (value: string) => ({
    model: "openai/gpt-oss-120b",
    previous_response_id: value,
    input: [
      { type: "function_call", id: "4111111111111111", call_id: value, name: "f", arguments: "{}" },
      { role: value, type: "message", content: [{ type: "output_text", text: "x" }] },
    ],
  })
  await withGuarded(policy("MASK", ["email", "card"]), () => answer("ok"), async ({ call, reached }) => {
    await (await call("baseten/v1/responses", of("jane@example.com"))).text()
    assert.deepEqual(JSON.parse(reached[0]?.body ?? ""), of("[EMAIL_1]"))
  })
})

test("free-form members are checked, whatever their names", async () => {
  const own = { id: "jane@example.com", status: "jane@example.com", user_id: "jane@example.com" }
  const masked = { id: "[EMAIL_1]", status: "[EMAIL_1]", user_id: "[EMAIL_1]" }
  const use = (input: object) => ({ type: "tool_use", id: "toolu_1", name: "f", input })
  const bodies: ReadonlyArray<readonly [string, (value: object) => object]> = [
    ["messages", (input) => ({ model: "m", messages: [{ role: "assistant", content: [use(input)] }] })],
    ["messages", (metadata) => ({ model: "m", metadata, messages: [] })],
    ["chat/completions", (metadata) => ({ model: "m", metadata, messages: [] })],
    ["chat/completions", (one) => ({ model: "m", messages: [], chat_template_kwargs: { deep: [one] } })],
    ["responses", (variables) => ({ model: "m", input: "x", prompt: { id: "pmpt_1", variables } })],
  ]
  await withGuarded(
    policy("MASK", ["email"]),
    () => Response.json({ id: "m", type: "message", role: "assistant", content: [use(own)] }),
    async ({ call, reached }) => {
      for (const [name, body] of bodies) {
        await (await call(`baseten/v1/${name}`, body(own))).text()
        assert.deepEqual(JSON.parse(reached.at(-1)?.body ?? ""), body(masked))
      }
      const answered = await call("baseten/v1/messages", { model: "m", messages: [] })
      assert.deepEqual(await answered.json(), {
        id: "m",
        type: "message",
        role: "assistant",
        content: [use(masked)],
      })
    },
  )
})

test("members that would spell out a masked answer are left out: log probabilities, token ids", async () => {
  const spelt = { content: [{ token: "jane", top_logprobs: [{ token: "jane" }] }] }
  const of = (logprobs: unknown, ids: unknown, prompt: unknown) => ({
    choices: [
      { index: 0, message: { content: "ok" }, logprobs, token_ids: ids },
      { index: 1, delta: { content: "ok" }, logprobs },
    ],
    prompt_logprobs: prompt,
    output_ids: ids,
    id: "c",
  })
  const before = of(spelt, [[1, 2], 3], [null, { 7: { decoded_token: "jane" } }])
  const after = of(null, [], [])
  for (const streams of [true, false]) {
    await withGuarded(
      policy("MASK", ["email"], ["RESPONSE"]),
      () => streams ? stream([data(before), data("[DONE]")]) : Response.json(before),
      async ({ call }) => {
        const response = await call(path, chat("hi", { stream: streams }))
        const text = (await response.text()).replace("data: ", "").replace(/\n\ndata: \[DONE\]\s*$/, "")
        assert.deepEqual(JSON.parse(text), after)
        // What a model's own code was asked for stays.
        const own = await call("baseten/model/abcd1234", {})
        const said = (await own.text()).replace("data: ", "").replace(/\n\ndata: \[DONE\]\s*$/, "")
        assert.deepEqual(JSON.parse(said), of(null, [[1, 2], 3], []))
      },
    )
  }
})

test("a body with more texts than can be tracked separately is still checked", async () => {
  await withGuarded(policy("MASK", ["email"]), () => answer("ok"), async ({ call, reached }) => {
    for (const filler of ['"a",'.repeat(500_001), "[".repeat(500_001), "[],".repeat(500_001)]) {
      await (await call("baseten/model/abcd1234", `[${filler}"jane\\u0040example.com"`)).text()
      assert.ok(reached.at(-1)?.body.endsWith('"[EMAIL_1]"'))
    }
  })
})

test("no label hides JSON, in either direction", async () => {
  const type = "image/png"
  const said = { prompt: "jane@example.com" }
  const picture = new Uint8Array([0x89, 0x50, 0x4e, 0x47, ...new TextEncoder().encode("jane@example.com")])
  const labelled = () => {
    const response = answer("jane@example.com")
    response.headers.set("content-type", type)
    return response
  }
  await withGuarded(policy("MASK", ["email"]), labelled, async ({ call, reached }) => {
    const predict = "baseten/model/abcd1234"
    const sent = async (body: unknown, headers: Record<string, string>) => {
      await (await call(predict, body, headers)).text()
      return reached.at(-1)?.body
    }
    for (const label of [type, "multipart/form-data; boundary=x", "audio/wav"]) {
      const json = `${" ".repeat(70)}${JSON.stringify(said)}`
      const masked = json.replace("jane@example.com", "[EMAIL_1]")
      assert.equal(await sent(json, { "content-type": label }), masked)
      const coded = gzipSync(json)
      assert.equal(await sent(coded, { "content-type": label, "content-encoding": "gzip" }), masked)
      assert.equal(await sent(picture, { "content-type": label }), new TextDecoder().decode(picture))
    }
    assert.match(await (await call(path, chat("hi"))).text(), /\[EMAIL_1\]/)
    for (const stream of [true, false]) {
      assert.doesNotMatch(await (await call("baseten/v1/messages", { model: "m", stream })).text(), /jane/)
    }
  })
})

test("an error at the beginning of an answer is masked in the log too", async () => {
  const error = { error: { message: "no mail to jane@example.com", type: "x" } }
  const entry = { ...policy("MASK", ["email"]), fallback_on_reported_error: true }
  for (const answered of [() => Response.json(error), () => stream([data(error)])]) {
    await withGuarded(entry, answered, async ({ call, records, idle }) => {
      const response = await call(path, chat("hi", { stream: true }))
      assert.match(await response.text(), /no mail to \[EMAIL_1\]/)
      await idle()
      assert.equal(records[0]?.error, "x: no mail to [EMAIL_1]")
      assert.equal(records[0]?.attempts[0]?.error, "reported_error")
    })
  }
})

test("JSON is recognized after any number of blanks", async () => {
  await withGuarded(policy("MASK", ["email"]), () => answer("ok"), async ({ call, reached }) => {
    for (const before of ["", " ".repeat(100), "\ufeff\n"]) {
      for (const place of [path, "baseten/model/abcd1234"]) {
        const body = before + JSON.stringify(chat("jane@example.com")).replace("@", "\\u0040")
        await (await call(place, body)).text()
        // The test reads it without its byte order mark.
        assert.equal(reached.at(-1)?.body.trimStart(), JSON.stringify(chat("[EMAIL_1]")))
      }
    }
  })
})

test("skip_system: the arguments of a tool call are no system prompt", async () => {
  const content = (text: string) => [{
    type: "tool_use",
    id: "toolu_1",
    name: "f",
    input: { role: "system", text },
  }]
  const body = (text: string) => ({ model: "m", messages: [{ role: "assistant", content: content(text) }] })
  const entry = {
    dlp: {
      enabled: true,
      policies: [{ id: "p", action: "MASK", check: ["REQUEST"], profiles: ["people"], skip_system: true }],
    },
    dlp_profiles: { people: { detectors: ["email"] } },
  }
  await withGuarded(entry, () => answer("ok"), async ({ call, reached }) => {
    await (await call("baseten/v1/messages", body("jane@example.com"))).text()
    assert.deepEqual(JSON.parse(reached[0]?.body ?? ""), body("[EMAIL_1]"))
  })
})

test("skip_system: each policy that sets it leaves system prompts out", async () => {
  const entry = {
    dlp: {
      enabled: true,
      policies: [
        { id: "users", action: "MASK", check: ["REQUEST"], profiles: ["people"], skip_system: true },
        { id: "keys", action: "MASK", check: ["REQUEST"], profiles: ["keys"] },
      ],
    },
    dlp_profiles: { people: { detectors: ["email"] }, keys: { detectors: [{ literals: ["Falcon"] }] } },
  }
  const said = "jane@example.com of Falcon"
  const [system, user] = ["jane@example.com of [LITERAL_1]", "[EMAIL_1] of [LITERAL_1]"]
  await withGuarded(entry, () => answer("ok"), async ({ call, reached }) => {
    const ask = async (path: string, body: object) => {
      await (await call(path, body)).text()
      return JSON.parse(reached.at(-1)?.body ?? "")
    }
    const messages = ["system", "developer", "user"].map((role) => ({
      role,
      content: [{ type: "text", text: said }],
    }))
    const texts = (list: ReadonlyArray<{ content: ReadonlyArray<{ text: string }> }>) =>
      list.map(({ content }) => content[0]?.text)
    assert.deepEqual(texts((await ask(path, { model: "m", messages })).messages), [system, system, user])
    const items = await ask("baseten/v1/responses", { model: "m", instructions: said, input: messages })
    assert.deepEqual([items.instructions, ...texts(items.input)], [system, system, system, user])
    const claude = await ask("baseten/v1/messages", { model: "m", system: said, messages: messages.slice(2) })
    assert.deepEqual([claude.system, ...texts(claude.messages)], [system, user])
    const own = await ask("baseten/model/abcd1234/environments/production/predict", { system: said })
    assert.equal(own.system, user)
  })
})

test("skip_system: a blocking policy leaves them out too", async () => {
  const { dlp, dlp_profiles } = policy("BLOCK", ["email"], ["REQUEST"]) as {
    dlp: { policies: [object] }
    dlp_profiles: object
  }
  const entry = {
    dlp: { enabled: true, policies: [{ ...dlp.policies[0], skip_system: true }] },
    dlp_profiles,
  }
  await withGuarded(entry, () => answer("ok"), async ({ call }) => {
    const messages = (role: string) => ({ model: "m", messages: [{ role, content: "jane@example.com" }] })
    assert.equal((await call(path, messages("system"))).status, 200)
    assert.equal((await call(path, messages("user"))).status, 400)
  })
})

test("paths: a policy checks only the named parts of a body for a model's own code", async () => {
  const { dlp, dlp_profiles } = policy("MASK", ["email"]) as {
    dlp: { policies: [object] }
    dlp_profiles: object
  }
  const paths = ["inputs.*.text", "$.notes[0]", "$['deep']"]
  const entry = { dlp: { enabled: true, policies: [{ ...dlp.policies[0], paths }] }, dlp_profiles }
  const who = "jane@example.com"
  await withGuarded(
    entry,
    ({ body }) => new Response(body, { headers: { "content-type": "application/json" } }),
    async ({ call, reached }) => {
      const predict = "baseten/model/abcd1234/environments/production/predict"
      const body = {
        to: who,
        inputs: [{ text: who, id: who }, { text: { all: [who] } }],
        notes: [who, who],
        deep: { a: { b: [who] } },
      }
      const masked = {
        to: who,
        inputs: [{ text: "[EMAIL_1]", id: who }, { text: { all: ["[EMAIL_1]"] } }],
        notes: ["[EMAIL_1]", who],
        deep: { a: { b: ["[EMAIL_1]"] } },
      }
      assert.deepEqual(await (await call(predict, body)).json(), masked)
      assert.deepEqual(JSON.parse(reached[0]?.body ?? ""), masked)
      // The known calls are looked at in whole.
      await (await call(path, chat(who))).text()
      assert.match(reached[1]?.body ?? "", /\[EMAIL_1\]/)
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

test("FLAG: nothing is changed, and matches are reported", async () => {
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

test("a stream is masked wherever it is split, and otherwise unchanged", async () => {
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

test("a stream that is blocked midway ends with an error event, and so does the provider's call", async () => {
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

test("the usage of a stream is counted even if its first bytes are blocked", async () => {
  const usage = { prompt_tokens: 9, completion_tokens: 4 }
  const told = `data: ${JSON.stringify({ choices: [], usage })}\n\n`
  for (const [rest, source] of [[told, "partial"], ["", "estimated"]] as const) {
    const answer = delta("jane@example.com indeed") + rest + last
    await withGuarded(policy("BLOCK", ["email"]), () => stream([answer]), async ({ call, records, idle }) => {
      const text = await (await call(path, chat("hi", { stream: true }))).text()
      assert.match(text, /^data: \{"error":.*"code":2030/)
      await idle()
      assert.deepEqual([records[0]?.ending, records[0]?.usage_source], ["blocked", source])
      assert.ok(Number(records[0]?.tokens_in) > 0 && Number(records[0]?.tokens_out) > 0)
    })
  }
})

test("MASK_RESTORE: values are restored, even from a split placeholder; values of the model's own stay masked", async () => {
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

test("arguments are still JSON after values are restored", async () => {
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

test("the cache keeps the masked answer, and each caller gets its own values", async () => {
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
