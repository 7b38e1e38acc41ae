/** The Vercel AI SDK's Baseten provider, through the gateway. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { createBaseten } from "@ai-sdk/baseten"
import { generateText, streamText } from "ai"
import { createGateway } from "../../mod.ts"
import { startSimulator } from "../simulator/server.ts"

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
