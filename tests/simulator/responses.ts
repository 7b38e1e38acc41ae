/** `POST /v1/responses`: works at Baseten without being documented; no stored state here either. */
import { type Answer, eventStream, json, Refused, type SseEvent } from "./answer.ts"
import { textOf } from "./chat-request.ts"
import { modelUnknown, newerEngineError } from "./errors.ts"
import { type Exchange, jsonBody } from "./exchange.ts"
import { modelApiHeaders, withHeaders } from "./headers.ts"
import { engineOf } from "./models.ts"
import { composeReply, createdAt, joinText, type Reply, tokensOf } from "./reply.ts"
import { typedEvent } from "./sse.ts"
import { countIn, isObject, type JsonObject, listIn, objectIn, textIn } from "./values.ts"

export async function sharedResponses(exchange: Exchange): Promise<Answer> {
  const body = await jsonBody(exchange)
  const slug = isObject(body) ? textIn(body["model"]) : undefined
  if (!isObject(body) || slug === undefined) throw new Refused(newerEngineError(400, "Invalid request body"))
  const engine = engineOf(slug)
  if (engine === undefined) throw new Refused(modelUnknown())
  if (body["input"] === undefined) throw new Refused(newerEngineError(400, "input: Field required"))
  const reply = replyTo(body, exchange.fault.events)
  const answer = body["stream"] === true
    ? eventStream(responseEvents(slug, reply))
    : json(response(slug, reply, finalStatus(reply), itemsOf(reply)))
  return withHeaders(answer, modelApiHeaders(engine.age))
}

function replyTo(body: JsonObject, events: number | undefined): Reply {
  const input = body["input"]
  const items = typeof input === "string" ? [{ role: "user", content: input }] : listIn(input).map(objectIn)
  const last = items.findLast((item) => item["role"] === "user")
  const instructions = textIn(body["instructions"]) ?? ""
  const answersTool = items.at(-1)?.["type"] === "function_call_output"
  const tools = listIn(body["tools"]).map(objectIn).filter((tool) => tool["type"] === "function")
    .map((tool) => ({ name: textIn(tool["name"]) ?? "unnamed", parameters: tool["parameters"] }))
  return composeReply({
    lastUserText: textOf(last?.["content"]),
    promptLength: items.reduce((sum, item) => sum + textOf(item["content"]).length, instructions.length),
    reasons: false,
    tools: answersTool || body["tool_choice"] === "none" ? [] : tools,
    maxTokens: countIn(body["max_output_tokens"]),
    events,
  })
}

function finalStatus(reply: Reply): "completed" | "incomplete" {
  return reply.finish === "length" ? "incomplete" : "completed"
}

function response(slug: string, reply: Reply, status: string, output: readonly JsonObject[]) {
  const isFinal = status !== "in_progress"
  return {
    id: `resp_${reply.seed}`,
    object: "response",
    created_at: createdAt,
    status,
    model: slug,
    error: null,
    incomplete_details: status === "incomplete" ? { reason: "max_output_tokens" } : null,
    output,
    parallel_tool_calls: true,
    tools: [],
    usage: isFinal ? usage(reply) : null,
  }
}

function usage(reply: Reply) {
  const output = tokensOf(reply.pieces)
  return {
    input_tokens: reply.promptTokens,
    input_tokens_details: { cached_tokens: reply.cachedTokens },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: tokensOf(reply.pieces, "reasoning") },
    total_tokens: reply.promptTokens + output,
  }
}

const textPart = (text: string) => ({ type: "output_text", text, annotations: [] })

function messageItem(reply: Reply, status: string, content: readonly JsonObject[]): JsonObject {
  return { id: `msg_${reply.seed}`, type: "message", role: "assistant", status, content }
}

function callItem(reply: Reply, index: number, status: string, written: string): JsonObject {
  const call = reply.calls[index]
  const id = `fc_${reply.seed}${index}`
  return { id, type: "function_call", call_id: call?.id, name: call?.name, arguments: written, status }
}

function itemsOf(reply: Reply): JsonObject[] {
  if (reply.calls.length === 0) {
    return [messageItem(reply, finalStatus(reply), [textPart(joinText(reply, "text"))])]
  }
  return reply.calls.map((call, index) => callItem(reply, index, "completed", call.arguments))
}

function* responseEvents(slug: string, reply: Reply): Generator<SseEvent> {
  let sequence = 0
  const event = (type: string, members: JsonObject, last = false) =>
    typedEvent(type, { sequence_number: sequence++, ...members }, last)
  const unfinished = response(slug, reply, "in_progress", [])
  yield event("response.created", { response: unfinished })
  yield event("response.in_progress", { response: unfinished })
  yield* reply.calls.length === 0 ? textEvents(reply, event) : callEvents(reply, event)
  const status = finalStatus(reply)
  yield event(`response.${status}`, { response: response(slug, reply, status, itemsOf(reply)) }, true)
}

type MakeEvent = (type: string, members: JsonObject) => SseEvent

function* textEvents(reply: Reply, event: MakeEvent): Generator<SseEvent> {
  const place = { item_id: `msg_${reply.seed}`, output_index: 0, content_index: 0 }
  const text = joinText(reply, "text")
  yield event("response.output_item.added", { output_index: 0, item: messageItem(reply, "in_progress", []) })
  yield event("response.content_part.added", { ...place, part: textPart("") })
  for (const piece of reply.pieces) {
    yield event("response.output_text.delta", { ...place, delta: piece.text, logprobs: [] })
  }
  yield event("response.output_text.done", { ...place, text, logprobs: [] })
  yield event("response.content_part.done", { ...place, part: textPart(text) })
  yield event("response.output_item.done", { output_index: 0, item: itemsOf(reply)[0] })
}

function* callEvents(reply: Reply, event: MakeEvent): Generator<SseEvent> {
  for (const [index, call] of reply.calls.entries()) {
    const place = { item_id: `fc_${reply.seed}${index}`, output_index: index }
    yield event("response.output_item.added", {
      output_index: index,
      item: callItem(reply, index, "in_progress", ""),
    })
    for (const piece of reply.pieces) {
      if (piece.kind !== "tool" || piece.call !== index || piece.opens) continue
      yield event("response.function_call_arguments.delta", { ...place, delta: piece.text })
    }
    yield event("response.function_call_arguments.done", { ...place, arguments: call.arguments })
    yield event("response.output_item.done", { output_index: index, item: itemsOf(reply)[index] })
  }
}
