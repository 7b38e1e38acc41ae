/** The Vercel AI SDK's Baseten provider, through the gateway. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { createBaseten } from "@ai-sdk/baseten"
import { APICallError, generateText, streamText } from "ai"
import { createGateway } from "../../mod.ts"
import { startSimulator } from "../simulator/server.ts"

test("the Vercel AI SDK shows what is put back, and throws what is blocked", async () => {
  const simulator = await startSimulator()
  const entry = (action: "MASK_RESTORE" | "BLOCK", check: "REQUEST" | "RESPONSE") => ({
    dlp: { enabled: true, policies: [{ id: "p", action, check: [check], profiles: ["pii"] }] },
    dlp_profiles: { pii: { detectors: ["email" as const] } },
  })
  const gateway = createGateway({
    env: { ...simulator.env, LOG_LEVEL: "none" },
    config: {
      gateways: { "a/restore": entry("MASK_RESTORE", "REQUEST"), "a/block": entry("BLOCK", "RESPONSE") },
    },
  })
  const model = (id: string) =>
    createBaseten({
      apiKey: "sk-own",
      baseURL: `https://app.example/v1/a/${id}/baseten/v1`,
      fetch: (input, init) => gateway.fetch(new Request(input, init)),
    })("openai/gpt-oss-120b")
  const prompt = "Ask jane@example.com now"
  assert.match((await generateText({ model: model("restore"), prompt })).text, /Ask jane@example\.com now/)
  let text = ""
  for await (const part of streamText({ model: model("restore"), prompt }).textStream) text += part
  assert.match(text, /Ask jane@example\.com now/)
  await assert.rejects(generateText({ model: model("block"), prompt, maxRetries: 0 }), (error) => {
    assert.ok(APICallError.isInstance(error))
    assert.match(error.responseBody ?? "", /"code":2030/)
    return error.statusCode === 400
  })
  const errors: Array<unknown> = []
  const blocked = streamText({
    model: model("block"),
    prompt,
    maxRetries: 0,
    onError: ({ error }) => void errors.push(error),
  })
  text = ""
  for await (const part of blocked.textStream) text += part
  assert.doesNotMatch(text, /jane/)
  assert.equal(errors.length, 1)
  await gateway.dispose()
  await simulator.close()
})

test("the Vercel AI SDK throws what is unsafe, asked and answered", async () => {
  const simulator = await startSimulator()
  const rules = { S9: "BLOCK" } as const
  const guardrails_scanner = { model: "baseten/meta-llama/Llama-Guard-3-8B" }
  const gateway = createGateway({
    env: { ...simulator.env, BASETEN_API_KEY: "sk-stored", LOG_LEVEL: "none" },
    config: {
      gateways: {
        "a/prompt": { guardrails: { prompt: rules }, guardrails_scanner },
        "a/response": { guardrails: { response: rules }, guardrails_scanner },
      },
    },
  })
  const model = (id: string) =>
    createBaseten({
      apiKey: "sk-own",
      baseURL: `https://app.example/v1/a/${id}/baseten/v1`,
      fetch: (input, init) => gateway.fetch(new Request(input, init)),
    })("openai/gpt-oss-120b")
  for (const [id, code] of [["prompt", 2016], ["response", 2017]] as const) {
    assert.match((await generateText({ model: model(id), prompt: "well" })).text, /well/)
    await assert.rejects(generateText({ model: model(id), prompt: "[S9]", maxRetries: 0 }), (error) => {
      assert.ok(APICallError.isInstance(error))
      assert.match(error.responseBody ?? "", new RegExp(`"code":${code}`))
      return error.statusCode === 424
    })
    const errors: Array<unknown> = []
    const onError = ({ error }: { readonly error: unknown }) => void errors.push(error)
    let text = ""
    const refused = streamText({ model: model(id), prompt: "[S9]", maxRetries: 0, onError })
    for await (const part of refused.textStream) text += part
    assert.equal(text, "")
    assert.equal(errors.length, 1)
  }
  await gateway.dispose()
  await simulator.close()
})

test("the Vercel AI SDK generates and streams through the gateway", async () => {
  const simulator = await startSimulator()
  const gateway = createGateway({ env: { ...simulator.env, LOG_LEVEL: "none" } })
  const provider = createBaseten({
    apiKey: "sk-own",
    baseURL: "https://app.example/v1/a/g/baseten/v1",
    fetch: (input, init) => gateway.fetch(new Request(input, init)),
  })
  const model = provider("openai/gpt-oss-120b")
  assert.match((await generateText({ model, prompt: "hi" })).text, /hi/)
  const { textStream } = streamText({ model, prompt: "hello 世界" })
  let text = ""
  for await (const part of textStream) text += part
  assert.match(text, /hello 世界/)
  await gateway.dispose()
  await simulator.close()
})
