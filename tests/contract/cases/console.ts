/** The console: its page and session on this runtime, and the log as it grows. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, type Configured, type Harness, json } from "../harness.ts"
import { adminToken } from "./log-api.ts"

export const consoleEntries = (): Configured => ({
  entries: {
    "console-tail": {},
    "console-flight": {},
    "console-holder": { tokens: [{ name: "holder", token: "tok-console-holder" }] },
  },
})

const own = { "x-basegate-console": "1", "content-type": "application/json" }

export const consoleCases = (harness: Harness): void => {
  const at = (path: string): string => harness.configured.url + path
  const account = "/client/v4/accounts/account/ai-gateway"
  const open = async (): Promise<Record<string, string>> => {
    const answer = await fetch(at("/console/session"), {
      method: "POST",
      headers: own,
      body: JSON.stringify({ token: adminToken }),
    })
    assert.equal(answer.status, 204)
    const cookie = answer.headers.get("set-cookie") ?? ""
    assert.match(cookie, /; Path=\/client\/v4; HttpOnly; SameSite=Strict$/)
    return { cookie: cookie.split(";", 1)[0] ?? "", "x-basegate-console": "1" }
  }

  test("without BASEGATE_ADMIN_TOKEN there is no console", async () => {
    for (const path of ["/console", "/console/log", "/console/icon.svg"]) {
      assert.equal((await fetch(harness.gateway.url + path)).status, 404, path)
    }
  })

  test("the page and its files are served, and load nothing from elsewhere", async () => {
    for (const path of ["/console", "/console/log?x=1", "/console/playground"]) {
      const page = await fetch(at(path))
      const text = await page.text()
      assert.equal(page.status, 200, text)
      assert.match(
        page.headers.get("content-security-policy") ?? "",
        /^default-src 'none'; script-src 'self'/,
      )
      assert.match(page.headers.get("content-type") ?? "", /^text\/html/)
      assert.doesNotMatch(text, /<script>|style=|https?:|\son\w+=/)
      const files = [...text.matchAll(/(?:src|href)="(\/console\/[^"]+)"/g)].map(([, file = ""]) => file)
      assert.equal(files.length, 3)
      for (const file of files) {
        const answer = await fetch(at(file))
        assert.equal(answer.status, 200, file)
        assert.match(answer.headers.get("content-type") ?? "", /^(text\/(css|javascript)|image\/svg)/, file)
        assert.ok((await answer.arrayBuffer()).byteLength > 100, file)
      }
    }
    const missing = await fetch(at("/console/nothing.js"))
    assert.equal(missing.status, 404)
    await missing.text()
  })

  test("a session opens the management API only to the page", async () => {
    const headers = await open()
    const accounts = await fetch(at("/client/v4/accounts"), { headers })
    const { result } = await accounts.json() as {
      result: ReadonlyArray<{ id: string; gateways: ReadonlyArray<string> }>
    }
    assert.ok(result.find(({ id }) => id === "account")?.gateways.includes("console-tail"))
    const { cookie = "" } = headers
    for (const less of [{ cookie }, { "x-basegate-console": "1" }, { ...headers, cookie: `${cookie}0` }]) {
      const refused = await fetch(at("/client/v4/accounts"), { headers: less })
      assert.equal(refused.status, 401)
      await refused.text()
    }
  })

  test("a gateway token's holder sees its own usage in a session, and nothing else", async () => {
    const opened = await fetch(at("/console/session"), {
      method: "POST",
      headers: own,
      body: JSON.stringify({ token: "tok-console-holder" }),
    })
    assert.deepEqual((await opened.json() as { result: unknown }).result, {
      account: "account",
      gateway: "console-holder",
    })
    const cookie = opened.headers.get("set-cookie")?.split(";", 1)[0] ?? ""
    const headers = { cookie, "x-basegate-console": "1" }
    const usage = await fetch(`${harness.entry("console-holder")}/usage`, { headers })
    assert.equal((await usage.json() as { token: string }).token, "holder")
    for (const path of ["/client/v4/accounts", `${account}/status`, "/v1/account/console-tail/usage"]) {
      const refused = await fetch(at(path), { headers })
      assert.equal(refused.status, 401, path)
      await refused.text()
    }
  })

  test("the log's tail streams a call soon after it has ended, filtered", async () => {
    const headers = await open()
    const call = async (model: string): Promise<string | null> => {
      const answer = await fetch(`${harness.entry("console-tail")}/baseten/v1/chat/completions`, {
        method: "POST",
        headers: json,
        body: chat({ model }),
      })
      await answer.text()
      return answer.headers.get("cf-aig-log-id")
    }
    const leave = new AbortController()
    const tail = await fetch(at(`${account}/gateways/console-tail/logs/tail?model=zai-org/GLM-5.3`), {
      headers,
      signal: leave.signal,
    })
    assert.equal(tail.status, 200)
    const reader = tail.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = (await reader?.read())?.value ?? ""
    await call("openai/gpt-oss-120b")
    const id = await call("zai-org/GLM-5.3")
    while (!/^data: \{.*\}\n\n/m.test(text)) {
      const { done, value } = await reader?.read() ?? { done: true, value: "" }
      if (done) break
      text += value
    }
    leave.abort()
    assert.deepEqual([...text.matchAll(/^id: (.*)$/gm)].map(([, one]) => one), [id])
  })

  test("the status counts what is in flight", async () => {
    const headers = await open()
    const inFlight = async (): Promise<number> => {
      const answer = await fetch(at(`${account}/status`), { headers })
      const { result } = await answer.json() as { result: { in_flight: number; runtime: string } }
      assert.match(result.runtime, /^(Bun|Deno|Node|Workers)/)
      return result.in_flight
    }
    const before = await inFlight()
    const leave = new AbortController()
    const stream = await fetch(`${harness.entry("console-flight")}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, "x-simulator-fault": JSON.stringify({ drip_ms: 500 }) },
      body: chat({ stream: true }),
      signal: leave.signal,
    })
    await stream.body?.getReader().read()
    assert.equal(await inFlight(), before + 1)
    leave.abort()
  })

  test("figures come with those of the previous period, and with breakdowns", async () => {
    const headers = await open()
    const answer = await fetch(
      at(`${account}/analytics?compare=previous&breakdown=model,status&series=ending`),
      {
        headers,
      },
    )
    const { result } = await answer.json() as {
      result: {
        previous: { totals: { requests: number } }
        breakdowns: Record<string, { rows: ReadonlyArray<object> }>
        series: Record<string, ReadonlyArray<{ time: string; group: { ending: string } }>>
      }
    }
    assert.equal(result.previous.totals.requests, 0)
    assert.ok((result.breakdowns["model"]?.rows.length ?? 0) > 0)
    assert.ok((result.breakdowns["status"]?.rows.length ?? 0) > 0)
    assert.equal(typeof result.series["ending"]?.[0]?.group.ending, "string")
  })
}
