/**
 * Converts messages of the chat, messages and responses APIs to the common form of OpenTelemetry's conventions: a
 * role and parts.
 *
 * @module
 */
import { objectOf, parseOrUndefined } from "../../json/parse.ts"

/** The value if it is a list, else an empty list. */
export const listOf = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : []
/** The value if it is text, else an empty text. */
export const textOf = (value: unknown): string => typeof value === "string" ? value : ""

/** A part of a message; a kind that the conventions do not know keeps its members. */
export interface MessagePart {
  readonly type: string
  readonly [member: string]: unknown
}

/** A message. */
export interface ChatMessage {
  readonly role: string
  readonly parts: ReadonlyArray<MessagePart>
}

const textPart = (content: string): MessagePart => ({ type: "text", content })
const reasoningPart = (content: string): MessagePart => ({ type: "reasoning", content })
const callPart = (id: unknown, name: unknown, given: unknown): MessagePart => ({
  type: "tool_call",
  id,
  name,
  arguments: typeof given === "string" ? parseOrUndefined(given) ?? given : given,
})
const resultPart = (id: unknown, response: unknown): MessagePart => ({
  type: "tool_call_response",
  id,
  response,
})

const partOf = (item: unknown): MessagePart => {
  if (typeof item === "string") return textPart(item)
  const part = objectOf(item)
  switch (part["type"]) {
    case "text":
    case "input_text":
    case "output_text":
      return textPart(textOf(part["text"]))
    case "thinking":
      return reasoningPart(textOf(part["thinking"]))
    case "tool_use":
      return callPart(part["id"], part["name"], part["input"])
    case "tool_result":
      return resultPart(part["tool_use_id"], part["content"])
    case "function_call":
      return callPart(part["call_id"], part["name"], part["arguments"])
    case "function_call_output":
      return resultPart(part["call_id"], part["output"])
    default:
      return { ...part, type: textOf(part["type"]) || "unknown" }
  }
}

/** The parts of a message's content: text, or a list. */
export const contentParts = (content: unknown): ReadonlyArray<MessagePart> =>
  typeof content === "string" ? [textPart(content)] : listOf(content).map(partOf)

/** A message of any of the three APIs; other items of the responses API are converted to one. */
export const messageOf = (value: unknown): ChatMessage => {
  const message = objectOf(value)
  const role = textOf(message["role"])
  if (role === "") {
    return { role: /output$/.test(textOf(message["type"])) ? "tool" : "assistant", parts: [partOf(value)] }
  }
  if (role === "tool") return { role, parts: [resultPart(message["tool_call_id"], message["content"])] }
  const reasoning = textOf(message["reasoning_content"]) || textOf(message["reasoning"])
  const calls = listOf(message["tool_calls"]).map(objectOf).map(({ id, function: called }) =>
    callPart(id, objectOf(called)["name"], objectOf(called)["arguments"])
  )
  return {
    role,
    parts: [
      ...(reasoning === "" ? [] : [reasoningPart(reasoning)]),
      ...contentParts(message["content"]),
      ...calls,
    ],
  }
}
