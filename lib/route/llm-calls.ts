/**
 * The calls that are recognized, however their paths are spelt.
 *
 * @module
 */
import type { Framing } from "../sse/framing.ts"
import { loosely } from "./path-spelling.ts"

/** A call whose JSON body is inspected. */
export interface LlmCall {
  readonly name: string
  /** The framing of its streams, if known. */
  readonly framing?: Framing
}

/** The path of a chat at Model APIs. */
export const chatPath = "/v1/chat/completions"

const calls: Record<string, LlmCall> = {
  [chatPath]: { name: "chat.completions", framing: "chat" },
  "/v1/messages": { name: "messages", framing: "messages" },
  "/v1/responses": { name: "responses", framing: "responses" },
  "/v1/responses/compact": { name: "responses.compact" },
  "/v1/embeddings": { name: "embeddings" },
  "/v1/completions": { name: "completions", framing: "completions" },
}

/** Whether a path of Model APIs is Anthropic's count of a message's tokens. */
export const isTokenCount = (path: string): boolean => loosely(path) === "/v1/messages/count_tokens"

/** The call of a path of Model APIs that is spelt as it is in their documents. */
export const exactCall = (path: string): LlmCall | undefined =>
  Object.hasOwn(calls, path) ? calls[path] : undefined

/** The call of a path of Model APIs. */
export const llmCall = (path: string): LlmCall | undefined => calls[loosely(path)]

/** The call of a path below a dedicated model or chain, given without its first slash. */
export const deployedCall = (rest: string): LlmCall | undefined =>
  llmCall(loosely(`/${rest}`).replace(/^.*?\/(?:sync\/)?(?=v1\/)/, "/"))

/** What precedes the call in the path of a custom provider. */
const beforeCall =
  /^.*?(?:\/v\d+)?\/(?=(?:chat\/completions|messages|responses(?:\/compact)?|embeddings|completions)$)/

/** The call of a path below a custom provider. */
export const customCall = (path: string): LlmCall | undefined =>
  calls[loosely(path).replace(beforeCall, "/v1/")]

/**
 * The framing of an answer that its provider keeps, and that a path names: it is fetched again, waited for, changed or
 * cancelled; `undefined` if the path names none. (Baseten's Model APIs keep none, OpenAI and others do.)
 */
export const keptAnswerFraming = (path: string): Framing | undefined => {
  const kind = keptAnswer.exec(loosely(path))?.[1]
  return kind === undefined ? undefined : kind === "responses" ? "responses" : "chat"
}

const keptAnswer = /\/(chat\/completions|responses)\/(?!compact$)[^/]+(?:\/cancel)?$/

const plainCall =
  /^(?:\/v\d+)?\/(?:chat\/completions|messages|responses(?:\/compact)?|embeddings|completions)$/

/** Whether a path below a custom provider is a call alone, without a part that may name a model, as Azure's paths have one. */
export const isPlainCall = (path: string): boolean => plainCall.test(path)
