/** Which answers are kept, for whom, and how they are given again. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, type Configured, fault, type Harness, json } from "../harness.ts"
import { asker } from "../ask.ts"

/** What these cases need configured. */
export const cacheEntries = ({ url }: { readonly url: string }): Configured => ({
  entries: {
    cached: { cache_ttl: 300, custom_providers: { same: { base_url: url, allow_http: true } } },
    "cached-too": { cache_ttl: 300 },
    "cached-briefly": { cache_ttl: 1 },
    "cached-for-team": { cache_ttl: 300, tokens: ["token-a", "token-b"] },
    "cached-by-key": { cache_key_scope: "gateway" },
    "cached-by-ttl": { cache_ttl_header_enables: true },
    "cached-by-form": { cache_streams: true },
  },
})

export const cacheCases = (harness: Harness): void => {
  const ask = asker(harness)
  const calls = (id: string): number => harness.simulator.requests(id).length

  test("by default nothing is cached, and there is no cache status", async () => {
    const id = harness.nextCase()
    for (const headers of [{}, { "cf-aig-cache-ttl": "300" }, { "cf-cache-ttl": "300" }, {}]) {
      const { response } = await ask({ id, entry: "plain", headers })
      assert.deepEqual([response.status, response.headers.has("cf-aig-cache-status")], [200, false])
    }
    assert.equal(calls(id), 4)
  })

  test("cache_ttl: an equal request gets the same answer again, and Baseten is called once", async () => {
    const id = harness.nextCase()
    const first = await ask({ id })
    assert.deepEqual([first.status, first.response.headers.get("age")], ["MISS", null])
    const again = await ask({ id })
    assert.equal(again.status, "HIT")
    assert.deepEqual(again.bytes, first.bytes)
    for (const name of ["content-type", "x-baseten-model-id"]) {
      assert.equal(again.response.headers.get(name), first.response.headers.get(name), name)
    }
    assert.match(again.response.headers.get("age") ?? "", /^[0-5]$/)
    assert.equal(again.response.headers.get("content-length"), String(first.bytes.length))
    assert.equal(again.response.headers.get("cf-aig-step"), "0")
    assert.equal(calls(id), 1)
  })

  test("headers added for one client are not stored", async () => {
    const id = harness.nextCase()
    const made = await ask({ id, headers: { "cf-aig-skip-cache": "true", origin: "https://app.example" } })
    const kept = await ask({ id, headers: { origin: "https://evil.example" } })
    assert.equal(kept.status, "HIT")
    assert.equal(kept.response.headers.get("vary"), made.response.headers.get("vary"))
    assert.equal(kept.response.headers.get("access-control-allow-origin"), null)
  })

  test("headers about one call are not replayed: ids, cookies, times, rates", async () => {
    const id = harness.nextCase()
    const headers = fault({ headers: { "Set-Cookie": "for=one", "X-Request-Id": "of-one" } })
    const first = await ask({ id, headers })
    const again = await ask({ id })
    assert.equal(again.status, "HIT")
    const ofOne = [
      "x-baseten-request-id",
      "x-baseten-session-id",
      "x-baseten-accepted-at",
      "x-ratelimit-remaining-requests",
      "x-request-id",
      "set-cookie",
    ]
    for (const name of ofOne) {
      assert.ok(first.response.headers.has(name), `the first has ${name}`)
      assert.ok(!again.response.headers.has(name), `the second has no ${name}`)
    }
    for (const name of ["cf-aig-request-id", "cf-aig-log-id", "cf-aig-event-id"]) {
      const [of, other] = [first, again].map(({ response }) => response.headers.get(name))
      assert.ok(of && other && of !== other, name)
    }
  })

  test("the record of a cached answer says so", async () => {
    const id = harness.nextCase()
    const first = await harness.recordOf((await ask({ id })).response)
    const again = await harness.recordOf((await ask({ id })).response)
    assert.deepEqual([first["cached"], first["upstream_status"], first["ending"]], [false, 200, "complete"])
    assert.deepEqual([again["cached"], again["status"], again["ending"]], [true, 200, "complete"])
    assert.deepEqual([again["attempts"], again["model"]], [[], "openai/gpt-oss-120b"])
    assert.equal(again["response_bytes"], first["response_bytes"])
  })

  test("requests that differ in anything share no cached answer", async () => {
    const id = harness.nextCase()
    const body = chat({ user: id })
    const one = { id, body }
    const others = [
      { ...one, body: chat({ user: id, temperature: 0 }) },
      { ...one, body: `${body} ` },
      { ...one, path: "baseten/v1/chat/completions?x=1" },
      { ...one, path: "baseten/v1/chat/completions?x=2" },
      { ...one, path: "baseten/model/json1234/predict" },
      { ...one, path: "baseten/model/json1234/development/predict" },
      { ...one, path: "baseten/model/json1234" },
      { ...one, path: "baseten/model/json5678" },
      { ...one, path: "baseten/chain/json1234" },
      { ...one, path: "custom-same/v1/chat/completions" },
      { ...one, headers: { authorization: "Bearer sk-other" } },
      { ...one, headers: { authorization: "" } },
      { ...one, entry: "cached-too" },
    ]
    for (const each of [one, ...others]) {
      const { response, status } = await ask(each)
      assert.deepEqual([response.status, status], [200, "MISS"], JSON.stringify(each))
    }
    assert.equal(calls(id), others.length + 1)
    for (const each of [one, ...others]) assert.equal((await ask(each)).status, "HIT", JSON.stringify(each))
    assert.equal(calls(id), others.length + 1)
  })

  test("a key is the same whatever header it is sent in", async () => {
    const id = harness.nextCase()
    await ask({ id })
    const again = await ask({ id, headers: { authorization: "", "x-api-key": "sk-own" } })
    assert.equal(again.status, "HIT")
  })

  test("a cached answer is only for callers who may call the gateway", async () => {
    const id = harness.nextCase()
    const as = (token: string) =>
      ask({ id, entry: "cached-for-team", headers: { authorization: "", "cf-aig-authorization": token } })
    assert.deepEqual([(await as("token-a")).status, (await as("token-a")).status], ["MISS", "HIT"])
    for (const token of ["", "wrong"]) assert.equal((await as(token)).response.status, 401)
    assert.equal(calls(id), 1)
  })

  test("cf-aig-cache-key asks for caching and stands for the whole request", async () => {
    const id = harness.nextCase()
    const headers = { "cf-aig-cache-key": id }
    const first = await ask({ id, entry: "plain", headers })
    const again = await ask({ id, entry: "plain", headers, body: chat({ user: "another", seed: 1 }) })
    assert.deepEqual([first.status, again.status], ["MISS", "HIT"])
    assert.deepEqual(again.bytes, first.bytes)
    assert.equal((await ask({ id, entry: "plain" })).status, null)
  })

  test("cf-aig-cache-key: an answer of another kind is not replayed", async () => {
    const id = harness.nextCase()
    const headers = { "cf-aig-cache-key": id }
    const whole = await ask({ id, entry: "cached-by-form", headers })
    for (const status of ["MISS", "HIT"]) {
      const stream = await ask({ id, entry: "cached-by-form", headers, body: chat({ stream: true }) })
      assert.equal(stream.status, status)
      assert.match(stream.response.headers.get("content-type") ?? "", /^text\/event-stream/)
      assert.notDeepEqual(stream.bytes, whole.bytes)
      const path = "baseten/v1/messages"
      const message = chat({ max_tokens: 9 })
      assert.equal((await ask({ id, entry: "cached-by-form", headers, path, body: message })).status, status)
    }
    assert.equal((await ask({ id, entry: "cached-by-form", headers })).status, "HIT")
  })

  test("cf-aig-cache-key belongs to one gateway and one credential", async () => {
    const id = harness.nextCase()
    const headers = { "cf-aig-cache-key": id }
    const others = [
      { id, entry: "plain", headers: { ...headers, authorization: "Bearer sk-other" } },
      { id, entry: "plain", headers: { ...headers, authorization: "" } },
      { id, entry: "cached-too", headers },
      { id, entry: "plain", headers: { "cf-aig-cache-key": `${id}-too` } },
    ]
    for (const each of [{ id, entry: "plain", headers }, ...others]) {
      assert.equal((await ask(each)).status, "MISS", JSON.stringify(each))
    }
  })

  test("cache_key_scope: callers of a gateway can share answers under their own keys", async () => {
    const id = harness.nextCase()
    const headers = { "cf-aig-cache-key": id }
    const other = { ...headers, authorization: "Bearer sk-other" }
    assert.equal((await ask({ id, entry: "cached-by-key", headers })).status, "MISS")
    assert.equal((await ask({ id, entry: "cached-by-key", headers: other })).status, "HIT")
    assert.equal(calls(id), 1)
  })

  for (const header of ["cf-aig-cache-ttl", "cf-cache-ttl"]) {
    test(`${header}: 0 is not cached`, async () => {
      const id = harness.nextCase()
      const headers = { [header]: "0" }
      assert.equal((await ask({ id, headers })).status, null)
      assert.equal((await ask({ id })).status, "MISS")
      assert.equal((await ask({ id, headers })).status, null)
      const byKey = { ...headers, "cf-aig-cache-key": id }
      assert.equal((await ask({ id, entry: "plain", headers: byKey })).status, null)
    })

    test(`cache_ttl_header_enables: ${header} alone asks for caching`, async () => {
      const id = harness.nextCase()
      const headers = { [header]: "60" }
      assert.equal((await ask({ id, entry: "cached-by-ttl" })).status, null)
      assert.equal((await ask({ id, entry: "cached-by-ttl", headers })).status, "MISS")
      assert.equal((await ask({ id, entry: "cached-by-ttl", headers })).status, "HIT")
    })
  }

  for (const header of ["cf-aig-skip-cache", "cf-skip-cache"]) {
    test(`${header} calls Baseten and stores the newer answer`, async () => {
      const id = harness.nextCase()
      // Its answer tells of the call, so that no two are alike.
      const one = { id, path: "baseten/model/abcd1234/sync/predict", headers: {} }
      const first = await ask(one)
      const skipping = await ask({ ...one, headers: { [header]: "true" } })
      assert.deepEqual([skipping.status, calls(id)], ["MISS", 2])
      assert.notDeepEqual(skipping.bytes, first.bytes)
      const after = await ask({ ...one, headers: { [header]: "false" } })
      assert.equal(after.status, "HIT")
      assert.deepEqual(after.bytes, skipping.bytes)
    })
  }

  test("a cached answer expires; the header takes precedence over the setting", async () => {
    const [id, longer] = [harness.nextCase(), harness.nextCase()]
    const entry = "cached-briefly"
    const headers = { "cf-aig-cache-ttl": "60" }
    assert.equal((await ask({ id, entry })).status, "MISS")
    assert.equal((await ask({ id: longer, entry, headers })).status, "MISS")
    await new Promise((resolve) => setTimeout(resolve, 1100))
    assert.equal((await ask({ id, entry })).status, "MISS")
    const kept = await ask({ id: longer, entry })
    assert.deepEqual([kept.status, kept.response.headers.get("age")], ["HIT", "1"])
  })

  test("GET is cached as well; a request whose body is streamed up is not", async () => {
    const id = harness.nextCase()
    const models = { id, path: "baseten/v1/models", method: "GET", headers: {} }
    const [first, again] = [await ask(models), await ask(models)]
    assert.deepEqual([first.status, again.status], ["MISS", "HIT"])
    assert.deepEqual(again.bytes, first.bytes)
    const upload = {
      id: harness.nextCase(),
      path: "baseten/model/sink1234",
      headers: { ...json, "content-type": "application/octet-stream" },
    }
    for (let time = 0; time < 2; time++) assert.equal((await ask(upload)).status, null)
    assert.equal(calls(upload.id), 2)
  })

  test("asynchronous requests and their status are never cached", async () => {
    const id = harness.nextCase()
    const model = "baseten/model/abc12345"
    const submit = { id, path: `${model}/production/async_predict`, body: `{"model_input":1}` }
    for (let time = 0; time < 2; time++) {
      // Baseten answers 201, which is not kept anyhow.
      const { status, bytes } = await ask({ ...submit, headers: fault({ status: 200, body: { time } }) })
      assert.deepEqual([status, JSON.parse(bytes.toString())], [null, { time }])
    }
    const submitted = JSON.parse((await ask(submit)).bytes.toString()) as { request_id: string }
    const poll = { id, path: `${model}/async_request/${submitted.request_id}`, method: "GET" }
    for (const expected of ["QUEUED", "IN_PROGRESS", "SUCCEEDED"]) {
      const { status, bytes } = await ask(poll)
      assert.deepEqual([status, (JSON.parse(bytes.toString()) as { status: string }).status], [
        null,
        expected,
      ])
    }
    assert.equal((await ask({ ...poll, path: `${model}/production/async_queue_status` })).status, null)
  })

  test("compat's chat and list of models are replayed in compat's form", async () => {
    const [id, list] = [harness.nextCase(), harness.nextCase()]
    const completion = {
      id,
      path: "compat/chat/completions",
      body: chat({ model: "baseten/openai/gpt-oss-120b", user: id }),
    }
    // Both lists come from one list of Baseten's.
    const headers = { authorization: "Bearer sk-lists" }
    await ask({ id: list, path: "baseten/v1/models", method: "GET", headers })
    for (const one of [completion, { id: list, path: "compat/models", method: "GET", headers }]) {
      const [first, again] = [await ask(one), await ask(one)]
      assert.equal(again.status, "HIT")
      assert.deepEqual(again.bytes.toString(), first.bytes.toString())
      assert.equal(again.response.headers.get("content-type"), first.response.headers.get("content-type"))
    }
    const models = await ask({ id: list, path: "compat/models", method: "GET", headers })
    assert.match(models.bytes.toString(), /"id":"baseten\/openai\/gpt-oss-120b"/)
  })
}
