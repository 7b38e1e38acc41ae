/** The management API: who may use it, and the log of what was called. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, type Configured, fault, type Harness, json } from "../harness.ts"

/** What opens the management API of the configured gateway. */
export const adminToken = "adm-contract"

/** What these cases need configured: a gateway whose log no other case writes to, for each that counts entries. */
export const logApiEntries = (): Configured => ({
  entries: {
    "log-listed": {},
    "log-changed": {},
    "log-deleted": {},
    "log-spared": {},
    "log-figures": {},
    "log-refused": {},
  },
  variables: { BASEGATE_ADMIN_TOKEN: adminToken },
})

interface Entry extends Record<string, unknown> {
  readonly id: string
}

interface Answer {
  readonly status: number
  readonly body: {
    readonly success: boolean
    readonly errors: ReadonlyArray<{ readonly code: number; readonly message: string }>
    readonly result: unknown
    readonly result_info: Readonly<Record<string, unknown>>
  }
}

export const logApiCases = (harness: Harness): void => {
  const admin = async (path: string, method = "GET", body?: object): Promise<Answer> => {
    const response = await fetch(`${harness.configured.url}/client/v4/accounts/account/ai-gateway/${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: await response.json() as Answer["body"] }
  }
  /** Makes calls, and gives their ids once the log has them all. */
  const called = async (entry: string, calls: ReadonlyArray<Record<string, string>>) => {
    const ids: Array<string> = []
    for (const headers of calls) {
      const response = await fetch(`${harness.entry(entry)}/baseten/v1/chat/completions`, {
        method: "POST",
        headers: { ...json, ...headers },
        body: chat(),
      })
      await response.text()
      ids.push(response.headers.get("cf-aig-log-id") ?? "")
    }
    for (let tries = 0; tries < 100; tries++) {
      const { body } = await admin(`gateways/${entry}/logs`)
      if (body.result_info["total_count"] === calls.length) return ids
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error("the log did not get the calls")
  }
  const idsOf = ({ body }: Answer) => (body.result as ReadonlyArray<Entry>).map(({ id }) => id)

  test("without BASEGATE_ADMIN_TOKEN there is no management API and no /metrics", async () => {
    for (const path of ["/client/v4/accounts/account/ai-gateway/gateways", "/metrics"]) {
      const response = await fetch(`${harness.gateway.url}${path}`, {
        headers: { authorization: `Bearer ${adminToken}` },
      })
      const { error } = await response.json() as { error: ReadonlyArray<{ code: number }> }
      assert.deepEqual([response.status, error[0]?.code], [404, 9404], path)
    }
  })

  test("without the admin token it is 401, code 10000; the token opens no gateway and is never forwarded", async () => {
    for (const path of ["/client/v4/accounts/account/ai-gateway/gateways/log-listed/logs", "/metrics"]) {
      const response = await fetch(`${harness.configured.url}${path}`, {
        headers: { authorization: "Bearer wrong" },
      })
      const { success, errors } = await response.json() as Answer["body"]
      assert.deepEqual([response.status, success, errors[0]?.code], [401, false, 10000], path)
    }
    const id = harness.nextCase()
    for (const header of ["authorization", "x-api-key", "x-auth-key"]) {
      const response = await fetch(`${harness.entry("guarded")}/baseten/v1/models`, {
        headers: { [header]: adminToken, "x-simulator-case": id },
      })
      await response.text()
      assert.equal(response.status, 401)
    }
    assert.equal(harness.simulator.requests(id).length, 0)
  })

  test("the log lists calls, newest first, by page and by filter", async () => {
    const [first, second, third] = await called("log-listed", [
      { "cf-aig-metadata": `{"team":"search","n":1}` },
      { "cf-aig-event-id": "my-event" },
      fault({ status: 503, body: { error: "no" } }),
    ])
    const logs = "gateways/log-listed/logs"
    const page = await admin(`${logs}?per_page=2`)
    assert.deepEqual([page.status, idsOf(page)], [200, [third, second]])
    const { page: number, per_page, count, total_count } = page.body.result_info
    assert.deepEqual([number, per_page, count, total_count], [1, 2, 2, 3])
    assert.deepEqual(idsOf(await admin(`${logs}?per_page=2&page=2`)), [first])
    assert.deepEqual(idsOf(await admin(`${logs}?page=3`)), [])
    assert.deepEqual(idsOf(await admin(`${logs}?order_by_direction=asc`)), [first, second, third])
    const dotted = (key: string, operator: string, value: string) =>
      `filters.key=${key}&filters.operator=${operator}&filters.value=${value}`
    assert.deepEqual(idsOf(await admin(`${logs}?${dotted("event_id", "eq", "my-event")}`)), [second])
    assert.deepEqual(idsOf(await admin(`${logs}?${dotted("success", "eq", "false")}`)), [third])
    assert.deepEqual(idsOf(await admin(`${logs}?success=true&${dotted("status_code", "lt", "300")}`)), [
      second,
      first,
    ])
    const pair = (value: string) =>
      `${dotted("metadata.key", "eq", "team")}&${dotted("metadata.value", "eq", value)}`
    assert.deepEqual(idsOf(await admin(`${logs}?${pair("search")}`)), [first])
    assert.deepEqual(idsOf(await admin(`${logs}?${pair("1")}`)), [], "the value of another key")
    const filters = encodeURIComponent(
      JSON.stringify([{ key: "model", operator: "contains", value: ["gpt-oss"] }]),
    )
    assert.equal((await admin(`${logs}?filters=${filters}`)).body.result_info["total_count"], 3)
    const refused = await admin(`${logs}?per_page=51`)
    assert.deepEqual([refused.status, refused.body.errors[0]?.code], [400, 7001])
  })

  test("a refused call has an entry too, unless its caller declines", async () => {
    const refuse = async (path: string, headers: Record<string, string>) =>
      (await fetch(`${harness.entry("log-refused")}/${path}`, {
        method: "POST",
        headers: { ...json, ...headers },
        body: chat({ model: "nobody/model" }),
      })).headers.get("cf-aig-log-id")
    const metadata = { "cf-aig-metadata": '{"team":"search"}' }
    const stray = await refuse("openai/v1/chat/completions", metadata)
    const nobodys = await refuse("compat/chat/completions", metadata)
    const unwanted = { "cf-aig-collect-log": "false" }
    await refuse("openai/v1/chat/completions", unwanted)
    await refuse("compat/chat/completions", unwanted)
    const { body } = await admin("gateways/log-refused/logs")
    assert.deepEqual(
      (body.result as ReadonlyArray<Entry>).map((
        entry,
      ) => [entry.id, entry["error_code"], entry["metadata"]]),
      [[nobodys, 2008, { team: "search" }], [stray, 2008, { team: "search" }]],
    )
  })

  test("a single entry is shown in full, and accepts feedback, a score and metadata", async () => {
    const [id] = await called("log-changed", [{}])
    const log = `gateways/log-changed/logs/${id}`
    const before = (await admin(log)).body.result as Entry
    assert.deepEqual(
      [before["provider"], before["model"], before["status_code"], before["success"], before["ending"]],
      ["baseten", "openai/gpt-oss-120b", 200, true, "complete"],
    )
    assert.deepEqual([before["feedback"], before["score"], before["metadata"]], [null, null, {}])
    assert.ok(Number(before["request_size"]) > 0 && Number(before["response_size"]) > 0)
    const refused = await admin(log, "PATCH", { feedback: 1, score: "high" })
    assert.deepEqual([refused.status, refused.body.errors[0]?.code], [400, 7001])
    assert.equal(((await admin(log)).body.result as Entry)["feedback"], null, "nothing half done")
    const patched = await admin(log, "PATCH", { feedback: 1, score: 88, metadata: { ok: true } })
    assert.deepEqual([patched.status, patched.body.success], [200, true])
    const after = (await admin(log)).body.result as Entry
    assert.deepEqual([after["feedback"], after["score"], after["metadata"]], [1, 88, { ok: true }])
    for (const missing of [`${log}/request`, `${log}/response`, "gateways/log-changed/logs/none"]) {
      const { status, body } = await admin(missing)
      assert.deepEqual([status, body.errors[0]?.code], [404, 7002], missing)
    }
    assert.equal((await admin(log, "DELETE")).status, 405)
  })

  test("entries are deleted by filter, or all of one gateway", async () => {
    const [first, second] = await called("log-deleted", [{ "cf-aig-event-id": "gone" }, {}])
    const logs = "gateways/log-deleted/logs"
    assert.equal((await admin(`${logs}?modell=m`, "DELETE")).status, 400)
    const one = await admin(`${logs}?filters.key=event_id&filters.operator=eq&filters.value=gone`, "DELETE")
    assert.deepEqual([one.status, one.body.success, one.body.result], [200, true, { deleted: 1 }])
    assert.deepEqual(idsOf(await admin(logs)), [second])
    assert.equal((await admin(`${logs}/${first}`)).status, 404)
    const [other] = await called("log-spared", [{}])
    assert.deepEqual((await admin(logs, "DELETE")).body.result, { deleted: 1 })
    assert.deepEqual(idsOf(await admin(logs)), [])
    assert.deepEqual(idsOf(await admin("gateways/log-spared/logs")), [other])
  })

  test("analytics count the calls of a gateway", async () => {
    await called("log-figures", [{}, fault({ status: 503, body: { error: "no" } })])
    const { status, body } = await admin("gateways/log-figures/analytics?since=-1h&bucket=1d&by=model,status")
    const { rows, totals } = body.result as {
      rows: ReadonlyArray<{ group: object; requests: number }>
      totals: Record<string, unknown>
    }
    assert.deepEqual([status, totals["requests"], totals["errors"]], [200, 2, 1])
    assert.deepEqual(rows.map(({ group, requests }) => [group, requests]), [
      [{ model: "openai/gpt-oss-120b", status: "200" }, 1],
      [{ model: "openai/gpt-oss-120b", status: "503" }, 1],
    ])
  })

  test("settings are shown without keys; an unknown gateway is 404", async () => {
    const { status, body } = await admin("gateways/log-listed")
    assert.deepEqual([status, (body.result as Entry).id], [200, "log-listed"])
    assert.ok(!JSON.stringify(body).includes("sk-stored"))
    const url = await admin("gateways/log-listed/url/baseten")
    assert.equal(url.body.result, `${harness.configured.url}/v1/account/log-listed/baseten`)
    const missing = await admin("gateways/missing/logs")
    assert.deepEqual([missing.status, missing.body.errors[0]?.code], [404, 7002])
  })

  test("/metrics is shown to the admin", async () => {
    const response = await fetch(`${harness.configured.url}/metrics`, {
      headers: { authorization: `Bearer ${adminToken}` },
    })
    assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/)
    assert.match(await response.text(), /^basegate_build_info\{/m)
  })
}
