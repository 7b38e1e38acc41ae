/** Any model that is asked to judge: by `[score 0.4]` in the answer, else by chance that the same question repeats; `[judge …]` makes it odd. */
import { type Answer, json } from "./answer.ts"
import { textOf } from "./chat-request.ts"
import { createdAt } from "./reply.ts"
import { isObject, listIn, objectIn } from "./values.ts"

/** What it says instead of a verdict, by what `[judge …]` names. */
const odd: Readonly<Record<string, string>> = {
  fenced: 'Let me see.\n```json\n{"reason": "fenced", "score": 0.25}\n```',
  words: "It is quite good.\n\n**Score:** 7/10",
  silent: "",
  lost: "I cannot say.",
  torn: 'The answer says {"score": 1}, but:\n{"score": 0}',
  high: '{"reason": "excellent", "score": 11}',
}

/** Its verdict; `undefined` if nothing is to be judged. */
export function judgeAnswer(body: unknown): Answer | undefined {
  if (!isObject(body)) return undefined
  const messages = listIn(body["messages"]).map(objectIn)
  if (!textOf(messages[0]?.["content"]).startsWith("You judge one logged exchange")) return undefined
  const asked = textOf(messages.at(-1)?.["content"])
  const [, answer = asked] = /<answer-[^>]*>([^]*)<\/answer-/.exec(asked) ?? []
  const [, kind = ""] = /\[judge (\w+)\]/.exec(answer) ?? []
  if (kind === "schemaless" && body["response_format"] !== undefined) {
    return json(
      { error: { message: "response_format is not supported", type: "invalid_request_error" } },
      400,
    )
  }
  if (kind === "refused") return json({ error: { message: "no", type: "invalid_request_error" } }, 403)
  const [, marked] = /\[score ([\d.]+)\]/.exec(answer) ?? []
  const sum = [...asked].reduce((sum, character) => (31 * sum + (character.codePointAt(0) ?? 0)) % 9973, 7)
  const score = marked === undefined ? sum % 11 / 10 : Number(marked)
  const reason = `It has ${answer.trim().length} characters.`
  const content = odd[kind] ??
    JSON.stringify(asked.includes('"pass"') ? { reason, pass: score >= 0.5 } : { reason, score })
  const prompt_tokens = Math.ceil(asked.length / 4)
  const completion_tokens = Math.ceil(content.length / 4)
  return json({
    id: "chatcmpl-judge",
    object: "chat.completion",
    created: createdAt,
    model: body["model"],
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
  })
}
