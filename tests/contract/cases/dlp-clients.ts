/** What real clients see of data loss prevention: masked and restored text, and errors of their own where it blocks. */
import assert from "node:assert/strict"
import { test } from "node:test"
import Anthropic from "@anthropic-ai/sdk"
import OpenAI from "openai"
import type { Harness } from "../harness.ts"

const model = "openai/gpt-oss-120b"
const said = "Ask jane@example.com now"
const messages = [{ role: "user" as const, content: said }]

/** The entries are those of `dlp.ts`. */
export const dlpClientCases = (harness: Harness): void => {
  const openai = (entry: string) =>
    new OpenAI({ apiKey: "sk-own", baseURL: `${harness.entry(entry)}/baseten/v1`, maxRetries: 0 })
  const anthropic = (entry: string) =>
    new Anthropic({
      apiKey: "sk-own",
      baseURL: `${harness.entry(entry)}/baseten`,
      maxRetries: 0,
      defaultHeaders: { "x-client": "sdk" },
    })
  const parameters = { model, max_tokens: 500, messages }

  /** What each client makes of an answer, whole and as a stream. */
  const clients: Readonly<Record<string, (entry: string) => Promise<string>>> = {
    "OpenAI's chat": async (entry) =>
      (await openai(entry).chat.completions.create({ model, messages })).choices[0]?.message.content ?? "",
    "OpenAI's chat stream": async (entry) => {
      let text = ""
      for await (
        const { choices } of await openai(entry).chat.completions.create({ model, messages, stream: true })
      ) {
        text += choices[0]?.delta.content ?? ""
      }
      return text
    },
    "OpenAI's responses": async (entry) =>
      (await openai(entry).responses.create({ model, input: said })).output_text,
    "OpenAI's responses stream": async (entry) => {
      let text = ""
      for await (const event of await openai(entry).responses.create({ model, input: said, stream: true })) {
        if (event.type === "response.output_text.delta") text += event.delta
      }
      return text
    },
    "Anthropic's messages": async (entry) =>
      (await anthropic(entry).messages.create(parameters)).content
        .map((block) => block.type === "text" ? block.text : "").join(""),
    "Anthropic's messages stream": async (entry) => {
      let text = ""
      for await (const event of anthropic(entry).messages.stream(parameters)) {
        if (event.type === "content_block_delta" && event.delta.type === "text_delta") {
          text += event.delta.text
        }
      }
      return text
    },
  }

  for (const [name, ask] of Object.entries(clients)) {
    test(`${name} shows what is masked, and what is put back`, async () => {
      assert.match(await ask("dlp-mask-answer"), /Ask \[EMAIL_1\] now/)
      assert.match(await ask("dlp-mask"), /Ask \[EMAIL_1\] now/)
      assert.match(await ask("dlp-restore"), /Ask jane@example\.com now/)
    })

    test(`${name} throws what is blocked`, async () => {
      await assert.rejects(ask("dlp-block"), (error) => {
        assert.ok(
          error instanceof OpenAI.BadRequestError || error instanceof Anthropic.BadRequestError,
          String(error),
        )
        assert.match(String(error), /Request content blocked/)
        return true
      })
      await assert.rejects(ask("dlp-block-answer"), (error) => {
        assert.ok(error instanceof OpenAI.APIError || error instanceof Anthropic.APIError, String(error))
        assert.match(String(error), /Response content blocked/)
        return true
      })
    })
  }
}
