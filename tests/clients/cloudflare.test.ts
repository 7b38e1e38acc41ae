/** The official Cloudflare SDK reads, judges and deletes the log of the gateway. */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import Cloudflare from "cloudflare"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { RequestLog } from "../../lib/request-log/RequestLog.ts"
import { createGateway, type Gateway, Telemetry } from "../../mod.ts"
import { type Simulator, startSimulator } from "../simulator/server.ts"

let simulator: Simulator
let gateway: Gateway
before(async () => {
  simulator = await startSimulator()
  gateway = createGateway({
    env: { ...simulator.env, BASEGATE_ADMIN_TOKEN: "adm-1", LOG_LEVEL: "none" },
  })
})
after(async () => {
  await gateway.dispose()
  await simulator.close()
})

const clientOf = (
  credentials: { apiToken?: string; apiKey?: string; apiEmail?: string },
  asked: () => Gateway = () => gateway,
) =>
  new Cloudflare({
    baseURL: "https://gate.example/client/v4",
    fetch: (input, init) => asked().fetch(new Request(input, init)),
    maxRetries: 0,
    ...credentials,
  })
const client = clientOf({ apiToken: "adm-1" })
const account_id = "acme"

/** Calls a gateway of this account's, and gives the ids of the calls, the oldest first. */
const call = async (
  id: string,
  calls: ReadonlyArray<{ model?: string; headers?: Record<string, string> }>,
) => {
  const ids: Array<string> = []
  for (const { model = "openai/gpt-oss-120b", headers } of calls) {
    const response = await gateway.fetch(
      new Request(`https://gate.example/v1/acme/${id}/baseten/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: "Bearer sk-own", "content-type": "application/json", ...headers },
        body: JSON.stringify({ model, messages: [{ role: "user", content: "hi" }] }),
      }),
    )
    await response.text()
    ids.push(response.headers.get("cf-aig-log-id") ?? "")
  }
  await gateway.idle()
  return ids
}
const failing = { "x-simulator-fault": JSON.stringify({ status: 503, body: { error: "no" } }) }

test("logs.list() pages through everything that the simulator served, and result_info adds up", async () => {
  const before = simulator.requests().length
  const ids = await call("paged", Array.from({ length: 23 }, () => ({})))
  assert.equal(simulator.requests().length - before, 23)
  const page = await client.aiGateway.logs.list("paged", { account_id, per_page: 5 })
  assert.deepEqual(page.result.map(({ id }) => id), ids.slice(-5).reverse())
  const { count, total_count, ...place } = page.result_info as Record<string, unknown>
  assert.deepEqual([place["page"], place["per_page"], count, total_count], [1, 5, 5, 23])
  const seen: Array<string> = []
  for await (
    const log of client.aiGateway.logs.list("paged", { account_id, per_page: 5, order_by_direction: "asc" })
  ) {
    seen.push(log.id)
  }
  assert.deepEqual(seen, ids)
})

test("logs.list() filters as the SDK writes filters: one, several, several values, and the older parameters", async () => {
  const [first, second, third] = await call("filtered", [
    { headers: { "cf-aig-metadata": `{"team":"search","tier":"gold"}` } },
    { model: "zai-org/GLM-5.3", headers: { "cf-aig-metadata": `{"team":"gold"}` } },
    { headers: failing },
  ])
  const idsOf = async (params: Omit<Parameters<typeof client.aiGateway.logs.list>[1], "account_id">) =>
    (await client.aiGateway.logs.list("filtered", { account_id, order_by_direction: "asc", ...params }))
      .result
      .map(({ id }) => id)
  assert.deepEqual(await idsOf({ filters: [{ key: "model", operator: "eq", value: ["zai-org/GLM-5.3"] }] }), [
    second,
  ])
  assert.deepEqual(
    await idsOf({
      filters: [
        { key: "success", operator: "eq", value: [true] },
        { key: "model", operator: "contains", value: ["GPT-OSS"] },
      ],
    }),
    [first],
  )
  assert.deepEqual(
    await idsOf({ filters: [{ key: "id", operator: "eq", value: [`${first}`, `${third}`] }] }),
    [
      first,
      third,
    ],
  )
  const pair = (key: string, value: string): Array<Cloudflare.AIGateway.LogListParams.Filter> => [
    { key: "metadata.key", operator: "eq", value: [key] },
    { key: "metadata.value", operator: "eq", value: [value] },
  ]
  assert.deepEqual(await idsOf({ filters: pair("tier", "gold") }), [first], "pairs are matched as pairs")
  assert.deepEqual(await idsOf({ success: false }), [third])
  assert.deepEqual(await idsOf({ search: "GLM" }), [second])
  assert.deepEqual(await idsOf({ end_date: "2020-01-01T00:00:00Z" }), [])
  await assert.rejects(
    idsOf({ filters: [{ key: "cost", operator: "gt", value: ["much"] }] }),
    (error: unknown) => error instanceof Cloudflare.BadRequestError && error.errors[0]?.code === 7001,
  )
})

test("logs.get(), edit() and delete() work on single entries", async () => {
  const [first = "", second = ""] = await call("edited", [{}, {}])
  const place = { account_id, gateway_id: "edited" }
  const log = await client.aiGateway.logs.get(first, place)
  assert.deepEqual([log.id, log.provider, log.model, log.status_code, log.success], [
    first,
    "baseten",
    "openai/gpt-oss-120b",
    200,
    true,
  ])
  await client.aiGateway.logs.edit(first, { ...place, feedback: 1, score: 100, metadata: { reviewed: true } })
  const liked = await client.aiGateway.logs.list("edited", {
    account_id,
    filters: [{ key: "feedback", operator: "eq", value: [1] }],
  })
  assert.deepEqual(liked.result.map(({ id, metadata }) => [id, metadata]), [[first, { reviewed: true }]])
  await client.aiGateway.logs.edit(first, { ...place, feedback: null })

  await assert.rejects(client.aiGateway.logs.request(first, place), Cloudflare.NotFoundError)
  await assert.rejects(client.aiGateway.logs.get("none", place), Cloudflare.NotFoundError)
  const deleted = await client.aiGateway.logs.delete("edited", {
    account_id,
    filters: [{ key: "id", operator: "eq", value: [first] }],
  })
  assert.equal(deleted.success, true)
  await assert.rejects(client.aiGateway.logs.get(first, place), Cloudflare.NotFoundError)
  assert.equal((await client.aiGateway.logs.get(second, place)).id, second)
  await client.aiGateway.logs.delete("edited", {
    account_id,
    limit: 1,
    order_by: "created_at",
    order_by_direction: "asc",
  })
  assert.deepEqual((await client.aiGateway.logs.list("edited", { account_id })).result, [])
})

test("get() and urls.get() tell of the gateway; a key does as well as a token", async () => {
  const settings = await client.aiGateway.get("paged", { account_id })
  assert.deepEqual([settings.id, settings.cache_ttl, settings.collect_logs], ["paged", 0, true])
  const url = await client.aiGateway.urls.get("baseten", { account_id, gateway_id: "paged" })
  assert.equal(url, "https://gate.example/v1/acme/paged/baseten")
  const byKey = clientOf({ apiKey: "adm-1", apiEmail: "ann@acme.example" })
  assert.equal((await byKey.aiGateway.get("paged", { account_id })).id, "paged")
  assert.deepEqual((await byKey.aiGateway.list({ account_id })).result, [])
  const stranger = clientOf({ apiToken: "sk-own" })
  await assert.rejects(stranger.aiGateway.get("paged", { account_id }), Cloudflare.AuthenticationError)
})

test("logs.request() and response() give bodies that were kept: JSON parsed, and text where a part is missing", async () => {
  const kept = (text: string, complete: boolean) => ({ text, size: text.length, complete })
  const keeping = createGateway({
    env: { ...simulator.env, BASEGATE_ADMIN_TOKEN: "adm-1", LOG_LEVEL: "none" },
    layer: Layer.effect(
      Telemetry,
      Effect.map(RequestLog, (log) => ({
        record: (record) =>
          log.append(record, { request: kept(`{"a":["ü"]}`, true), response: kept(`{"id":"chatc`, false) }),
      })),
    ),
  })
  const called = await keeping.fetch(
    new Request("https://gate.example/v1/acme/kept/baseten/v1/models", {
      headers: { authorization: "Bearer sk-own", "content-type": "application/json" },
    }),
  )
  await called.text()
  await keeping.idle()
  const id = called.headers.get("cf-aig-log-id") ?? ""
  const place = { account_id, gateway_id: "kept" }
  const { logs } = clientOf({ apiToken: "adm-1" }, () => keeping).aiGateway
  assert.deepEqual(await logs.request(id, place), { a: ["ü"] })
  assert.equal(await logs.response(id, place), `{"id":"chatc`)
  const log = await logs.get(id, place)
  assert.deepEqual([log.request_head, log.request_head_complete], [`{"a":["ü"]}`, true])
  assert.deepEqual([log.response_head, log.response_head_complete], [`{"id":"chatc`, false])
  await keeping.dispose()
})
