/** What stands in a record: each step's own, under a name, and nothing of what came after its end. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { asker } from "../ask.ts"
import { chat, type Configured, eventually, fault, type Harness, json, key } from "../harness.ts"
import { ask, callSteps, models, withFault } from "../steps.ts"
import { adminToken } from "./log-api.ts"

/** What these cases need configured. */
export const recordEntries = (): Configured => ({
  entries: { "records-named": {}, "records-shared": { cache_ttl: 300, cache_streams: true } },
})

/** Asks the management API of the second gateway. */
const adminOf = (harness: Harness) => async (path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${harness.configured.url}/client/v4/accounts/account/ai-gateway/${path}`, {
    headers: { authorization: `Bearer ${adminToken}`, ...headers },
  })
  return (await response.json() as { result: unknown }).result
}

export const recordCases = (harness: Harness): void => {
  const admin = adminOf(harness)

  test("the record has the key and the time to headers of the last step", async () => {
    const id = harness.nextCase()
    const response = await callSteps(harness.base, [
      ask(id, models.gpt, withFault({ status: 500 })),
      { ...ask(id, models.glm), headers: { "x-simulator-case": id } },
    ])
    assert.equal(response.status, 401)
    const { step, key: whose, time_to_headers_ms, attempts } = await harness.recordOf(response)
    assert.deepEqual([step, whose, time_to_headers_ms], [1, "none", null])
    assert.equal((attempts as ReadonlyArray<unknown>).length, 1)
  })

  if (harness.flags.sharesMisses && harness.flags.noticesLeaveAfterUpload) {
    test("a closed record does not change, even if others still wait for the call", async () => {
      for (const [outcome, status] of [[{ hang: "headers" }, 504], [{ delay_ms: 500 }, 200]] as const) {
        const id = harness.nextCase()
        const leaving = new AbortController()
        const headers = {
          ...fault(outcome),
          "cf-aig-request-timeout": "1000",
          "cf-aig-event-id": `first-${id}`,
        }
        const one = { id, entry: "records-shared", headers }
        const first = asker(harness)({ ...one, signal: leaving.signal })
        await eventually("the call is made", () => harness.simulator.requests(id).length === 1)
        const second = asker(harness)({ ...one, headers: { ...headers, "cf-aig-event-id": "second" } })
        await new Promise((resolve) => setTimeout(resolve, 100))
        leaving.abort()
        await assert.rejects(first)
        assert.equal((await second).response.status, status)
        const find = () => harness.configured.records().find(({ event_id }) => event_id === `first-${id}`)
        await eventually("its record is told", () => find() !== undefined)
        const { ending, time_to_headers_ms, error, attempts } = find() ?? {}
        assert.deepEqual([ending, time_to_headers_ms, error], ["client_left", null, "client_left"])
        assert.equal((attempts as ReadonlyArray<unknown>).length, 1)
      }
    })
  }

  const named = [
    ["baseten/model/json1234", "json1234", {}],
    ["baseten/model/json1234/deployment/abc1234/predict", "json1234", {}],
    ["baseten/model/json1234/production/async_predict", "json1234", { model_input: {} }],
    ["baseten/chain/abcd1234", "abcd1234", {}],
    ["baseten/chain/abcd1234/environments/eu/run_remote", "abcd1234", {}],
  ] as const
  for (const [path, deployment, body] of named) {
    test(`a call of ${path} is recorded under its deployment's name`, async () => {
      const response = await fetch(`${harness.entry("records-named")}/${path}`, {
        method: "POST",
        headers: json,
        body: JSON.stringify(body),
      })
      await response.text()
      const record = await harness.recordOf(response)
      assert.deepEqual([record["model"], record["deployment"]], [deployment, deployment])
      const [provider = "", ...rest] = path.split("/")
      const step = { provider, endpoint: rest.join("/"), headers: key, query: body }
      const second = await callSteps(harness.entry("records-named"), [step])
      await second.text()
      const other = await harness.recordOf(second)
      assert.deepEqual([other["model"], other["deployment"]], [deployment, deployment])
    })
  }

  test("a requested model takes precedence over the deployment's name", async () => {
    const path = "baseten/model/json1234/sync/v1/chat/completions"
    const response = await fetch(`${harness.entry("records-named")}/${path}`, {
      method: "POST",
      headers: json,
      body: chat(),
    })
    await response.text()
    const { model, deployment } = await harness.recordOf(response)
    assert.deepEqual([model, deployment], ["openai/gpt-oss-120b", "json1234"])
  })

  test("every row of the log, and of its figures by model, has a name", async () => {
    const logs = await admin("gateways/records-named/logs?per_page=50") as ReadonlyArray<{ model: string }>
    assert.ok(logs.length >= 11)
    assert.ok(logs.every(({ model }) => model !== ""))
    const { rows } = await admin("gateways/records-named/analytics?by=model") as {
      rows: ReadonlyArray<{ group: { model: string | null } }>
    }
    assert.ok(rows.length > 0 && rows.every(({ group }) => group.model !== null))
  })

  test("every stream tells proxies not to buffer it: from the provider, a shared call and the cache", async () => {
    const asking = asker(harness)
    const id = harness.nextCase()
    const one = { id, entry: "records-shared", body: chat({ stream: true, user: id }) }
    const slowly = { ...one, headers: fault({ drip_ms: 20 }) }
    const told = (response: Response) => response.headers.get("x-accel-buffering")
    const answers = [...await Promise.all([asking(slowly), asking(slowly)]), await asking(one)]
    assert.deepEqual(answers.map(({ response }) => told(response)), ["no", "no", "no"])
    assert.equal(answers[2]?.status, "HIT")
    const other = { "X-Accel-Buffering": "yes" }
    const own = await asking({
      ...one,
      id: harness.nextCase(),
      headers: fault({ headers: other }),
      body: chat({ stream: true, user: "own" }),
    })
    assert.equal(told(own.response), "yes")
    const whole = await asking({ id: harness.nextCase(), entry: "records-shared" })
    assert.equal(told(whole.response), null)
  })

  test("behind a proxy with TLS, a gateway's URL is the one that its client used", async () => {
    const { host } = new URL(harness.configured.url)
    const urlOf = (headers: Record<string, string>) => admin("gateways/records-named/url/baseten", headers)
    const rest = `://${host}/v1/account/records-named/baseten`
    assert.equal(await urlOf({}), `http${rest}`)
    for (const told of ["https", "HTTPS", "https, http"]) {
      assert.equal(await urlOf({ "x-forwarded-proto": told }), `https${rest}`)
    }
    for (const told of ['for=192.0.2.1;proto=https;by=x, for="[::1]";proto=http', 'Proto="https"']) {
      assert.equal(await urlOf({ forwarded: told, "x-forwarded-proto": "http" }), `https${rest}`)
    }
    for (const told of ["http", "ftp", "javascript", "http, https", ""]) {
      assert.equal(await urlOf({ "x-forwarded-proto": told }), `http${rest}`)
    }
  })
}
