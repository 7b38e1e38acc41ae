/** Event streams as servers send them, each with the usage that it tells. */
import type { Framing } from "../../lib/sse/framing.ts"
import type { Usage } from "../../lib/usage/usage.ts"

export interface Recorded {
  readonly name: string
  readonly framing: Framing
  readonly body: string
  readonly usage: Usage | undefined
}

const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
const typed = (type: string, members: object) => `event: ${type}\n${data({ type, ...members })}`

/** What a model may write to be taken for usage: in content it is always escaped. */
const quoted =
  '"usage":{"prompt_tokens":999,"completion_tokens":999} } ] \\" 🌍 {"usage":{"input_tokens":999}}'

const chatUsage = (prompt: number, completion: number) => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
  prompt_tokens_details: { audio_tokens: 0, cached_tokens: 64 },
  completion_tokens_details: { reasoning_tokens: 3, audio_tokens: 0 },
})

const chunk = (content: string, usage: object | null, more: object = {}) =>
  data({
    id: "chatcmpl-1",
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
    usage,
    service_tier: null,
    ...more,
  })
const lastChunk = (usage: object) => data({ id: "chatcmpl-1", choices: [], usage })
const done = "data: [DONE]\n\n"
const zeros = {
  prompt_tokens: 0,
  completion_tokens: 0,
  prompt_tokens_details: { cached_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0 },
}
const told: Usage = { input: 80, output: 12, cachedInput: 64, reasoning: 3 }

const messageStart = typed("message_start", {
  message: { id: "msg_1", role: "assistant", content: [], usage: { input_tokens: 80, output_tokens: 1 } },
})
const messageDeltas = typed("content_block_start", {
  index: 0,
  content_block: { type: "tool_use", name: "x", input: { deeper: { usage: { input_tokens: 999 } } } },
}) + typed("content_block_delta", { index: 0, delta: { type: "input_json_delta", partial_json: quoted } })
const messageEnd = (usage: object) =>
  typed("message_delta", { delta: { stop_reason: "end_turn" }, usage }) + typed("message_stop", {})

const responsesStart = typed("response.created", { response: { id: "resp_1", output: [], usage: null } })
const responsesEnd = (text: string) =>
  typed("response.completed", {
    sequence_number: 9,
    response: {
      id: "resp_1",
      output: [{ type: "message", content: [{ type: "output_text", text }] }],
      tools: [{ parameters: { properties: { usage: { input_tokens: 999 } } } }],
      usage: {
        input_tokens: 80,
        input_tokens_details: { cached_tokens: 64 },
        output_tokens: 12,
        output_tokens_details: { reasoning_tokens: 3 },
      },
      metadata: { usage: "none" },
    },
  })

/** Short enough to be split at every byte. */
export const recorded: ReadonlyArray<Recorded> = [
  {
    name: "chat with running totals on every chunk",
    framing: "chat",
    body: chunk("", chatUsage(80, 0)) + chunk(quoted, chatUsage(80, 7)) + lastChunk(chatUsage(80, 12)) + done,
    usage: told,
  },
  {
    name: "chat whose last chunk tells zeros",
    framing: "chat",
    body: chunk("", chatUsage(80, 0)) + chunk("a", chatUsage(80, 12)) + lastChunk(zeros) + done,
    usage: told,
  },
  {
    name: "chat with zeros before, between and after, and in the details alone",
    framing: "chat",
    body: chunk("", zeros) + chunk("a", chatUsage(80, 12)) + chunk(quoted, zeros) +
      lastChunk({ prompt_tokens: 80, completion_tokens: 12, prompt_tokens_details: { cached_tokens: 0 } }) +
      done,
    usage: told,
  },
  {
    name: "chat with usage in the last chunk alone",
    framing: "chat",
    body: chunk("a", null) + ": ping\n\n" + chunk(quoted, null) + lastChunk(chatUsage(80, 12)) + done,
    usage: told,
  },
  {
    name: "chat with content after the finish",
    framing: "chat",
    body: chunk("a", chatUsage(80, 11)) + chunk(quoted, null) + lastChunk(chatUsage(80, 12)) + done,
    usage: told,
  },
  {
    name: "chat cut before the last chunk",
    framing: "chat",
    body: chunk("a", chatUsage(80, 12)) + chunk(quoted, null) + 'data: {"id":"chatcmpl-1","choices":[{"del',
    usage: told,
  },
  {
    name: "chat that ends without a line break",
    framing: "chat",
    body: chunk("a", null) + `data:${JSON.stringify({ choices: [], usage: chatUsage(80, 12) })}`,
    usage: told,
  },
  {
    name: "chat with an event of several data lines",
    framing: "chat",
    body: chunk(quoted, null) +
      `data: ${JSON.stringify({ usage: chatUsage(80, 12) }, null, 2).replaceAll("\n", "\ndata: ")}\n\n` +
      done,
    usage: told,
  },
  {
    name: "chat that reports usage within its last choice, and a null beside it",
    framing: "chat",
    body: chunk(quoted, null) +
      data({
        choices: [{ index: 0, delta: {}, finish_reason: "stop", usage: chatUsage(80, 12) }],
        usage: null,
      }) + done,
    usage: told,
  },
  {
    name: "chat that reports usage within a choice and then its own",
    framing: "chat",
    body: data({ choices: [{ delta: { usage: { prompt_tokens: 999 } }, usage: chatUsage(80, 11) }] }) +
      lastChunk(chatUsage(80, 12)) + done,
    usage: told,
  },
  {
    name: "chat that tells no usage",
    framing: "chat",
    body: chunk(quoted, null) +
      chunk("", null, { choices: [{ delta: { usage: { prompt_tokens: 999 } } }] }) + done,
    usage: undefined,
  },
  {
    name: "messages, input in message_start alone",
    framing: "messages",
    body: messageStart + messageDeltas + messageEnd({ output_tokens: "12" }),
    usage: { input: 80, output: 12, cachedInput: undefined, reasoning: undefined },
  },
  {
    name: "messages whose end tells zeros",
    framing: "messages",
    body: messageStart + messageDeltas +
      messageEnd({ input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 12 }),
    usage: { input: 80, output: 12, cachedInput: 0, reasoning: undefined },
  },
  {
    name: "messages whose beginning tells zeros",
    framing: "messages",
    body: typed("message_start", { message: { usage: { input_tokens: 0, output_tokens: 0 } } }) +
      messageEnd({ input_tokens: 80, cache_read_input_tokens: 64, output_tokens: 12 }),
    usage: { ...told, reasoning: undefined },
  },
  {
    name: "messages as Baseten sends them",
    framing: "messages",
    body: messageStart + messageDeltas +
      messageEnd({ input_tokens: 80, cache_read_input_tokens: 64, output_tokens: 12 }),
    usage: { ...told, reasoning: undefined },
  },
  {
    name: "messages cut before their end",
    framing: "messages",
    body: messageStart + messageDeltas,
    usage: { input: 80, output: 1, cachedInput: undefined, reasoning: undefined },
  },
  {
    name: "responses",
    framing: "responses",
    body: responsesStart + typed("response.output_text.delta", { delta: quoted }) + responsesEnd(quoted),
    usage: told,
  },
  {
    name: "responses that tell running totals, then zeros",
    framing: "responses",
    body: typed("response.in_progress", {
      response: {
        usage: {
          input_tokens: 80,
          input_tokens_details: { cached_tokens: 64 },
          output_tokens: 12,
          output_tokens_details: { reasoning_tokens: 3 },
        },
      },
    }) + typed("response.completed", { response: { usage: { input_tokens: 0, output_tokens: 0 } } }),
    usage: told,
  },
]

/** Longer than any buffer of the tap's. */
export const long: ReadonlyArray<Recorded> = [
  {
    name: "chat of 3,000 chunks",
    framing: "chat",
    body: chunk(quoted, chatUsage(80, 7)).repeat(3000) + lastChunk(chatUsage(80, 12)) + done,
    usage: told,
  },
  {
    name: "chat of 3,000 chunks without usage after the first",
    framing: "chat",
    body: chunk("", chatUsage(80, 12)) + chunk(quoted, null).repeat(3000) + done,
    usage: told,
  },
  {
    name: "messages of 3,000 events",
    framing: "messages",
    body: messageStart + messageDeltas.repeat(3000) + messageEnd({ output_tokens: 12 }),
    usage: { input: 80, output: 12, cachedInput: undefined, reasoning: undefined },
  },
  {
    name: "responses whose last event holds 1 MB",
    framing: "responses",
    body: responsesStart + typed("response.output_text.delta", { delta: quoted }).repeat(50) +
      responsesEnd(quoted.repeat(10_000)),
    usage: told,
  },
]
