/** Where each path goes, and what is refused before it goes anywhere. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, type Harness, json, key } from "../harness.ts"

export const routeCases = (harness: Harness): void => {
  for (const path of ["baseten/v1/chat/completions", "baseten/chat/completions"]) {
    test(`POST ${path} reaches Model APIs byte for byte, with its query`, async () => {
      const id = harness.nextCase()
      const body = chat({ seed: 1, unknown: 1.10 }).replace(`"seed":1`, `"seed":12345678901234567890`)
      const response = await fetch(`${harness.base}/${path}?a=1&b=%20`, {
        method: "POST",
        headers: { ...json, "x-simulator-case": id },
        body,
      })
      assert.equal(response.status, 200)
      const sent = harness.reached(id)
      assert.equal(sent.path, "/v1/chat/completions")
      assert.equal(sent.query, "a=1&b=%20")
      assert.equal(sent.body_text, body)
      await response.text()
      const record = await harness.recordOf(response)
      assert.equal(record["ending"], "complete")
      assert.equal(record["model"], "openai/gpt-oss-120b")
      assert.equal(record["status"], 200)
      assert.equal(record["route"], "chat.completions")
    })
  }

  const sent: ReadonlyArray<readonly [method: string, path: string, upstream: string, status: number]> = [
    ["GET", "baseten/v1/models", "/v1/models", 200],
    ["GET", "baseten/models", "/v1/models", 200],
    ["HEAD", "baseten/v1/models", "/v1/models", 200],
    ["PATCH", "baseten/v1/echo/new/thing", "/v1/echo/new/thing", 200],
    ["POST", "baseten/model/json1234", "/_model/json1234/production/predict", 200],
    ["POST", "baseten/model/json1234/development/predict", "/_model/json1234/development/predict", 200],
    [
      "POST",
      "baseten/model/json1234/environments/eu/predict",
      "/_model/json1234/environments/eu/predict",
      200,
    ],
    [
      "POST",
      "baseten/model/json1234/deployment/abc1234/predict",
      "/_model/json1234/deployment/abc1234/predict",
      200,
    ],
    ["PUT", "baseten/model/json1234/sync/any/path", "/_model/json1234/sync/any/path", 200],
    [
      "POST",
      "baseten/model/json1234/production/async_predict",
      "/_model/json1234/production/async_predict",
      201,
    ],
    [
      "GET",
      "baseten/model/json1234/production/async_queue_status",
      "/_model/json1234/production/async_queue_status",
      200,
    ],
    ["GET", "baseten/model/json1234/async_request/none", "/_model/json1234/async_request/none", 404],
    ["DELETE", "baseten/model/json1234/async_request/none", "/_model/json1234/async_request/none", 404],
    ["POST", "baseten/model/json1234/production/wake", "/_model/json1234/production/wake", 202],
    ["POST", "baseten/chain/abcd1234", "/_chain/abcd1234/production/run_remote", 200],
    [
      "POST",
      "baseten/chain/abcd1234/environments/eu/run_remote",
      "/_chain/abcd1234/environments/eu/run_remote",
      200,
    ],
    [
      "POST",
      "baseten/chain/abcd1234/production/async_run_remote",
      "/_chain/abcd1234/production/async_run_remote",
      201,
    ],
  ]
  for (const [method, path, upstream, status] of sent) {
    test(`${method} ${path} goes to ${upstream}`, async () => {
      const id = harness.nextCase()
      const response = await fetch(`${harness.base}/${path}`, {
        method,
        headers: { ...json, "x-simulator-case": id },
        ...(["POST", "PUT", "PATCH"].includes(method) && { body: `{"model_input":1}` }),
      })
      await response.text()
      assert.equal(response.status, status)
      const { path: reached, method: sentMethod } = harness.reached(id)
      assert.deepEqual([sentMethod, reached], [method, upstream])
    })
  }

  test("chat completions of a deployment are streams whose end is known", async () => {
    const response = await fetch(`${harness.base}/baseten/model/vllm1234/sync/v1/chat/completions`, {
      method: "POST",
      headers: json,
      body: chat({ stream: true }),
    })
    assert.match(await response.text(), /data: \[DONE\]\n\n$/)
    const record = await harness.recordOf(response)
    assert.deepEqual([record["route"], record["deployment"], record["stream"]], [
      "model.chat.completions",
      "vllm1234",
      true,
    ])
  })

  test("an asynchronous prediction is submitted, polled and cancelled", async () => {
    const call = async (method: string, path: string, body?: string) => {
      const response = await fetch(`${harness.base}/baseten/model/json1234/${path}`, {
        method,
        headers: json,
        ...(body !== undefined && { body }),
      })
      return await response.json() as { request_id: string; canceled?: boolean }
    }
    const { request_id } = await call("POST", "production/async_predict", `{"model_input":{"prompt":"hi"}}`)
    assert.equal((await call("GET", `async_request/${request_id}`)).request_id, request_id)
    assert.equal(typeof (await call("DELETE", `async_request/${request_id}`)).canceled, "boolean")
  })

  test("unknown routes, methods, providers and ids have different errors, and nothing is forwarded", async () => {
    const refused: ReadonlyArray<readonly [method: string, path: string, status: number, code: number]> = [
      ["GET", "/nowhere", 404, 9404],
      ["GET", "/v1/a", 404, 9404],
      ["GET", "/v1/a/g/baseten/nothing", 404, 9404],
      ["POST", "/v1/a/g/baseten/model/json1234/other/predict", 404, 9404],
      ["GET", "/v1/a/g/openai/v1/models", 400, 2008],
      ["GET", "/v1/a/g/baseten/v1/chat/completions", 405, 9405],
      ["GET", "/v1/a/g/baseten/model/json1234", 405, 9405],
      ["POST", "/livez", 405, 9405],
      ["POST", "/v1/a/g/baseten/model/a.b/predict", 400, 9400],
      ["POST", "/v1/a/g/baseten/model/a@b12345", 400, 9400],
      ["POST", "/v1/a/g/baseten/model/json1234/sync/%2e%2e%2fadmin", 400, 9400],
      ["POST", "/v1/a/g/baseten/model/json1234/sync/a%5cb", 400, 9400],
    ]
    for (const [method, path, status, code] of refused) {
      const id = harness.nextCase()
      const response = await fetch(`${harness.gateway.url}${path}`, {
        method,
        headers: { ...key, "x-simulator-case": id },
      })
      const body = await response.json() as { internalCode: number }
      assert.deepEqual([response.status, body.internalCode], [status, code], `${method} ${path}`)
      assert.equal(harness.simulator.requests(id).length, 0)
      if (status === 405) assert.match(response.headers.get("allow") ?? "", /OPTIONS/)
    }
  })

  test("the gateway's own routes need no credentials", async () => {
    for (const path of ["/livez", "/readyz"]) {
      assert.deepEqual(await (await fetch(harness.gateway.url + path)).json(), { status: "ok" })
      const head = await fetch(harness.gateway.url + path, { method: "HEAD" })
      assert.deepEqual([head.status, await head.text()], [200, ""])
    }
    const home = await (await fetch(harness.gateway.url)).json() as Record<string, string>
    assert.deepEqual(Object.keys(home), ["name", "version", "docs"])
  })

  test("a gateway that BASEGATE_CONFIG does not list does not exist: 400, code 2001", async () => {
    const response = await fetch(`${harness.entry("missing")}/baseten/v1/models`, { headers: key })
    const body = await response.json() as { success: boolean; error: ReadonlyArray<{ code: number }> }
    assert.deepEqual([response.status, body.success, body.error[0]?.code], [400, false, 2001])
  })
}
