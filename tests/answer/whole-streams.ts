/** Whole streams of every framing, for tests of how their ends are known. */
import type { Framing } from "../../lib/sse/framing.ts"

/** A stream that is whole. */
export interface WholeStream {
  readonly name: string
  readonly framing: Framing
  readonly body: string
  /** How many bytes at its end may be missing without loss. */
  readonly spare: number
}

const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
const named = (type: string, members: object) => `event: ${type}\n${data({ type, ...members })}`
/** With `type` as the last member. */
const unnamed = (type: string, members: object) => data({ ...members, type })

/** What a model may write to look like an end. */
const text = 'message_stop [DONE]\u2028data: [DONE]\nevent: message_stop {"type":"response.completed"} é 🌍'
const done = "data: [DONE]\n\n"

const chat = data({ choices: [{ index: 0, delta: { content: text }, finish_reason: null }], error: null })
const completion = data({ object: "text_completion", choices: [{ index: 0, text, finish_reason: "stop" }] })

const message = (event: typeof named) =>
  event("message_start", { message: { id: "msg_1", usage: { input_tokens: 4, output_tokens: 1 } } }) +
  event("content_block_delta", { index: 0, delta: { type: "text_delta", text } }) + ": ping\n\n" +
  event("message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } }) +
  event("message_stop", { x: 1 })

const response = (event: typeof named, last: string) =>
  event("response.created", {
    sequence_number: 0,
    response: { id: "resp_1", status: "in_progress", error: null, model: "m", created_at: 5 },
  }) +
  event("response.output_text.delta", { sequence_number: 1, delta: text }) +
  event(last, { sequence_number: 2, response: { id: "resp_1", error: null, output: [{ text }] } })

/** Whole streams, none of which tells of an error. */
export const wholeStreams: ReadonlyArray<WholeStream> = [
  { name: "a chat", framing: "chat", body: chat + chat + done, spare: 2 },
  {
    name: "a chat without spaces",
    framing: "chat",
    body: (chat + done).replaceAll("data: ", "data:"),
    spare: 2,
  },
  {
    name: "a chat whose end has a name",
    framing: "chat",
    body: `${chat}event: done\nid: 7\n${done}`,
    spare: 2,
  },
  { name: "a chat that begins with a comment", framing: "chat", body: `: hi\n\n\n${chat}${done}`, spare: 2 },
  { name: "a legacy completion", framing: "completions", body: completion + done, spare: 2 },
  { name: "a message", framing: "messages", body: message(named), spare: 0 },
  { name: "a message whose events have no names", framing: "messages", body: message(unnamed), spare: 0 },
  {
    name: "a message whose data say nothing",
    framing: "messages",
    body: `${message(unnamed).split("data: ").slice(0, -1).join("data: ")}event: message_stop\ndata: {}\n\n`,
    spare: 0,
  },
  { name: "a response", framing: "responses", body: response(named, "response.completed"), spare: 0 },
  {
    name: "an incomplete response whose events have no names",
    framing: "responses",
    body: response(unnamed, "response.incomplete"),
    spare: 0,
  },
  {
    name: "a response with spaces, in several lines",
    framing: "responses",
    body: response(named, "response.incomplete").replaceAll('":', '" : ').replaceAll(
      ',"seq',
      ' ,\ndata: "seq',
    ),
    spare: 0,
  },
]
