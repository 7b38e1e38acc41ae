import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import type { LogPage } from "../../lib/request-log/query.ts"
import { assertRefused, withAdmin } from "./some-admin.ts"
import { entryOf } from "./some-log.ts"

const scope = { account: "a", gateway: "g" }
const logs = "gateways/g/logs"

test("a page of the log is a list with the totals of all entries", () => {
  const page: LogPage = {
    entries: [entryOf("one", { status: 200, tokens_in: 7 }), entryOf("two", { status: 500 })],
    total: 12,
    ranges: {
      cost: { min: null, max: null },
      duration: { min: 1.5, max: 20 },
      tokens_in: { min: 7, max: 7 },
      tokens_out: { min: 0, max: 3 },
      total_tokens: { min: 7, max: 10 },
    },
  }
  return withAdmin(async (ask, asked) => {
    const { status, headers, body } = await ask(
      `${logs}?page=2&per_page=2&filters.key=model&filters.operator=eq&filters.value=m`,
    )
    assert.deepEqual([status, headers.get("cache-control")], [200, "no-store"])
    assert.deepEqual([body.success, body.errors, body.messages], [true, [], []])
    assert.deepEqual((body.result as ReadonlyArray<{ id: string }>).map(({ id }) => id), ["one", "two"])
    assert.deepEqual(body.result_info, {
      page: 2,
      per_page: 2,
      count: 2,
      total_count: 12,
      min_cost: null,
      max_cost: null,
      min_duration: 1.5,
      max_duration: 20,
      min_tokens_in: 7,
      max_tokens_in: 7,
      min_tokens_out: 0,
      max_tokens_out: 3,
      min_total_tokens: 7,
      max_total_tokens: 10,
    })
    assert.deepEqual(asked.filter(([method]) => method === "list"), [["list", {
      scope,
      filters: [{ key: "model", operator: "eq", value: ["m"] }],
      orderBy: "created_at",
      descending: true,
      page: 2,
      perPage: 2,
    }]])
    assertRefused(await ask(`${logs}?per_page=51`), [400, 7001], /per_page/)
  }, { list: () => Effect.succeed(page) })
})

test("one entry shows the beginnings of its bodies", () =>
  withAdmin(async (ask) => {
    const { status, body } = await ask(`${logs}/one`)
    const {
      request_size,
      request_head,
      request_head_complete,
      response_head,
      response_head_complete,
      ending,
    } = body.result as Record<string, unknown>
    assert.equal(status, 200)
    assert.deepEqual([request_size, request_head, request_head_complete], [9000, "x".repeat(4096), false])
    assert.deepEqual([response_head, response_head_complete, ending], [null, false, "complete"])
    assertRefused(await ask(`${logs}/two`), [404, 7002], /no entry two/)
  }, {
    get: (_, id) => Effect.succeed(id === "one" ? entryOf("one", { request_bytes: 9000 }) : undefined),
    payload: (_, __, which) =>
      Effect.succeed(
        which === "request" ? { text: "x".repeat(9000), size: 9000, complete: true } : undefined,
      ),
  }))

test("a body comes as it was kept, and as JSON only if it is complete", async () => {
  const entry = entryOf("one", { response_content_type: "text/html; charset=latin1" })
  const kept = (complete: boolean) =>
    withAdmin(async (ask) => {
      const { text, headers } = await ask(`${logs}/one/request`)
      assert.equal(text, `{"a":"ü`)
      const type = complete ? "application/json; charset=utf-8" : "text/plain; charset=utf-8"
      assert.equal(headers.get("content-type"), type)
      const response = await ask(`${logs}/one/response`)
      assert.equal(response.headers.get("content-security-policy"), "sandbox")
      assert.equal(response.headers.get("x-content-type-options"), "nosniff")
    }, {
      get: () => Effect.succeed(entry),
      payload: () => Effect.succeed({ text: `{"a":"ü`, size: 8, complete }),
    })
  await kept(true)
  await kept(false)
  await withAdmin(async (ask) => {
    assertRefused(
      await ask(`${logs}/one/response`),
      [404, 7002],
      /collect_log_payloads.*cf-aig-collect-log-payload/,
    )
  }, { get: () => Effect.succeed(entry) })
  await withAdmin(async (ask) => assertRefused(await ask(`${logs}/one/request`), [404, 7002], /no entry one/))
})

test("PATCH changes the fields that it names, and nothing if one is invalid", () =>
  withAdmin(async (ask, asked) => {
    const patch = (body: string, id = "one") => ask(`${logs}/${id}`, { method: "PATCH", body })
    const good: ReadonlyArray<readonly [object, object]> = [
      [{ feedback: 1 }, { feedback: 1 }],
      [{ feedback: -1, score: 100, metadata: { a: 1, b: "x", c: false } }, {
        feedback: -1,
        score: 100,
        metadata: { a: 1, b: "x", c: false },
      }],
      [{ feedback: null, score: null, metadata: null }, { feedback: null, score: null, metadata: {} }],
      [{}, {}],
    ]
    for (const [body, expected] of good) {
      const { status, body: answer } = await patch(JSON.stringify(body))
      assert.deepEqual([status, answer.success, answer.result], [200, true, {}])
      assert.deepEqual(asked.splice(0), [["patch", scope, "one", expected]])
    }
    const bad: ReadonlyArray<readonly [string, RegExp]> = [
      ["", /not a JSON object/],
      ["[]", /not a JSON object/],
      ["null", /not a JSON object/],
      [`{"feedback":2}`, /feedback takes -1, 0, 1 or null/],
      [`{"score":"high","feedback":1}`, /score takes/],
      [`{"score":101}`, /score takes a number from 0 to 100/],
      [`{"metadata":{"a":{}}}`, /metadata takes a flat object/],
      [`{"metadata":[1]}`, /metadata takes/],
      [`{"cost":0}`, /no cost to change; known are: feedback/],
      [`{"metadata":{"a":"${"x".repeat(70_000)}"}}`, /larger than the 65536 bytes/],
    ]
    for (const [body, message] of bad) assertRefused(await patch(body), [400, 7001], message)
    assert.deepEqual(asked, [])
    assertRefused(await patch(`{"score":1}`, "two"), [404, 7002], /no entry two/)
  }, { patch: (_, id) => Effect.succeed(id === "one") }))

test("DELETE removes the entries that the parameters select, oldest first, and says how many", () =>
  withAdmin(async (ask, asked) => {
    const selection = { scope, filters: [], orderBy: "created_at", descending: false }
    const { status, body } = await ask(logs, { method: "DELETE" })
    assert.deepEqual([status, body.success, body.result], [200, true, { deleted: 3 }])
    assert.deepEqual(asked.splice(0), [["remove", selection, undefined]])
    await ask(`${logs}?limit=5&success=false&order_by=cost&order_by_direction=desc`, { method: "DELETE" })
    assert.deepEqual(asked.splice(0), [["remove", {
      ...selection,
      filters: [{ key: "success", operator: "eq", value: [false] }],
      orderBy: "cost",
      descending: true,
    }, 5]])
    for (const query of ["limit=0", "filter=x", "filters=x", "modell=m"]) {
      assert.equal((await ask(`${logs}?${query}`, { method: "DELETE" })).status, 400, query)
    }
    assert.deepEqual(asked, [])
  }, { remove: () => Effect.succeed(3) }))
