/** A chat completion as server-sent events, with the habits of each engine. */
import type { SseEvent } from "./answer.ts"
import type { ChatRequest } from "./chat-request.ts"
import type { Engine } from "./models.ts"
import { createdAt, type Piece, type Reply, tokensOf } from "./reply.ts"
import { dataEvent, doneEvent } from "./sse.ts"
import type { JsonObject } from "./values.ts"

/** Shared models repeat running totals in every chunk; a customer's server sends usage once, at the end. */
export type ChatFlavour = "shared" | "dedicated"

export function* chatEvents(request: ChatRequest, reply: Reply, flavour: ChatFlavour): Generator<SseEvent> {
  const { engine, includeUsage } = request
  const late = engine.contentAfterFinish && reply.pieces.at(-1)?.kind === "text"
    ? reply.pieces.at(-1)
    : undefined
  const early = late === undefined ? reply.pieces : reply.pieces.slice(0, -1)
  const base = {
    id: `chatcmpl-${reply.seed}`,
    object: "chat.completion.chunk",
    created: createdAt,
    model: engine.slug,
  }
  const tail = engine.age === "older" ? { service_tier: null, system_fingerprint: null } : {}
  let tokens = 0
  let reasoningTokens = 0

  const usageSoFar = () => usage(engine, reply, tokens, reasoningTokens)
  const usageMember = (value: JsonObject | null) => includeUsage ? { usage: value } : {}
  const runningUsage = () => usageMember(flavour === "shared" ? usageSoFar() : null)
  const chunk = (delta: JsonObject, finish: string | null, usagePart: JsonObject) => {
    const stop = finish !== null && engine.stopReason !== undefined ? { stop_reason: engine.stopReason } : {}
    const logprobs = engine.age === "older" ? { logprobs: null } : {}
    const choice = { index: 0, delta: fullDelta(engine, delta), ...logprobs, finish_reason: finish, ...stop }
    return dataEvent({ ...base, choices: [choice], ...usagePart, ...tail })
  }
  const count = (piece: Piece) => {
    tokens += piece.tokens
    if (piece.kind === "reasoning") reasoningTokens += piece.tokens
  }

  yield chunk({ role: "assistant", content: "" }, null, runningUsage())
  for (const piece of early) {
    count(piece)
    yield chunk(deltaOf(piece, reply, engine), null, runningUsage())
  }
  yield chunk({}, reply.finish, runningUsage())
  if (late !== undefined) {
    count(late)
    yield chunk(deltaOf(late, reply, engine), null, usageMember(null))
  }
  if (includeUsage) yield dataEvent({ ...base, choices: [], usage: usageSoFar(), ...tail })
  yield doneEvent
}

function deltaOf(piece: Piece, reply: Reply, engine: Engine): JsonObject {
  if (piece.kind === "text") return { content: piece.text }
  if (piece.kind === "reasoning") return { reasoning_content: piece.text }
  const call = reply.calls[piece.call]
  const id = piece.opens || engine.repeatsToolCallId ? { id: call?.id, type: "function" } : {}
  const name = piece.opens ? { name: call?.name } : {}
  return { tool_calls: [{ index: piece.call, ...id, function: { ...name, arguments: piece.text } }] }
}

function fullDelta(engine: Engine, delta: JsonObject): JsonObject {
  if (engine.age === "newer") return delta
  return { role: null, content: null, function_call: null, tool_calls: null, refusal: null, ...delta }
}

export function chatUsage(engine: Engine, reply: Reply, pieces: readonly Piece[]): JsonObject {
  return usage(engine, reply, tokensOf(pieces), tokensOf(pieces, "reasoning"))
}

function usage(engine: Engine, reply: Reply, tokens: number, reasoningTokens: number): JsonObject {
  return {
    prompt_tokens: reply.promptTokens,
    completion_tokens: tokens,
    total_tokens: reply.promptTokens + tokens,
    prompt_tokens_details: { audio_tokens: 0, cached_tokens: reply.cachedTokens },
    completion_tokens_details: {
      reasoning_tokens: engine.reportsReasoningTokens ? reasoningTokens : 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}
