/**
 * Bodies of the demo's past requests, as a log keeps them.
 *
 * @module
 */
import type { RequestRecord } from "../../lib/record/request-record.ts"
import type { Payload, Payloads } from "../../lib/request-log/entry.ts"

const talks: ReadonlyArray<readonly [question: string, answer: string]> = [
  [
    "Where is my order 48213? It was due on Tuesday.",
    "Order 48213 left our warehouse on Wednesday and is with the carrier now. It should reach you tomorrow before noon.",
  ],
  [
    "I was charged twice for November.",
    "I can see both charges. The second one is a hold that your bank releases within five working days; you pay once.",
  ],
  [
    "How do I rotate an API key without downtime?",
    "Make the new key, deploy it beside the old one, and revoke the old one once its last use is a day ago.",
  ],
]

const payload = (text: string): Payload => ({ text, size: text.length, complete: true })

const tools = [{ type: "function", function: { name: "find_order", parameters: { type: "object" } } }]

const event = (delta: object): string =>
  `data: ${JSON.stringify({ object: "chat.completion.chunk", choices: [{ index: 0, delta }] })}\n\n`

/** A talk by the request's id: the same each time. */
export const bodiesOf = ({ request_id, model, status, stream }: RequestRecord): Payloads => {
  const [question, answer] = talks[request_id.charCodeAt(30) % talks.length] ?? ["", ""]
  const request = payload(JSON.stringify({
    model,
    stream,
    messages: [
      { role: "system", content: "You help customers of a shop. Be brief." },
      { role: "user", content: question },
    ],
    tools,
  }))
  if (status !== 200) return { request, response: payload('{"error":"The model has no capacity."}') }
  const callsTool = question.includes("order")
  const words = answer.split(/(?<= )/).map((content) => event({ content }))
  const call = event({
    tool_calls: [{ index: 0, id: "call_1", function: { name: "find_order", arguments: '{"order":48213}' } }],
  })
  return { request, response: payload(`${callsTool ? call : ""}${words.join("")}data: [DONE]\n\n`) }
}
