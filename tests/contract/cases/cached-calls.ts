/** Which calls may be answered from the cache: those that infer, and do nothing else. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { type Ask, asker } from "../ask.ts"
import { chat, type Configured, fault, type Harness, json } from "../harness.ts"

/** What these cases need configured. */
export const cachedCallEntries = ({ url }: { readonly url: string }): Configured => ({
  entries: {
    "cached-calls": { cache_ttl: 300, custom_providers: { same: { base_url: url, allow_http: true } } },
  },
})

export const cachedCallCases = (harness: Harness): void => {
  const answer = asker(harness)
  let made = 0
  /** Each call is answered otherwise than the one before. */
  const ask = async (one: Ask) => {
    const body = { id: "resp_1", object: "thing", made: ++made }
    const headers = { ...fault({ status: 200, body }), ...one.headers }
    const { response, status, bytes } = await answer({ entry: "cached-calls", ...one, headers })
    assert.equal(response.status, 200)
    return { status, own: (JSON.parse(bytes.toString()) as { made: number }).made === made }
  }
  const twice = async (one: Ask) => [await ask(one), await ask(one)]
  const kept = [{ status: "MISS", own: true }, { status: "HIT", own: false }]
  const each = [{ status: null, own: true }, { status: null, own: true }]

  const providers = [
    "baseten",
    "baseten/model/abcd1234/sync",
    "baseten/model/abcd1234/production/sync",
    "custom-same",
  ]
  const inference = ["chat/completions", "completions", "messages", "responses", "embeddings", "rerank"]
  test("inference is cached, from each provider", async () => {
    for (const provider of providers) {
      for (const call of inference) {
        const path = `${provider}/v1/${call}`
        assert.deepEqual(await twice({ id: harness.nextCase(), path }), kept, path)
      }
    }
    const deployed = [
      "",
      "/predict",
      "/production/predict",
      "/environments/e/predict",
      "/development/predict",
    ]
    for (const action of deployed) {
      const path = `baseten/model/abcd1234${action}`
      assert.deepEqual(await twice({ id: harness.nextCase(), path }), kept, path)
    }
    for (const path of ["baseten/chain/abcd1234/production/run_remote", "baseten/chain/abcd1234"]) {
      assert.deepEqual(await twice({ id: harness.nextCase(), path }), kept, path)
    }
    const compat = { path: "compat/chat/completions", body: chat({ model: "baseten/openai/gpt-oss-120b" }) }
    assert.deepEqual(await twice({ id: harness.nextCase(), ...compat }), kept)
  })

  test("speech, pictures and lists are cached, each in its own form", async () => {
    const forms: ReadonlyArray<readonly [path: string, body: unknown, type: string]> = [
      ["custom-same/v1/audio/speech", "ID3 sounds", "audio/mpeg"],
      ["baseten/model/abcd1234/sync/v1/audio/speech", "ID3 sounds", "audio/mpeg"],
      ["baseten/model/abcd1234/predict", "picture", "image/png"],
      ["custom-same/rerank", [{ index: 0, score: 1 }], "application/json"],
      ["custom-same/v1/images/generations", { data: [] }, "application/json"],
      ["baseten/model/abcd1234/sync/embed", [[0.5]], "application/json"],
    ]
    for (const [path, body, content_type] of forms) {
      const id = harness.nextCase()
      const one = { id, path, entry: "cached-calls", headers: fault({ status: 200, body, content_type }) }
      const [first, again] = [await answer(one), await answer(one)]
      assert.deepEqual([first.status, again.status], ["MISS", "HIT"], path)
      assert.equal(again.response.headers.get("content-type"), content_type)
      assert.deepEqual(again.bytes, first.bytes)
    }
  })

  const others: ReadonlyArray<readonly [method: string, path: string]> = [
    ["GET", "responses/resp_1"],
    ["GET", "responses/resp_1/input_items"],
    ["POST", "responses/resp_1/cancel"],
    ["DELETE", "responses/resp_1"],
    ["GET", "batches/batch_1"],
    ["POST", "batches"],
    ["POST", "messages/batches"],
    ["POST", "batches/batch_1/cancel"],
    ["POST", "conversations"],
    ["GET", "conversations/conv_1/items"],
    ["POST", "conversations/conv_1/items"],
    ["POST", "threads/thread_1/messages"],
    ["GET", "files/file_1"],
    ["GET", "chat/completions/chatcmpl_1"],
    ["POST", "chat/completions/chatcmpl_1"],
    ["POST", "files"],
    ["POST", "echo"],
  ]
  test("calls that are not inference are never cached, even with cf-aig-cache-key", async () => {
    for (const provider of providers) {
      for (const [method, call] of others) {
        const id = harness.nextCase()
        const one = { id, method, path: `${provider}/v1/${call}` }
        assert.deepEqual(await twice(one), each, `${method} ${one.path}`)
        const byKey = { ...one, headers: { "cf-aig-cache-key": id } }
        assert.deepEqual(await twice(byKey), each, `${method} ${one.path} by key`)
      }
    }
    const model = { path: "baseten/model/abcd1234/production/predict", method: "GET" }
    assert.deepEqual(await twice({ id: harness.nextCase(), ...model }), each)
  })

  test("equal calls that are not inference are not coalesced", async () => {
    const id = harness.nextCase()
    const one = {
      id,
      path: "baseten/v1/responses/resp_1/cancel",
      entry: "cached-calls",
      headers: fault({ delay_ms: 200, status: 200, body: {} }),
    }
    await Promise.all([answer(one), answer(one)])
    assert.equal(harness.simulator.requests(id).length, 2)
  })

  const stateful: ReadonlyArray<readonly [path: string, member: string]> = [
    ["responses", '"background":true'],
    ["responses", '"\\u0062ackground": true'],
    ["responses", '"background":true,"stream":true'],
    ["responses", '"store":true'],
    ["responses", '"previous_response_id":"resp_0"'],
    ["responses", '"conversation":"conv_1"'],
    ["responses", '"conversation":{"id":"conv_1"}'],
    ["chat/completions", '"store":true'],
    ["messages", '"container":"container_1"'],
  ]
  const stateless: ReadonlyArray<readonly [path: string, member: string]> = [
    ["responses", '"background":false,"store":false,"previous_response_id":null,"conversation":null'],
    ["responses", '"metadata":{"background":true,"store":true}'],
    ["images/generations", '"background":"transparent"'],
  ]
  for (
    const [which, all, expected] of [["a past or a future", stateful, each], [
      "neither",
      stateless,
      kept,
    ]] as const
  ) {
    test(`a call with ${which} at the provider is ${expected === kept ? "" : "not "}cached`, async () => {
      for (const provider of providers) {
        for (const [call, member] of all) {
          const id = harness.nextCase()
          const body = `{"model":"m","input":"${id}",${member}}`
          assert.deepEqual(
            await twice({ id, path: `${provider}/v1/${call}`, body }),
            expected,
            `${call} ${member}`,
          )
        }
      }
    })
  }

  test("an unfinished response is not cached", async () => {
    for (const status of ["queued", "in_progress", "cancelled", "failed"]) {
      const id = harness.nextCase()
      const body = { id: "resp_1", object: "response", status, output: [] }
      const one = {
        id,
        entry: "cached-calls",
        path: "baseten/v1/responses",
        body: `{"model":"m","input":"${id}"}`,
      }
      for (let time = 0; time < 2; time++) {
        assert.equal((await answer({ ...one, headers: fault({ status: 200, body }) })).status, "MISS", status)
      }
    }
  })

  test("each step of the universal endpoint is cached or not by its own path", async () => {
    const step = (id: string, endpoint: string, query: object) => ({
      provider: "baseten",
      endpoint,
      headers: { ...json, "x-simulator-case": id, ...fault({ status: 200, body: { made: ++made } }) },
      query,
    })
    const steps = (id: string, endpoint: string, query: object) =>
      answer({ id, entry: "cached-calls", path: "", body: JSON.stringify([step(id, endpoint, query)]) })
    const statuses = async (endpoint: string, query: object) => {
      const id = harness.nextCase()
      const first = await steps(id, endpoint, query)
      const again = await steps(id, endpoint, query)
      return [first.status, again.status]
    }
    assert.deepEqual(await statuses("v1/chat/completions", { model: "m" }), ["MISS", "HIT"])
    assert.deepEqual(await statuses("v1/responses/resp_1/cancel", {}), [null, null])
    assert.deepEqual(await statuses("v1/responses", { model: "m", background: true }), [null, null])
  })
}
