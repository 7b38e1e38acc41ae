/**
 * Reassembles an event stream into the answer that it would have been without streaming.
 *
 * @module
 */
import { type JsonObject, objectOf, parseOrUndefined } from "../../json/parse.ts"
import { listOf, textOf } from "./message-parts.ts"

const join = (first: unknown, second: unknown): string => textOf(first) + textOf(second)

/**
 * The index of a delta in its list. Bounded, since a model's server could claim any index, and so fill the memory.
 */
const indexOf = (value: unknown): number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 128 ? value : 0

/** Adds a delta to a choice or a block: texts are appended, other members replaced. */
const grown = (before: JsonObject, delta: JsonObject, texts: ReadonlyArray<string>): JsonObject => ({
  ...before,
  ...delta,
  ...Object.fromEntries(
    texts.filter((name) => name in delta).map((name) => [name, join(before[name], delta[name])]),
  ),
})

const chatDelta = (before: JsonObject, delta: JsonObject): JsonObject => {
  const calls = [...listOf(before["tool_calls"])]
  for (const call of listOf(delta["tool_calls"]).map(objectOf)) {
    const index = indexOf(call["index"])
    const { id, function: before } = objectOf(calls[index])
    const { name, arguments: given } = objectOf(before)
    const more = objectOf(call["function"])
    calls[index] = {
      id: id ?? call["id"],
      function: { name: name ?? more["name"], arguments: join(given, more["arguments"]) },
    }
  }
  return {
    ...grown(before, delta, ["content", "reasoning_content", "reasoning"]),
    role: "assistant",
    tool_calls: calls,
  }
}

/** For the chat API: the deltas of each choice. */
const chat = (events: ReadonlyArray<JsonObject>): JsonObject => {
  const choices: Array<JsonObject> = []
  for (const choice of events.flatMap(({ choices }) => listOf(choices)).map(objectOf)) {
    const index = indexOf(choice["index"])
    const before = objectOf(choices[index])
    choices[index] = {
      message: chatDelta(objectOf(before["message"]), objectOf(choice["delta"])),
      finish_reason: choice["finish_reason"] ?? before["finish_reason"],
    }
  }
  return { choices }
}

/** For the messages API: the deltas of each block. */
const messages = (events: ReadonlyArray<JsonObject>): JsonObject => {
  const content: Array<JsonObject> = []
  let stop: unknown
  for (const { type, index, content_block, delta } of events) {
    const at = indexOf(index)
    if (type === "content_block_start") content[at] = objectOf(content_block)
    else if (type === "message_delta") stop = objectOf(delta)["stop_reason"]
    else if (type === "content_block_delta") {
      const { type: _, partial_json: input, ...texts } = objectOf(delta)
      const block = objectOf(content[at])
      content[at] = input === undefined
        ? grown(block, texts, ["text", "thinking"])
        : { ...block, input: join(block["input"], input) }
    }
  }
  return { role: "assistant", content, stop_reason: stop }
}

/** Assembles the events of a chat, messages or responses stream, which may be incomplete. */
export const streamedAnswer = (stream: string): JsonObject => {
  const events = stream.split(/\r\n|\n|\r/).filter((line) => line.startsWith("data:"))
    .map((line) => objectOf(parseOrUndefined(line.slice(5))))
  const whole = events.findLast(({ response }) => Array.isArray(objectOf(response)["output"]))
  if (whole !== undefined) return objectOf(whole["response"])
  return events.some(({ type }) => type === "message_start") ? messages(events) : chat(events)
}
