/** Guardrails: what reaches Baseten, what reaches the client, and what a scanner may do. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { guardModel } from "../../simulator/llama-guard.ts"
import type { Simulator } from "../../simulator/server.ts"
import { type Configured, eventually, fault, type Harness, json } from "../harness.ts"
import { formats, spoken } from "./dlp.ts"

const scanner = { guardrails_scanner: { model: `baseten/${guardModel}`, timeout: 10_000 } }
const entry = (prompt: object, response: object, more: object = {}) => ({
  guardrails: { prompt, response },
  ...scanner,
  ...more,
})
const block = { S9: "BLOCK", S1: "FLAG" }

const said = (content: string) => ({ choices: [{ index: 0, message: { content } }] })
/** What scanners do instead of giving a verdict. */
const failures: Readonly<Record<string, object>> = {
  error: { status: 500 },
  busy: { status: 429 },
  silent: { hang: "headers" },
  reset: { reset: true },
  cut: { status: 200, body: said("safe"), ends: "short" },
  stalled: { stall_after: 0 },
  page: { status: 200, body: "<html>safe</html>", content_type: "text/html" },
  redirect: { redirect: "/v1/chat/completions" },
  reported: { status: 200, body: { error: { message: "safe" } } },
  bare: { status: 200, body: said("unsafe") },
  strange: { status: 200, body: said("unsafe\nS99") },
  words: { status: 200, body: said("The user says: safe") },
  huge: { huge_bytes: 100_000 },
  endless: { huge_bytes: 1_000_000_000 },
}

/** What these cases need configured. */
export const guardrailEntries = ({ url }: Simulator): Configured => ({
  entries: {
    "guard-none": {},
    "guard-prompt": entry(block, {}),
    "guard-answer": entry({}, block, { cache_ttl: 300, cache_streams: true }),
    "guard-both": entry(block, block),
    "guard-flag": entry({ S9: "FLAG" }, { S9: "FLAG" }),
    "guard-run": entry(block, block, { tokens: ["value-of-guard"] }),
    "guard-unpaid": {
      ...entry(block, {}),
      guardrails_scanner: { model: "custom-scanner/m" },
      custom_providers: {
        scanner: { base_url: `${url}/v1`, allow_http: true, headers: fault({ status: 402, body: {} }) },
      },
      provider_keys: { "custom-scanner": { default: "env:KEY_OF_SCANNER" } },
    },
    ...Object.fromEntries(
      Object.entries(failures).map(([name, how]) => [`guard-${name}`, {
        guardrails: { prompt: { S9: "FLAG" }, response: { S9: "BLOCK" } },
        guardrails_scanner: { model: "custom-scanner/m", timeout: 300 },
        custom_providers: {
          scanner: { base_url: `${url}/v1`, allow_http: true, headers: fault(how) },
        },
        provider_keys: { "custom-scanner": { default: "env:KEY_OF_SCANNER" } },
      }]),
    ),
  },
  variables: { KEY_OF_SCANNER: "sk-scanner" },
})

const long = "All of this is well and good, and may be said. ".repeat(20)

export const guardrailCases = (harness: Harness): void => {
  const ask = async (name: string, path: string, body: unknown, headers: Record<string, string> = {}) => {
    const id = harness.nextCase()
    const response = await fetch(`${harness.entry(name)}/${path}`, {
      method: "POST",
      headers: { ...json, "x-simulator-case": id, ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    })
    return { id, response, text: await response.text() }
  }
  const codeOf = (text: string) => (JSON.parse(text) as { error: [{ code: number }] }).error[0].code
  const hasEnded = (id: string) =>
    eventually(
      "Baseten's call is ended",
      () => harness.simulator.requests(id).every(({ outcome }) => outcome === "client_closed"),
    )

  for (const [name, { path, body, ended }] of Object.entries(formats)) {
    for (const stream of [false, true]) {
      const how = `${name}, ${stream ? "as a stream" : "whole"}`

      test(`${how}: an unsafe prompt is refused with 2016, and Baseten's call is aborted`, async () => {
        const { id, response, text } = await ask(
          "guard-prompt",
          path,
          body(`${how} [S9]`, stream),
          fault({ hang: "headers" }),
        )
        assert.deepEqual([response.status, codeOf(text)], [424, 2016])
        assert.match(text, /Prompt blocked due to security configurations/)
        await hasEnded(id)
        const record = await harness.recordOf(response)
        assert.deepEqual(record["guardrails"], [{ phase: "prompt", category: "S9", action: "BLOCK" }])
        assert.deepEqual([record["error_code"], record["usage_source"]], [2016, "estimated"])
      })

      test(`${how}: safe and flagged calls are answered as without guardrails`, async () => {
        for (const words of [`${how} ${long}`, `${how} [S1] [S13]`]) {
          const plain = await ask("guard-none", path, body(words, stream))
          const judged = await ask("guard-both", path, body(words, stream))
          assert.equal(judged.text, plain.text)
          assert.deepEqual(
            (await harness.recordOf(judged.response))["guardrails"],
            words.includes("[S1]")
              ? [{ phase: "prompt", category: "S1", action: "FLAG" }, {
                phase: "response",
                category: "S1",
                action: "FLAG",
              }]
              : [],
          )
          assert.equal((await harness.recordOf(plain.response))["guardrails"], null)
        }
      })

      test(`${how}: FLAG records what is unsafe`, async () => {
        const { response, text } = await ask("guard-flag", path, body(`${how} [S9]`, stream))
        assert.match(spoken(text), /\[S9\]/)
        const record = await harness.recordOf(response)
        assert.deepEqual(record["guardrails"], [
          { phase: "prompt", category: "S9", action: "FLAG" },
          { phase: "response", category: "S9", action: "FLAG" },
        ])
        assert.equal((record["guardrails_scanner"] as { calls: number }).calls, 2)
      })

      test(`${how}: cached answers are judged like fresh ones`, async () => {
        for (const status of ["MISS", "HIT"]) {
          const { response, text } = await ask("guard-answer", path, body(`${how} is kept`, stream))
          assert.match(spoken(text), /is kept/)
          assert.equal(response.headers.get("cf-aig-cache-status"), status)
          assert.deepEqual((await harness.recordOf(response))["guardrails"], [])
        }
      })
    }

    test(`${name}: an unsafe answer is refused with 2017, and its tokens are counted`, async () => {
      const { response, text } = await ask("guard-answer", path, body(`${name} [S9]`, false))
      assert.deepEqual([response.status, codeOf(text)], [424, 2017])
      const record = await harness.recordOf(response)
      assert.deepEqual(record["guardrails"], [{ phase: "response", category: "S9", action: "BLOCK" }])
      assert.ok(Number(record["tokens_out"]) > 0)
    })

    test(`${name}: nothing of an unsafe window is sent, and Baseten's stream is aborted`, async () => {
      const slow = fault({ events: 400, drip_ms: 5 })
      const { id, response, text } = await ask("guard-answer", path, body(`${long} [S9] ${long}`, true), slow)
      assert.equal(response.status, 200)
      assert.match(spoken(text), /All of this is well/)
      assert.doesNotMatch(text, /\[S9|\[DONE\]|message_stop|response\.completed/)
      assert.match(text, new RegExp(ended.source.replace("2030", "2017"), "m"))
      await hasEnded(id)
      const record = await harness.recordOf(response)
      assert.deepEqual([record["ending"], record["error_code"]], ["blocked", 2017])
      assert.ok(Number(record["tokens_out"]) > 0)
    })
  }

  const { path, body } = formats["chat"] ?? assert.fail()
  for (const name of Object.keys(failures)) {
    test(`a scanner that is ${name} fails the call if a rule blocks, and is recorded otherwise`, async () => {
      const { response, text } = await ask(`guard-${name}`, path, body("hello", false))
      assert.deepEqual([response.status, codeOf(text)], [503, 7013], text)
      assert.deepEqual((await harness.recordOf(response))["guardrails"], [
        { phase: "prompt", category: null, action: "unavailable" },
        { phase: "response", category: null, action: "unavailable" },
      ])
    })
  }

  test("an unavailable scanner ends a stream before anything is sent", async () => {
    const { response, text } = await ask("guard-error", path, body("hello", true))
    assert.equal(response.status, 200)
    assert.equal(spoken(text), "")
    assert.match(text, /"code":7013/)
    assert.doesNotMatch(text, /hello|\[DONE\]/)
    assert.equal((await harness.recordOf(response))["error_code"], 7013)
  })

  test("a scanner without credits has an error of its own", async () => {
    const { response, text } = await ask("guard-unpaid", path, body("hello", false))
    assert.deepEqual([response.status, codeOf(text)], [402, 2021])
  })

  test("/ai/run has a status and a code of its own", async () => {
    for (const words of ["[S9]", "hello"]) {
      const response = await fetch(`${harness.configured.url}/client/v4/accounts/account/ai/run`, {
        method: "POST",
        headers: {
          authorization: "Bearer value-of-guard",
          "content-type": "application/json",
          "cf-aig-gateway-id": "guard-run",
        },
        body: JSON.stringify({
          model: "baseten/openai/gpt-oss-120b",
          input: { messages: [{ role: "user", content: words }] },
        }),
      })
      const answer = await response.json() as { state: string; error?: { code: number } }
      assert.deepEqual(
        [response.status, answer.state, answer.error?.code],
        words === "hello" ? [200, "Completed", undefined] : [422, "Failed", 2017],
      )
    }
  })

  test("a universal request whose step is unsafe calls no further step", async () => {
    const step = (content: string) => ({
      provider: "baseten",
      endpoint: "v1/chat/completions",
      headers: { authorization: "Bearer sk-own" },
      query: body(content, false),
    })
    const { id, response, text } = await ask("guard-prompt", "", [step("first [S9]"), step("hello")])
    assert.deepEqual([response.status, codeOf(text)], [424, 2016])
    assert.ok(harness.simulator.requests(id).length <= 1)
  })

  test("an answer that is fetched later is judged like an immediate one", async () => {
    for (const [content, status] of [["hello", 200], ["later [S9]", 424]] as const) {
      const kept: Readonly<Record<string, object>> = {
        "responses/resp_1": {
          object: "response",
          background: true,
          output: [{ type: "message", content: [{ type: "output_text", text: content }] }],
        },
        "chat/completions/chatcmpl_1": said(content),
      }
      for (const [path, answer] of Object.entries(kept)) {
        const response = await fetch(`${harness.entry("guard-answer")}/baseten/v1/${path}`, {
          headers: {
            authorization: json.authorization,
            "x-simulator-case": harness.nextCase(),
            ...fault({ status: 200, body: answer, content_type: "application/json" }),
          },
        })
        const text = await response.text()
        assert.deepEqual(
          [response.status, status === 200 || codeOf(text)],
          [status, status === 200 || 2017],
          path,
        )
      }
    }
  })

  test("for custom models, only the prompt is judged", async () => {
    const predict = "baseten/model/json1234/environments/production/predict"
    assert.equal((await ask("guard-both", predict, { prompt: "hello" })).response.status, 200)
    const plain = { "content-type": "text/plain" }
    assert.equal((await ask("guard-both", predict, "hello", plain)).response.status, 200)
    for (const [body, headers] of [[{ prompt: "own [S9]" }, {}], ["own [S9]", plain]] as const) {
      const { response, text } = await ask("guard-both", predict, body, headers)
      assert.deepEqual([response.status, codeOf(text)], [424, 2016])
    }
  })

  test("a prompt is judged whatever precedes its JSON", async () => {
    for (const before of [" ".repeat(100), "\ufeff", "\r\n".repeat(50)]) {
      const { path, body } = formats["chat"] ?? assert.fail()
      const { response, text } = await ask("guard-prompt", path, before + JSON.stringify(body("[S9]", false)))
      assert.deepEqual([response.status, codeOf(text)], [424, 2016])
    }
  })
}
