/** What real clients see of policies: masked and restored text, and errors of their own where something is blocked. */
import assert from "node:assert/strict"
import { test } from "node:test"
import Anthropic from "@anthropic-ai/sdk"
import OpenAI from "openai"
import type { Harness } from "../harness.ts"

const model = "openai/gpt-oss-120b"
const ask = "Ask jane@example.com now"

/** The entries are those of `dlp.ts` and of `guardrails.ts`. */
export const policyClientCases = (harness: Harness): void => {
  const openai = (entry: string) =>
    new OpenAI({ apiKey: "sk-own", baseURL: `${harness.entry(entry)}/baseten/v1`, maxRetries: 0 })
  const anthropic = (entry: string) =>
    new Anthropic({
      apiKey: "sk-own",
      baseURL: `${harness.entry(entry)}/baseten`,
      maxRetries: 0,
      defaultHeaders: { "x-client": "sdk" },
    })
  const messages = (content: string) => [{ role: "user" as const, content }]

  /** What each client makes of an answer, whole and as a stream. */
  const clients: Readonly<Record<string, (entry: string, said: string) => Promise<string>>> = {
    "OpenAI's chat": async (entry, said) =>
      (await openai(entry).chat.completions.create({ model, messages: messages(said) })).choices[0]?.message
        .content ?? "",
    "OpenAI's chat stream": async (entry, said) => {
      let text = ""
      for await (
        const { choices } of await openai(entry).chat.completions.create({
          model,
          messages: messages(said),
          stream: true,
        })
      ) {
        text += choices[0]?.delta.content ?? ""
      }
      return text
    },
    "OpenAI's responses": async (entry, said) =>
      (await openai(entry).responses.create({ model, input: said })).output_text,
    "OpenAI's responses stream": async (entry, said) => {
      let text = ""
      for await (const event of await openai(entry).responses.create({ model, input: said, stream: true })) {
        if (event.type === "response.output_text.delta") text += event.delta
      }
      return text
    },
    "Anthropic's messages": async (entry, said) =>
      (await anthropic(entry).messages.create({ model, max_tokens: 500, messages: messages(said) })).content
        .map((block) => block.type === "text" ? block.text : "").join(""),
    "Anthropic's messages stream": async (entry, said) => {
      let text = ""
      for await (
        const event of anthropic(entry).messages.stream({ model, max_tokens: 500, messages: messages(said) })
      ) {
        if (event.type === "content_block_delta" && event.delta.type === "text_delta") {
          text += event.delta.text
        }
      }
      return text
    },
  }

  for (const [name, call] of Object.entries(clients)) {
    const isError = (error: unknown, sentence: RegExp): true => {
      assert.ok(error instanceof OpenAI.APIError || error instanceof Anthropic.APIError, String(error))
      assert.match(String(error), sentence)
      return true
    }

    test(`${name} shows masked and restored values`, async () => {
      assert.match(await call("dlp-mask-answer", ask), /Ask \[EMAIL_1\] now/)
      assert.match(await call("dlp-mask", ask), /Ask \[EMAIL_1\] now/)
      assert.match(await call("dlp-restore", ask), /Ask jane@example\.com now/)
    })

    test(`${name} throws for a blocked answer`, async () => {
      await assert.rejects(call("dlp-block", ask), (error) => {
        assert.equal((error as { status?: number }).status, 400)
        return isError(error, /Request content blocked/)
      })
      await assert.rejects(
        call("dlp-block-answer", ask),
        (error) => isError(error, /Response content blocked/),
      )
    })

    test(`${name} throws for an unsafe answer`, async () => {
      await assert.rejects(call("guard-prompt", `${name} [S9]`), (error) => {
        assert.equal((error as { status?: number }).status, 424)
        return isError(error, /Prompt blocked due to security configurations/)
      })
      await assert.rejects(
        call("guard-answer", `${name} [S9]`),
        (error) => isError(error, /Response blocked due to security configurations/),
      )
      assert.match(await call("guard-both", `${name} is safe`), /is safe/)
    })
  }
}
