/**
 * The contract, written once and run for real on Bun, Deno, Node and workerd: each as its own process, in
 * front of the simulator.
 */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import OpenAI from "openai"
import Anthropic from "@anthropic-ai/sdk"
import { type Simulator, startSimulator } from "../simulator/server.ts"
import { runtimes, type SpawnedGateway, spawnGateway } from "../support/spawn-gateway.ts"
import { flags } from "./flags.ts"

const key = { authorization: "Bearer sk-own" }
const json = { ...key, "content-type": "application/json" }
const chat = (body: object = {}) =>
  JSON.stringify({
    model: "openai/gpt-oss-120b",
    messages: [{ role: "user", content: "Héllo 世界 🌍" }],
    ...body,
  })
const fault = (value: object) => ({ "x-simulator-fault": JSON.stringify(value) })

const eventually = async (what: string, holds: () => boolean, milliseconds = 1000): Promise<void> => {
  for (const end = Date.now() + milliseconds; Date.now() < end;) {
    if (holds()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.ok(holds(), what)
}

for (const runtime of runtimes) {
  describe(`${runtime}: contract`, () => {
    let simulator: Simulator
    let gateway: SpawnedGateway
    let base: string
    let cases = 0

    before(async () => {
      simulator = await startSimulator()
      gateway = await spawnGateway(runtime, simulator.env)
      base = `${gateway.url}/v1/account/gateway`
    })
    after(async () => {
      await gateway?.stop()
      await simulator?.close()
    })

    const nextCase = () => `${runtime}-${++cases}`
    const reached = (id: string) => {
      const [request] = simulator.requests(id)
      assert.ok(request, "the request reached Baseten")
      return request
    }
    const recordOf = async (response: Response) => {
      const id = response.headers.get("cf-aig-request-id")
      const find = () => gateway.records().find((record) => record["request_id"] === id)
      await eventually("a record is logged", () => find() !== undefined)
      return find() ?? {}
    }

    for (const path of ["baseten/v1/chat/completions", "baseten/chat/completions"]) {
      test(`POST ${path} reaches Model APIs byte for byte`, async () => {
        const id = nextCase()
        const body = chat({ seed: 12345678901234567890n.toString(), unknown: 1.10 })
        const response = await fetch(`${base}/${path}?a=1&b=%20`, {
          method: "POST",
          headers: { ...json, "x-simulator-case": id },
          body,
        })
        assert.equal(response.status, 200)
        const sent = reached(id)
        assert.equal(sent.path, "/v1/chat/completions")
        assert.equal(sent.body_text, body)
        assert.match(
          response.headers.get("cf-aig-request-id") ?? "",
          /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/,
        )
        assert.equal(response.headers.get("cf-aig-step"), "0")
        assert.match(response.headers.get("server-timing") ?? "", /gateway;dur=[\d.]+/)
        await response.text()
        const record = await recordOf(response)
        assert.equal(record["ending"], "complete")
        assert.equal(record["model"], "openai/gpt-oss-120b")
        assert.equal(record["status"], 200)
      })
    }

    test("headers cross by rule", async () => {
      const id = nextCase()
      const response = await fetch(`${base}/baseten/v1/echo`, {
        headers: {
          "x-api-key": "sk-lone",
          "x-session-affinity": "s1",
          traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          "cf-aig-metadata": "{}",
          "x-forwarded-for": "10.0.0.1",
          cookie: "a=1",
          "x-simulator-case": id,
        },
      })
      assert.equal(response.status, 200)
      await response.text()
      const sent = new Map(reached(id).raw_headers.map(([name, value]) => [name.toLowerCase(), value]))
      assert.equal(sent.get("authorization"), "Bearer sk-lone")
      assert.equal(sent.get("x-session-affinity"), "s1")
      assert.ok(sent.has("traceparent"))
      for (const name of ["x-api-key", "cf-aig-metadata", "x-forwarded-for", "cookie"]) {
        assert.ok(!sent.has(name), name)
      }
    })

    test("hop-by-hop headers do not come down, end-to-end ones do", async () => {
      const response = await fetch(`${base}/baseten/v1/models`, {
        headers: { ...key, ...fault({ hop_headers: true }) },
      })
      await response.text()
      assert.equal(response.headers.get("x-hop-secret"), null)
      assert.equal(response.headers.get("access-control-allow-origin"), null)
      assert.equal(response.headers.get("alt-svc"), null)
      assert.equal(response.headers.getSetCookie().length, 2)
    })

    for (const value of [undefined, "Bearer ", "Bearer undefined"]) {
      test(`no credential (${value}) is 401, code 2009, and never reaches Baseten`, async () => {
        const id = nextCase()
        const response = await fetch(`${base}/baseten/v1/chat/completions`, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "x-simulator-case": id,
            ...(value !== undefined && { authorization: value }),
          },
          body: chat(),
        })
        assert.equal(response.status, 401)
        const body = await response.json() as { error: [{ code: number }]; name: string }
        assert.equal(body.error[0].code, 2009)
        assert.equal(body.name, "AiGatewayError")
        assert.equal(simulator.requests(id).length, 0)
      })
    }

    test("compat takes the provider off the model and changes nothing else", async () => {
      const id = nextCase()
      const body =
        `{ "model" : "baseten\\/openai/gpt-oss-120b", "messages":[{"role":"user","content":"x"}], "big": 12345678901234567890.0 }`
      const response = await fetch(`${base}/compat/chat/completions`, {
        method: "POST",
        headers: { ...json, "x-simulator-case": id },
        body,
      })
      await response.text()
      assert.equal(
        reached(id).body_text,
        body.replace(`"baseten\\/openai/gpt-oss-120b"`, `"openai/gpt-oss-120b"`),
      )
    })

    const refusals: ReadonlyArray<readonly [string, string, number, number]> = [
      ["malformed JSON", "{", 400, 2019],
      ["no model", "{}", 400, 2019],
      ["no provider", `{"model":"gpt"}`, 400, 2019],
      ["another provider", `{"model":"openai/gpt"}`, 400, 2008],
      ["two models", `{"model":"baseten/a/b","mod\\u0065l":"baseten/c/d"}`, 400, 2019],
    ]
    for (const [name, body, status, code] of refusals) {
      test(`compat refuses ${name} with ${status}, code ${code}`, async () => {
        const response = await fetch(`${base}/compat/chat/completions`, {
          method: "POST",
          headers: json,
          body,
        })
        assert.equal(response.status, status)
        assert.equal((await response.json() as { internalCode: number }).internalCode, code)
      })
    }

    test("compat/models lists Baseten's models with their prices", async () => {
      const response = await fetch(`${base}/compat/models`, { headers: key })
      const list = await response.json() as { data: ReadonlyArray<{ id: string; cost_in: number }> }
      assert.ok(
        list.data.every(({ id, cost_in }) => id.startsWith("baseten/") && typeof cost_in === "number"),
      )
    })

    test("unknown routes, methods and providers are told apart", async () => {
      const status = async (path: string, method = "GET") =>
        (await fetch(`${gateway.url}${path}`, { method, headers: key })).status
      assert.equal(await status("/nowhere"), 404)
      assert.equal(await status("/v1/a/g/openai/v1/models"), 400)
      assert.equal(await status("/v1/a/g/baseten/v1/chat/completions"), 405)
      assert.equal(await status("/v1/a/g/baseten/model/a.b/x", "POST"), 400)
      assert.equal(await status("/livez"), 200)
      assert.equal(await status("/readyz", "HEAD"), 200)
      assert.equal(await status("/"), 200)
    })

    test("dedicated deployments and chains map to Baseten's paths", async () => {
      const paths: ReadonlyArray<readonly [string, string]> = [
        ["baseten/model/json1234", "/_model/json1234/production/predict"],
        ["baseten/model/json1234/development/predict", "/_model/json1234/development/predict"],
        ["baseten/chain/abcd1234", "/_chain/abcd1234/production/run_remote"],
      ]
      for (const [path, expected] of paths) {
        const id = nextCase()
        const response = await fetch(`${base}/${path}`, {
          method: "POST",
          headers: { ...json, "x-simulator-case": id },
          body: `{"prompt":"hi"}`,
        })
        await response.text()
        assert.equal(response.status, 200, path)
        assert.equal(reached(id).path, expected)
      }
    })

    test("a streamed body is relayed byte for byte, split inside characters", async () => {
      const direct = await fetch(`${simulator.url}/v1/chat/completions`, {
        method: "POST",
        headers: json,
        body: chat({ stream: true }),
      })
      const through = await fetch(`${base}/baseten/v1/chat/completions`, {
        method: "POST",
        headers: { ...json, ...fault({ split_bytes: 3 }) },
        body: chat({ stream: true }),
      })
      const shape = (text: string) => text.replaceAll(/"(?:id|created)":\s*(?:"[^"]*"|\d+)/g, "")
      assert.equal(shape(await through.text()), shape(await direct.text()))
    })

    test("the OpenAI SDK streams to the end, and content after finish_reason is not lost", async () => {
      const client = new OpenAI({ apiKey: "sk-own", baseURL: `${base}/baseten`, maxRetries: 0 })
      const stream = await client.chat.completions.create({
        model: "deepseek-ai/DeepSeek-V4-Pro-0813",
        stream: true,
        messages: [{ role: "user", content: "hi" }],
      })
      let finished = false, after = ""
      for await (const chunk of stream) {
        if (finished) after += chunk.choices[0]?.delta.content ?? ""
        finished ||= chunk.choices[0]?.finish_reason === "stop"
      }
      assert.ok(after.length > 0)
    })

    for (const how of [{ cut_after: 3 }, { no_done: true }, { cut_after: 2, cut_mid_event: true }]) {
      test(`a chat stream that ends early (${JSON.stringify(how)}) throws in the OpenAI SDK`, async () => {
        const client = new OpenAI({ apiKey: "sk-own", baseURL: `${base}/baseten`, maxRetries: 0 })
        const { data: stream, response } = await client.chat.completions.create({
          model: "openai/gpt-oss-120b",
          stream: true,
          messages: [{ role: "user", content: "hi" }],
        }, { headers: fault(how) }).withResponse()
        await assert.rejects(async () => {
          for await (const _ of stream);
        })
        assert.equal((await recordOf(response))["ending"], "upstream_cut")
      })
    }

    test("a body without framing that is cut is aborted, not closed", async () => {
      const event = nextCase()
      const call = async () =>
        (await fetch(`${base}/baseten/model/text1234`, {
          method: "POST",
          headers: { ...json, ...fault({ cut_after: 2 }), "cf-aig-event-id": event },
          body: `{"prompt":"hi"}`,
        })).text()
      // A cut that follows the headers at once may reach the client before they do: it fails either way.
      await assert.rejects(call())
      const ending = () => gateway.records().find((record) => record["event_id"] === event)?.["ending"]
      await eventually("the record says so", () => ending() === "upstream_cut")
    })

    test("the Anthropic SDK works on /baseten", async () => {
      const client = new Anthropic({ apiKey: "sk-own", baseURL: `${base}/baseten`, maxRetries: 0 })
      const message = await client.messages.create({
        model: "zai-org/GLM-5.3",
        max_tokens: 10,
        messages: [{ role: "user", content: "hi" }],
      })
      assert.equal(message.type, "message")
    })

    test("Baseten's own errors pass untouched, redirects are not followed", async () => {
      const wrong = await fetch(`${base}/baseten/v1/models`, { headers: { authorization: "Api-Key wrong" } })
      assert.equal(wrong.status, 403)
      assert.deepEqual(await wrong.json(), { error: "please check the api-key you provided" })
      const busy = await fetch(`${base}/baseten/v1/models`, {
        headers: { ...key, ...fault({ status: 529 }) },
      })
      assert.equal(busy.status, 529)
      await busy.text()
      const moved = await fetch(`${base}/baseten/v1/models`, {
        redirect: "manual",
        headers: { ...key, ...fault({ redirect: "http://127.0.0.1:1/" }) },
      })
      assert.ok(moved.status >= 300 && moved.status < 400)
    })

    test("an upload larger than what is looked at streams through", async () => {
      const id = nextCase()
      const size = 30_000_000
      const response = await fetch(`${base}/baseten/model/sink1234`, {
        method: "POST",
        headers: { ...key, "content-type": "application/octet-stream", "x-simulator-case": id },
        body: new Uint8Array(size),
      })
      assert.equal((await response.json() as { bytes: number }).bytes, size)
    })

    const leaves: ReadonlyArray<readonly [string, object, boolean]> = [
      ["before headers", { hang: "headers" }, false],
      ["in a stream that flows", { drip_ms: 50, events: 1000 }, true],
      ["in a stream that stalls", { stall_after: 2 }, true],
    ]
    for (const [when, how, stream] of leaves) {
      if (!flags[runtime].noticesSilentLeave && when !== "in a stream that flows") continue
      test(`a client that leaves ${when} is seen by Baseten within a second`, async () => {
        const id = nextCase()
        const controller = new AbortController()
        const call = fetch(`${base}/baseten/v1/chat/completions`, {
          method: "POST",
          signal: controller.signal,
          headers: { ...json, ...fault(how), "x-simulator-case": id },
          body: chat({ stream }),
        })
        if (stream) await (await call).body?.getReader().read()
        else await eventually("the request reaches Baseten", () => simulator.requests(id).length === 1)
        controller.abort()
        await call.catch(() => {})
        await eventually("Baseten sees it", () => simulator.requests(id)[0]?.outcome === "client_closed")
      })
    }
  })
}
