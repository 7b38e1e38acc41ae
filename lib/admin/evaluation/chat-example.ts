/**
 * One chat in the form for fine-tuning: its messages, with the model's as the last.
 *
 * @module
 */
import { isObject, type JsonObject, objectOf, parseOrUndefined } from "../../json/parse.ts"

const objectsOf = (value: unknown): ReadonlyArray<JsonObject> =>
  Array.isArray(value) ? value.filter(isObject) : []

const textOf = (value: unknown): string => typeof value === "string" ? value : ""

/** The first choice of each event of a stream, or of the answer. */
const choicesOf = (answer: string): ReadonlyArray<JsonObject> => {
  const whole = parseOrUndefined(answer)
  const parts = whole === undefined
    ? [...answer.matchAll(/^data:[\t ]*(\{.*\})[\t\r ]*$/gm)].map(([, text = ""]) => parseOrUndefined(text))
    : [whole]
  return parts.flatMap((part) =>
    objectsOf(objectOf(part)["choices"]).filter(({ index }) => (index ?? 0) === 0)
  )
}

/** The tool calls of a message, or those assembled from a stream's deltas: pieces of one call have the same index. */
const toolCallsOf = (messages: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> => {
  const calls = new Map<unknown, { id: string; name: string; arguments: string }>()
  for (const message of messages) {
    for (const [place, piece] of objectsOf(message["tool_calls"]).entries()) {
      const key = piece["index"] ?? place
      const call = calls.get(key) ?? { id: "", name: "", arguments: "" }
      const named = objectOf(piece["function"])
      call.id ||= textOf(piece["id"])
      call.name ||= textOf(named["name"])
      call.arguments += textOf(named["arguments"])
      calls.set(key, call)
    }
  }
  return [...calls.values()].map(({ id, ...named }) => ({ id, type: "function", function: named }))
}

/**
 * Combines a chat's request and answer.
 *
 * @returns `undefined` if either is not a chat, or the model's answer is empty
 */
export const chatExample = (request: string, answer: string): JsonObject | undefined => {
  const { messages, tools } = objectOf(parseOrUndefined(request))
  const asked = objectsOf(messages)
  const said = choicesOf(answer).map((choice) => objectOf(choice["message"] ?? choice["delta"]))
  const content = said.map((message) => textOf(message["content"])).join("")
  const calls = toolCallsOf(said)
  if (asked.length === 0 || (content === "" && calls.length === 0)) return undefined
  const last = { role: "assistant", content, ...(calls.length > 0 && { tool_calls: calls }) }
  return { messages: [...asked, last], ...(Array.isArray(tools) && { tools }) }
}
