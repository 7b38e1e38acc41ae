/**
 * Prompts and answers, for spans. They are made from the bodies that the log captures, and need that to be enabled.
 *
 * @module
 */
import { strictJson } from "../../json/exact-json.ts"
import { type JsonObject, objectOf, parseOrUndefined } from "../../json/parse.ts"
import type { Payload, Payloads } from "../../request-log/entry.ts"
import { type ChatMessage, contentParts, listOf, messageOf, textOf } from "./message-parts.ts"
import { textValue } from "../otlp/values.ts"
import type { Attributes } from "./attributes.ts"
import { streamedAnswer } from "./assemble-stream.ts"

/** The longest attribute, in characters: collectors reject requests of a few megabytes. */
const longest = 262_144

/** JSON text, which every backend can read; `undefined` for an empty list, or one that is too long or too deep. */
const jsonOf = (list: ReadonlyArray<unknown>) => {
  try {
    const json = strictJson(list)
    return list.length === 0 || json.length > longest ? undefined : textValue(json)
  } catch {
    return undefined
  }
}

const inputOf = (body: JsonObject): ReadonlyArray<ChatMessage> => {
  const given = body["messages"] ?? body["input"] ?? body["prompt"]
  if (typeof given === "string") return [messageOf({ role: "user", content: given })]
  return listOf(given).map((item) =>
    messageOf(typeof item === "string" ? { role: "user", content: item } : item)
  )
}

const outputOf = (body: JsonObject): ReadonlyArray<ChatMessage & { readonly finish_reason: string }> => {
  const choices = listOf(body["choices"]).map(objectOf)
  if (choices.length > 0) {
    return choices.map(({ message, text: said, finish_reason }) => ({
      ...messageOf(message ?? { role: "assistant", content: said }),
      finish_reason: textOf(finish_reason),
    }))
  }
  const finish_reason = textOf(body["stop_reason"]) || textOf(body["status"])
  const items = "content" in body ? [body] : listOf(body["output"])
  const parts = items.flatMap((item) => messageOf(item).parts)
  return parts.length === 0 ? [] : [{ role: "assistant", parts, finish_reason }]
}

const answerOf = ({ text: body, complete }: Payload): JsonObject =>
  /^\s*[{[]/.test(body) ? complete ? objectOf(parseOrUndefined(body)) : {} : streamedAnswer(body)

/**
 * `gen_ai.input.messages`, `gen_ai.system_instructions` and `gen_ai.output.messages` of a chat, a message, a response
 * or a completion. A JSON body that was not captured completely gives none.
 */
export const contentAttributes = ({ request, response }: Payloads): Attributes => {
  const asked = request?.complete ? objectOf(parseOrUndefined(request.text)) : {}
  return {
    "gen_ai.input.messages": jsonOf(inputOf(asked)),
    "gen_ai.system_instructions": jsonOf(contentParts(asked["system"] ?? asked["instructions"])),
    "gen_ai.output.messages": response === null ? undefined : jsonOf(outputOf(answerOf(response))),
  }
}
