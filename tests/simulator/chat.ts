/** `POST /v1/chat/completions`, for the shared models and for servers in dedicated deployments. */
import { type Answer, eventStream, json } from "./answer.ts"
import { type ChatRequest, readChatRequest } from "./chat-request.ts"
import { chatEvents, type ChatFlavour, chatUsage } from "./chat-stream.ts"
import { type Exchange, jsonBody } from "./exchange.ts"
import { judgeAnswer } from "./judge.ts"
import { guardAnswer } from "./llama-guard.ts"
import { modelApiHeaders, withHeaders } from "./headers.ts"
import { dedicatedEngine } from "./models.ts"
import { composeReply, createdAt, joinText, type Reply } from "./reply.ts"

export async function sharedChat(exchange: Exchange): Promise<Answer> {
  const body = await jsonBody(exchange)
  const verdict = guardAnswer(body) ?? judgeAnswer(body)
  if (verdict !== undefined) return verdict
  const request = readChatRequest(body, exchange.fault.events)
  return withHeaders(answerChat(request, "shared"), modelApiHeaders(request.engine.age))
}

export async function dedicatedChat(exchange: Exchange): Promise<Answer> {
  const request = readChatRequest(await jsonBody(exchange), exchange.fault.events, dedicatedEngine)
  return answerChat(request, "dedicated")
}

function answerChat(request: ChatRequest, flavour: ChatFlavour): Answer {
  const reply = composeReply(request.ask)
  return request.stream ? eventStream(chatEvents(request, reply, flavour)) : json(completion(request, reply))
}

function completion({ engine }: ChatRequest, reply: Reply) {
  const text = joinText(reply, "text")
  const reasoning = joinText(reply, "reasoning")
  const nulls = engine.age === "older" ? { function_call: null, refusal: null } : {}
  const message = {
    role: "assistant",
    ...nulls,
    ...(text === "" ? engine.age === "older" ? { content: null } : {} : { content: text }),
    ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
    ...(reply.calls.length === 0 ? engine.age === "older" ? { tool_calls: null } : {} : {
      tool_calls: reply.calls.map((call) => ({
        id: call.id,
        type: "function",
        function: { name: call.name, arguments: call.arguments },
      })),
    }),
  }
  return {
    id: `chatcmpl-${reply.seed}`,
    object: "chat.completion",
    created: createdAt,
    model: engine.slug,
    choices: [{
      index: 0,
      message,
      finish_reason: reply.finish,
      ...(engine.stopReason === undefined ? {} : { stop_reason: engine.stopReason }),
      ...(engine.age === "older" ? { logprobs: null } : {}),
    }],
    usage: chatUsage(engine, reply, reply.pieces),
    ...(engine.age === "older" ? { service_tier: null, system_fingerprint: null } : {}),
  }
}
