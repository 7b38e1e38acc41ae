/** Streams of each format that bring some texts in pieces, and the texts that a stream has brought. */
import type { Framing } from "../../lib/sse/framing.ts"

type Format = Framing | "own"
type Channels = ReadonlyArray<ReadonlyArray<string>>

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`
const named = (value: { readonly type: string }): string => `event: ${value.type}\n${data(value)}`

/** The text members of a chat's first choice. */
const chatDelta = (channel: number, text: string) =>
  channel === 0
    ? { content: text }
    : channel === 1
    ? { reasoning_content: text }
    : { tool_calls: [{ function: { arguments: text }, index: 0 }] }
const blockDelta = (channel: number, text: string) =>
  channel === 0
    ? { type: "text_delta", text }
    : channel === 1
    ? { type: "thinking_delta", thinking: text }
    : { type: "input_json_delta", partial_json: text }
const responseType = ["output_text", "reasoning_text", "function_call_arguments"]

let sequence = 0
const piece = (format: Format, channel: number, text: string): string => {
  switch (format) {
    case "chat":
      return data({
        choices: [{ delta: chatDelta(channel, text), finish_reason: null, index: 0 }],
        id: "c",
        usage: null,
      })
    case "completions":
      return data({ id: "c", choices: [{ text, index: channel, finish_reason: null }] })
    case "messages":
      return named({ type: "content_block_delta", ...{ index: channel, delta: blockDelta(channel, text) } })
    case "responses":
      return named({
        type: `response.${responseType[channel]}.delta`,
        ...{
          item_id: `i${channel}`,
          output_index: channel,
          content_index: 0,
          delta: text,
          sequence_number: sequence++,
        },
      })
    case "own":
      return data({ [`text${channel}`]: text, n: 1 })
  }
}
const end = (format: Format, channel: number): string => {
  switch (format) {
    case "completions":
      return data({ id: "c", choices: [{ text: "", index: channel, finish_reason: "stop" }] })
    case "messages":
      return named({ type: "content_block_stop", ...{ index: channel } })
    case "responses":
      return named({
        type: `response.${responseType[channel]}.done`,
        ...{ output_index: channel, content_index: 0 },
      })
    default:
      return ""
  }
}
const last: Readonly<Record<Format, string>> = {
  chat: data({ choices: [{ delta: {}, finish_reason: "stop", index: 0 }] }) +
    data({ choices: [], usage: {} }) +
    "data: [DONE]\n\n",
  completions: "data: [DONE]\n\n",
  messages: ": comment\n\n" + named({ type: "message_stop" }),
  responses: named({ type: "response.completed", ...{ response: { id: "r" } } }),
  own: "data: end\n\n",
}

/** The events that bring the pieces of all channels, by turns as a seed says. */
export const writeEvents = (format: Format, channels: Channels, seed: number): string => {
  const rest = channels.map((pieces) => [...pieces])
  let text = ""
  let state = seed
  // Each in turn at first: that texts take turns is learnt.
  let turn = 2 * rest.length
  while (rest.some((pieces) => pieces.length > 0)) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    const channel = turn-- > 0 ? turn % rest.length : (state >>> 16) % rest.length
    const next = rest[channel]?.shift()
    if (next === undefined) continue
    text += piece(format, channel, next)
    if (rest[channel]?.length === 0) text += end(format, channel)
  }
  return text + last[format]
}

/** The texts of all channels that a stream has brought. */
export const textsOf = (format: Format, stream: string, channels: number): ReadonlyArray<string> => {
  const texts = Array.from({ length: channels }, () => "")
  const add = (channel: number, text: unknown): void => {
    if (typeof text === "string") texts[channel] = (texts[channel] ?? "") + text
  }
  for (const line of stream.split("\n")) {
    if (!line.startsWith("data: {")) continue
    const event = JSON.parse(line.slice("data: ".length))
    const [choice] = event.choices ?? []
    if (format === "chat") {
      add(0, choice?.delta?.content)
      add(1, choice?.delta?.reasoning_content)
      add(2, choice?.delta?.tool_calls?.[0]?.function?.arguments)
    } else if (format === "completions") add(choice?.index, choice?.text)
    else if (format === "messages") {
      add(event.index, event.delta?.text ?? event.delta?.thinking ?? event.delta?.partial_json)
    } else if (format === "responses") add(event.output_index, event.delta)
    else for (let channel = 0; channel < channels; channel++) add(channel, event[`text${channel}`])
  }
  return texts
}

/** Bytes as one text. */
export const joined = (parts: ReadonlyArray<Uint8Array>): string => {
  const decoder = new TextDecoder()
  return parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode()
}
