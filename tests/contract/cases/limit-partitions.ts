/** Rate limits beyond Cloudflare's: for whom there is a count of its own, and what is counted. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { asker, statusesOf } from "../ask.ts"
import { chat, type Configured, fault, type Harness } from "../harness.ts"

/** For so long that no case sees the end of a window. */
const rules = (...all: ReadonlyArray<object>) => ({
  rate_limits: all.map((rule) => ({ interval: 2_678_400, ...rule })),
})

/** What these cases need configured. */
export const limitPartitionEntries = (): Configured => ({
  entries: {
    "limit-key": rules({ limit: 2, per: ["key"] }),
    "limit-token": { tokens: ["token-a", "token-b"], ...rules({ limit: 1, per: ["key"] }) },
    "limit-model": rules({ limit: 1, per: ["model"] }),
    "limit-metadata": rules({ limit: 1, per: ["metadata.user"] }),
    "limit-both": rules({ limit: 1, per: ["key", "metadata.user"] }),
    "limit-several": rules({ id: "each", limit: 1, per: ["metadata.user"] }, { id: "all", limit: 3 }),
    "limit-tokens": rules({ id: "words", limit: 150, unit: "tokens" }),
    "limit-tokens-stream": rules({ limit: 150, unit: "tokens" }),
    "limit-tokens-failed": rules({ limit: 1, unit: "tokens" }),
  },
})

export const limitPartitionCases = (harness: Harness): void => {
  const ask = asker(harness)
  const statuses = statusesOf(ask)

  test("per key: each credential has a count of its own", async () => {
    const one = { id: harness.nextCase(), entry: "limit-key" }
    const other = { ...one, headers: { authorization: "Bearer sk-other" } }
    const stored = { ...one, headers: { authorization: "" } }
    assert.deepEqual(await statuses([one, one, one]), [200, 200, 429])
    assert.deepEqual(await statuses([other, other, other]), [200, 200, 429])
    assert.deepEqual(await statuses([stored, stored, stored]), [200, 200, 429])
    const { response } = await ask({ ...one, headers: { authorization: "Api-Key sk-own" } })
    assert.equal(response.status, 429)
  })

  test("per key: each gateway token has a count of its own", async () => {
    const as = (token: string) => ({
      id: harness.nextCase(),
      entry: "limit-token",
      headers: { authorization: "", "cf-aig-authorization": `Bearer ${token}` },
    })
    assert.deepEqual(await statuses([as("token-a"), as("token-a"), as("token-b"), as("token-b")]), [
      200,
      429,
      200,
      429,
    ])
  })

  test("per model: by the called model, on whatever path", async () => {
    const one = { id: harness.nextCase(), entry: "limit-model" }
    const other = { ...one, body: chat({ model: "zai-org/GLM-5.2" }) }
    const compat = {
      ...one,
      path: "compat/chat/completions",
      body: chat({ model: "baseten/zai-org/GLM-5.2" }),
    }
    const dedicated = (model: string) => ({ ...one, path: `baseten/model/${model}`, body: "{}" })
    assert.deepEqual(await statuses([one, one, other, compat]), [200, 429, 200, 429])
    assert.deepEqual(await statuses(["json1", "json1", "json2"].map(dedicated)), [200, 429, 200])
  })

  test("per metadata value: each value has its count, and a request without one is not counted", async () => {
    const one = { id: harness.nextCase(), entry: "limit-metadata" }
    const as = (user: unknown) => ({ ...one, headers: { "cf-aig-metadata": JSON.stringify({ user, x: 1 }) } })
    assert.deepEqual(await statuses([as("a"), as("a"), as("b"), as(1), as("1"), as(true)]), [
      200,
      429,
      200,
      200,
      429,
      200,
    ])
    assert.deepEqual(await statuses([one, one]), [200, 200])
  })

  test("per key and metadata value: both together", async () => {
    const as = (key: string, user: string) => ({
      id: harness.nextCase(),
      entry: "limit-both",
      headers: { authorization: `Bearer ${key}`, "cf-aig-metadata": JSON.stringify({ user }) },
    })
    assert.deepEqual(await statuses([as("k1", "a"), as("k1", "b"), as("k2", "a"), as("k1", "a")]), [
      200,
      200,
      200,
      429,
    ])
  })

  test("what one rule refuses is not counted by another", async () => {
    const as = (user: string) => ({
      id: harness.nextCase(),
      entry: "limit-several",
      headers: { "cf-aig-metadata": JSON.stringify({ user }) },
    })
    assert.deepEqual(await statuses(["a", "a", "a", "a", "b", "c", "d"].map(as)), [
      200,
      429,
      429,
      429,
      200,
      200,
      429,
    ])
    const { response } = await ask(as("e"))
    assert.match(response.headers.get("ratelimit-policy") ?? "", /"each";q=1;.*, "all";q=3;/)
    assert.match(response.headers.get("ratelimit") ?? "", /^"all";r=0;t=\d+$/)
  })

  const usages: ReadonlyArray<readonly [what: string, entry: string, members: object]> = [
    ["a JSON answer", "limit-tokens", {}],
    ["a stream", "limit-tokens-stream", { stream: true, stream_options: { include_usage: true } }],
  ]
  for (const [what, entry, members] of usages) {
    test(`by tokens: ${what} is counted when it ends`, async () => {
      const id = harness.nextCase()
      const one = { id, entry, body: chat({ ...members, max_tokens: 20 }) }
      const first = await ask(one)
      assert.match(first.response.headers.get("ratelimit-policy") ?? "", /q=150;qu="tokens";w=2678400/)
      assert.match(first.response.headers.get("ratelimit") ?? "", /r=150;/)
      const totals = [...first.bytes.toString().matchAll(/"total_tokens":(\d+)/g)]
      const total = Number(totals.at(-1)?.[1])
      assert.ok(total > 75 && total < 150, `${total}`)
      const next = await ask(one)
      assert.equal(next.response.status, 200)
      assert.match(next.response.headers.get("ratelimit") ?? "", new RegExp(`r=${150 - total};`))
      const refused = await ask(one)
      assert.equal(refused.response.status, 429)
      assert.match(refused.response.headers.get("ratelimit") ?? "", /r=0;/)
      assert.equal(harness.simulator.requests(id).length, 2)
    })
  }

  test("by tokens: a failed answer counts none", async () => {
    const one = { id: harness.nextCase(), entry: "limit-tokens-failed" }
    const failing = { ...one, headers: fault({ status: 500 }) }
    assert.deepEqual(await statuses([failing, failing, one, one]), [500, 500, 200, 429])
  })
}
