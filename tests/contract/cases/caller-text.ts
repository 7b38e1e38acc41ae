/** What callers write of themselves: numbers keep their digits, and no text leaves with half a character in it. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, type Configured, type Harness, json } from "../harness.ts"
import { ask, callSteps, models } from "../steps.ts"
import { adminToken } from "./log-api.ts"

/** What these cases need configured. */
export const callerTextEntries = (): Configured => ({
  entries: {
    "text-counted": {
      rate_limits: [{ id: "user", limit: 1, interval: 3600, per: ["metadata.user"] }],
    },
    "text-logged": { collect_log_payloads: true },
    "text-routed": {
      routes: {
        seeds: [
          { id: "start", type: "start", outputs: { next: { elementId: "check" } } },
          {
            id: "check",
            type: "conditional",
            properties: { conditions: { "body.seed": { $gt: 1000 } } },
            outputs: { true: { elementId: "large" }, false: { elementId: "small" } },
          },
          {
            id: "large",
            type: "model",
            properties: { provider: "baseten", model: "zai-org/GLM-5.3" },
            outputs: { success: { elementId: "end" } },
          },
          {
            id: "small",
            type: "model",
            properties: { provider: "baseten", model: "openai/gpt-oss-120b" },
            outputs: { success: { elementId: "end" } },
          },
          { id: "end", type: "end", outputs: {} },
        ],
      },
    },
  },
})

/** 2^53 and its neighbours, which JavaScript cannot tell from each other, and others like them. */
const users = [
  "9007199254740992",
  "9007199254740993",
  "-9007199254740993",
  "12345678901234567890",
  "12345678901234567891",
  "0.12345678901234567890",
  "0.12345678901234567891",
  "1e400",
]

export const callerTextCases = (harness: Harness): void => {
  const send = (entry: string, headers: Record<string, string>, members: object = {}) =>
    fetch(`${harness.entry(entry)}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, ...headers },
      body: chat(members),
    })

  test("large numbers in metadata keep their digits, and are counted separately", async () => {
    for (const user of users) {
      const statuses: Array<number> = []
      for (let calls = 0; calls < 2; calls++) {
        const response = await send("text-counted", { "cf-aig-metadata": `{"user": ${user}}` })
        await response.text()
        statuses.push(response.status)
        const { metadata } = await harness.recordOf(response) as { metadata?: { user?: unknown } }
        assert.equal(String(metadata?.user), user)
      }
      assert.deepEqual(statuses, [200, 429], user)
    }
  })

  test("so do those in a universal step's headers, as an object and as text", async () => {
    for (const metadata of ['{ "user": 9007199254740995 }', JSON.stringify('{"user":9007199254740995}')]) {
      const step = JSON.stringify(ask("none", models.gpt)).replace(
        '"headers":{',
        `"headers":{"cf-aig-metadata":${metadata},`,
      )
      const response = await callSteps(harness.entry("plain"), `[${step}]`)
      await response.text()
      assert.equal(response.status, 200)
      assert.deepEqual((await harness.recordOf(response))["metadata"], { user: "9007199254740995" })
    }
  })

  test("a route's condition still compares them by size", async () => {
    for (
      const [seed, model] of [["12345678901234567890", "zai-org/GLM-5.3"], [
        "7",
        "openai/gpt-oss-120b",
      ]] as const
    ) {
      const response = await fetch(`${harness.entry("text-routed")}/compat/chat/completions`, {
        method: "POST",
        headers: json,
        body: chat({ model: "dynamic/seeds" }).replace("{", `{"seed":${seed},`),
      })
      await response.text()
      assert.deepEqual([response.status, response.headers.get("cf-aig-model")], [200, model])
    }
  })

  const half = "\ud83d"
  const admin = async (path: string, method = "GET", body?: string): Promise<string> => {
    const response = await fetch(`${harness.configured.url}/client/v4/accounts/account/ai-gateway/${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}` },
      ...(body !== undefined && { body }),
    })
    return await response.text()
  }

  test("lone surrogates do not reach the log, the records or an error", async () => {
    const answers = [
      await send("text-logged", {
        "cf-aig-metadata": '{"us\\ud83der":"a\\udc00","pair":"\\ud83c\\udf0d","n":12345678901234567890}',
      }, { model: `x${half}`, user: half }),
      // Cut where a record's model ends, which is within a pair.
      await send("text-logged", {}, { model: `${"m".repeat(255)}🌍` }),
      await fetch(`${harness.entry("text-logged")}/compat/chat/completions`, {
        method: "POST",
        headers: json,
        body: chat({ model: `${"p".repeat(99)}🌍${half}/m` }),
      }),
    ]
    const errors = await Promise.all(answers.map((answer) => answer.text()))
    assert.doesNotMatch(errors[2] ?? "", /\\ud/)
    for (const answer of answers) await harness.recordOf(answer)
    let page = ""
    for (let tries = 0; tries < 100 && !page.includes('"total_count":3'); tries++) {
      page = await admin("gateways/text-logged/logs")
    }
    assert.doesNotMatch(page, /\\ud/)
    const { result } = JSON.parse(page) as {
      result: ReadonlyArray<{ id: string; metadata: object; model: string }>
    }
    const [first] = result.filter(({ model }) => model === "x\ufffd")
    assert.deepEqual(first?.metadata, { "us\ufffder": "a\ufffd", pair: "🌍", n: "12345678901234567890" })
    const id = first?.id ?? ""
    await admin(
      `gateways/text-logged/logs/${id}`,
      "PATCH",
      '{"metadata":{"k\\ud83d":"\\ud83d","n":9007199254740993}}',
    )
    const entry = await admin(`gateways/text-logged/logs/${id}`)
    assert.match(entry, /"metadata":\{"k\ufffd":"\ufffd","n":"9007199254740993"\}/)
    for (const text of [entry, await admin(`gateways/text-logged/logs/${id}/request`)]) {
      assert.doesNotMatch(text.replaceAll("\\\\", ""), /\\ud/)
    }
    const filters = encodeURIComponent(
      '[{"key":"metadata.value","operator":"eq","value":[9007199254740993]}]',
    )
    assert.match(await admin(`gateways/text-logged/logs?filters=${filters}`), /"total_count":1\b/)
    for (const record of harness.configured.records()) assert.ok(JSON.stringify(record).search(/\\ud/) === -1)
  })
}
