/** Cloudflare's own provider for the Vercel AI SDK, through the gateway: its binding form, and a `fetch` of ours. */
import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { generateText, streamText } from "ai"
import { AiGatewayDoesNotExist, AiGatewayUnauthorizedError, createAiGateway } from "ai-gateway-provider"
import { createUnified } from "ai-gateway-provider/providers/unified"
import { createGateway, type Gateway, type RequestRecord, Telemetry } from "../../mod.ts"
import { type Simulator, startSimulator } from "../simulator/server.ts"

let simulator: Simulator
let gateway: Gateway
let records: Array<RequestRecord> = []
const realFetch = globalThis.fetch

before(async () => {
  simulator = await startSimulator()
  gateway = createGateway({
    env: {
      ...simulator.env,
      BASETEN_API_KEY: "sk-stored",
      BASEGATE_CONFIG: JSON.stringify({ gateways: { "account/team": { tokens: ["team-token"] } } }),
    },
    layer: Telemetry.layerSink((record) => records.push(record)),
  })
  // The package calls Cloudflare's host, and takes no other.
  globalThis.fetch = (input, init) => gateway.fetch(new Request(input, init))
})
beforeEach(async () => {
  // Records come after their answers: those of the case before too.
  await gateway.idle()
  records = []
})
after(async () => {
  globalThis.fetch = realFetch
  await gateway.dispose()
  await simulator.close()
})

const url = "https://gateway.example/v1/account/team"
const options = { eventId: "event-1", metadata: { team: "search" }, cacheTtl: 60, requestTimeoutMs: 10_000 }

/** What a Worker has as `env.AI.gateway("team")`: it needs no token there, so here it brings one. */
const binding = {
  run: (steps: unknown, { signal }: { signal?: AbortSignal } = {}) =>
    gateway.fetch(
      new Request(url, {
        method: "POST",
        headers: { "content-type": "application/json", "cf-aig-authorization": "team-token" },
        body: JSON.stringify(steps),
        signal: signal ?? null,
      }),
    ),
}

const viaBinding = () => createAiGateway({ binding, options })
const viaFetch = (apiKey?: string, name = "team") =>
  createAiGateway({ accountId: "account", gateway: name, options, ...(apiKey !== undefined && { apiKey }) })

/** Two models of Baseten's, of which the first has no capacity. */
const models = (apiKey?: string) => {
  const key = apiKey === undefined ? {} : { apiKey }
  const failing = { "x-simulator-fault": JSON.stringify({ status: 529 }) }
  return [
    createUnified({ ...key, headers: failing })("baseten/openai/gpt-oss-120b"),
    createUnified(key)("baseten/zai-org/GLM-5.3"),
  ]
}

const forms = [["its binding form", viaBinding], ["a fetch override", () => viaFetch("team-token")]] as const
for (const [name, provider] of forms) {
  describe(name, () => {
    test("streamText() gets the second model's stream where the first answers 529", async () => {
      const { textStream, finishReason } = streamText({ model: provider()(models()), prompt: "hello 世界" })
      let text = ""
      for await (const part of textStream) text += part
      assert.match(text, /hello 世界/)
      assert.equal(await finishReason, "stop")
      await gateway.idle()
      const [record] = records
      assert.deepEqual(
        [record?.step, record?.model, record?.stream, record?.ending, record?.event_id, record?.metadata],
        [1, "zai-org/GLM-5.3", true, "complete", "event-1", { team: "search" }],
      )
      assert.deepEqual(record?.attempts.map(({ step, status }) => [step, status]), [[0, 529], [1, 200]])
    })

    test("generateText() gets the second model's answer, with the stored key or the caller's", async () => {
      for (const apiKey of [undefined, "sk-own"]) {
        const model = provider()(models(apiKey))
        const { text, usage } = await generateText({ model, prompt: "hi" })
        assert.match(text, /hi/)
        assert.ok((usage.totalTokens ?? 0) > 0)
        const sent = simulator.requests().at(-1)
        assert.equal(sent?.headers.authorization, `Bearer ${apiKey ?? "sk-stored"}`)
        assert.doesNotMatch(JSON.stringify(sent), /team-token|cf-aig/)
      }
    })

    test("a last failure of Baseten's reaches the SDK as it came", async () => {
      const [failing] = models()
      assert.ok(failing)
      await assert.rejects(
        generateText({ model: provider()([failing, failing]), prompt: "hi", maxRetries: 0 }),
        (error: Error & { statusCode?: number }) => error.statusCode === 529,
      )
    })
  })
}

test("a gateway that does not exist and a missing or wrong token are the package's own errors", async () => {
  const call = (provider: ReturnType<typeof viaFetch>) =>
    generateText({ model: provider(models()), prompt: "hi", maxRetries: 0 })
  await assert.rejects(call(viaFetch("team-token", "absent")), AiGatewayDoesNotExist)
  await assert.rejects(call(viaFetch()), AiGatewayUnauthorizedError)
  await assert.rejects(call(viaFetch("wrong")), AiGatewayUnauthorizedError)
})
