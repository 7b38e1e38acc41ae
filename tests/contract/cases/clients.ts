/** Real clients, over loopback. The Vercel AI SDK's test is in `tests/clients`. */
import assert from "node:assert/strict"
import { test } from "node:test"
import Anthropic from "@anthropic-ai/sdk"
import OpenAI from "openai"
import type { Harness } from "../harness.ts"

export const clientCases = (harness: Harness): void => {
  const openai = (path = "baseten") =>
    new OpenAI({ apiKey: "sk-own", baseURL: `${harness.base}/${path}`, maxRetries: 0 })
  const messages = [{ role: "user" as const, content: "hi" }]

  for (const path of ["baseten", "baseten/v1", "compat"]) {
    test(`the OpenAI SDK completes, streams and lists models on /${path}`, async () => {
      const client = openai(path)
      const model = `${path === "compat" ? "baseten/" : ""}openai/gpt-oss-120b`
      const whole = await client.chat.completions.create({ model, messages })
      assert.match(whole.choices[0]?.message.content ?? "", /hi/)
      let text = ""
      for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
        text += chunk.choices[0]?.delta.content ?? ""
      }
      assert.equal(text, whole.choices[0]?.message.content)
      const list = await client.models.list()
      assert.ok(list.data.some(({ id }) => id === model))
    })
  }

  test("content after finish_reason is not lost", async () => {
    const stream = await openai().chat.completions.create({
      model: "deepseek-ai/DeepSeek-V4-Pro-0813",
      stream: true,
      messages,
    })
    let finished = false, after = ""
    for await (const chunk of stream) {
      if (finished) after += chunk.choices[0]?.delta.content ?? ""
      finished ||= chunk.choices[0]?.finish_reason === "stop"
    }
    assert.ok(after.length > 0)
  })

  test("the OpenAI SDK's responses work", async () => {
    const client = openai()
    const whole = await client.responses.create({ model: "openai/gpt-oss-120b", input: "hi" })
    assert.match(whole.output_text, /hi/)
    const types: Array<string> = []
    const stream = await client.responses.create({ model: "openai/gpt-oss-120b", input: "hi", stream: true })
    for await (const { type } of stream) types.push(type)
    assert.equal(types.at(-1), "response.completed")
  })

  test("the OpenAI SDK shows the gateway's and Baseten's refusals as its own errors", async () => {
    const client = (apiKey: string) =>
      new OpenAI({ apiKey, baseURL: `${harness.base}/baseten`, maxRetries: 0 }).models.list()
    await assert.rejects(client("wrong"), OpenAI.PermissionDeniedError)
    await assert.rejects(client("undefined"), (error) => {
      assert.ok(error instanceof OpenAI.AuthenticationError)
      assert.match(error.message, /no Baseten API key/)
      return true
    })
  })

  test("the Anthropic SDK completes and streams on /baseten", async () => {
    const client = new Anthropic({ apiKey: "sk-own", baseURL: `${harness.base}/baseten`, maxRetries: 0 })
    const ask = { model: "zai-org/GLM-5.3", max_tokens: 100, messages }
    assert.equal((await client.messages.create(ask)).type, "message")
    const streamed = await client.messages.stream(ask).finalMessage()
    assert.equal(streamed.role, "assistant")
  })
}
