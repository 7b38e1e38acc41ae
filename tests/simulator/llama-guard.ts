/** Llama Guard, which judges the last message by the categories that stand in it: `[S9]`, `[P1]`. */
import { type Answer, json } from "./answer.ts"
import { textOf } from "./chat-request.ts"
import { createdAt } from "./reply.ts"
import { isObject, listIn, objectIn } from "./values.ts"

export const guardModel = "meta-llama/Llama-Guard-3-8B"

/** Its verdict; `undefined` if another model is asked. */
export function guardAnswer(body: unknown): Answer | undefined {
  if (!isObject(body) || body["model"] !== guardModel) return undefined
  const messages = listIn(body["messages"]).map(objectIn)
  const isInTurn = messages.every(({ role }, at) => role === (at % 2 === 0 ? "user" : "assistant"))
  if (messages.length === 0 || !isInTurn) {
    return json({ detail: "Conversation roles must alternate user/assistant/user/assistant/..." }, 400)
  }
  const found = [...textOf(messages.at(-1)?.["content"]).matchAll(/\[((?:S|P)\d+)\]/g)].map(([, name]) =>
    name
  )
  const content = found.length === 0 ? "\n\nsafe" : `\n\nunsafe\n${[...new Set(found)].join(",")}`
  return json({
    id: "chatcmpl-guard",
    object: "chat.completion",
    created: createdAt,
    model: guardModel,
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 200, completion_tokens: 5, total_tokens: 205 },
  })
}
