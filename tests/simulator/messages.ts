/** `POST /v1/messages`: the Messages shape, whose input tokens include the cached ones here. */
import { type Answer, eventStream, json, Refused, type SseEvent } from "./answer.ts"
import { textOf } from "./chat-request.ts"
import { messagesError, modelUnknown } from "./errors.ts"
import { type Exchange, jsonBody } from "./exchange.ts"
import { modelApiHeaders, withHeaders } from "./headers.ts"
import { engineOf } from "./models.ts"
import { composeReply, joinText, type Piece, type Reply, tokensOf, type Tool } from "./reply.ts"
import { typedEvent } from "./sse.ts"
import { countIn, isObject, type JsonObject, listIn, objectIn, parseJson, textIn } from "./values.ts"

export async function sharedMessages(exchange: Exchange): Promise<Answer> {
  const body = await jsonBody(exchange)
  const refuse = (message: string) => new Refused(messagesError(400, message))
  if (!isObject(body)) throw refuse("The request body is not a JSON object")
  const slug = textIn(body["model"])
  if (slug === undefined) throw refuse("model: Field required")
  const engine = engineOf(slug)
  if (engine === undefined) throw new Refused(modelUnknown())
  if (!Array.isArray(body["messages"]) || body["messages"].length === 0) {
    throw refuse("messages: Field required")
  }
  if (countIn(body["max_tokens"]) === undefined) throw refuse("max_tokens: Field required")
  const reply = replyTo(body, exchange.fault.events)
  const answer = body["stream"] === true
    ? eventStream(messageEvents(slug, reply))
    : json(message(slug, reply))
  return withHeaders(answer, modelApiHeaders(engine.age))
}

function replyTo(body: JsonObject, events: number | undefined): Reply {
  const messages = listIn(body["messages"]).map(objectIn)
  const last = messages.findLast((entry) => entry["role"] === "user")
  const system = textOf(body["system"])
  const answersTool = listIn(last?.["content"]).some((part) => objectIn(part)["type"] === "tool_result")
  return composeReply({
    lastUserText: textOf(last?.["content"]),
    promptLength: messages.reduce((sum, entry) => sum + textOf(entry["content"]).length, system.length),
    reasons: ["enabled", "adaptive"].includes(textIn(objectIn(body["thinking"])["type"]) ?? ""),
    tools: answersTool ? [] : toolsOf(body),
    maxTokens: countIn(body["max_tokens"]),
    events,
  })
}

function toolsOf(body: JsonObject): Tool[] {
  const choice = objectIn(body["tool_choice"])
  const tools = listIn(body["tools"]).map(objectIn)
    .map((tool) => ({ name: textIn(tool["name"]) ?? "unnamed", parameters: tool["input_schema"] }))
  if (choice["type"] === "none") return []
  if (choice["type"] === "tool") return tools.filter((tool) => tool.name === choice["name"])
  return choice["disable_parallel_tool_use"] === true ? tools.slice(0, 1) : tools
}

const stopReasons = { stop: "end_turn", length: "max_tokens", tool_calls: "tool_use" } as const

function usage(reply: Reply) {
  return {
    input_tokens: reply.promptTokens,
    cache_read_input_tokens: reply.cachedTokens,
    output_tokens: tokensOf(reply.pieces),
  }
}

function envelope(slug: string, reply: Reply, content: readonly JsonObject[]) {
  return { id: `msg_${reply.seed}`, type: "message", role: "assistant", model: slug, content: [...content] }
}

function message(slug: string, reply: Reply) {
  const thinking = joinText(reply, "reasoning")
  const text = joinText(reply, "text")
  const content = [
    ...(thinking === "" ? [] : [{ type: "thinking", thinking, signature: "" }]),
    ...(text === "" ? [] : [{ type: "text", text }]),
    ...reply.calls.map((call) => ({
      type: "tool_use",
      id: call.id,
      name: call.name,
      // A call that the limit ended has no whole input.
      input: parseJson(call.arguments) ?? {},
    })),
  ]
  const ending = { stop_reason: stopReasons[reply.finish], stop_sequence: null }
  return { ...envelope(slug, reply, content), ...ending, usage: usage(reply) }
}

function* messageEvents(slug: string, reply: Reply): Generator<SseEvent> {
  const opening = {
    ...envelope(slug, reply, []),
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: reply.promptTokens, output_tokens: 0 },
  }
  yield typedEvent("message_start", { message: opening })
  let index = -1
  let open: string | undefined
  for (const piece of reply.pieces) {
    const block = piece.kind === "tool" ? `tool ${piece.call}` : piece.kind
    if (block !== open) {
      if (open !== undefined) yield typedEvent("content_block_stop", { index })
      index += 1
      open = block
      yield typedEvent("content_block_start", { index, content_block: blockOf(piece, reply) })
    }
    if (piece.kind !== "tool" || !piece.opens) {
      yield typedEvent("content_block_delta", { index, delta: deltaOf(piece) })
    }
  }
  if (open !== undefined) yield typedEvent("content_block_stop", { index })
  const delta = { stop_reason: stopReasons[reply.finish], stop_sequence: null }
  yield typedEvent("message_delta", { delta, usage: usage(reply) })
  yield typedEvent("message_stop", {}, true)
}

function blockOf(piece: Piece, reply: Reply): JsonObject {
  if (piece.kind === "reasoning") return { type: "thinking", thinking: "", signature: "" }
  if (piece.kind === "text") return { type: "text", text: "" }
  const call = reply.calls[piece.call]
  return { type: "tool_use", id: call?.id, name: call?.name, input: {} }
}

function deltaOf(piece: Piece): JsonObject {
  if (piece.kind === "reasoning") return { type: "thinking_delta", thinking: piece.text }
  if (piece.kind === "text") return { type: "text_delta", text: piece.text }
  return { type: "input_json_delta", partial_json: piece.text }
}
