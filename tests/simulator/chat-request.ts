/** Reads a chat completions request, and refuses what Baseten refuses, in the words of each engine. */
import { type Answer, Refused } from "./answer.ts"
import { bodyInvalid, modelUnknown, newerEngineError, olderEngineError } from "./errors.ts"
import { type Engine, engineOf } from "./models.ts"
import type { Ask, Tool } from "./reply.ts"
import { countIn, isObject, type JsonObject, listIn, objectIn, textIn } from "./values.ts"

export type ChatRequest = {
  readonly engine: Engine
  readonly stream: boolean
  readonly includeUsage: boolean
  readonly ask: Ask
}

const roles: readonly unknown[] = ["system", "user", "assistant", "tool"]

export function readChatRequest(
  body: unknown,
  events: number | undefined,
  findEngine: (slug: string) => Engine | undefined = engineOf,
): ChatRequest {
  if (!isObject(body)) throw new Refused(bodyInvalid())
  const slug = textIn(body["model"])
  if (slug === undefined) throw new Refused(bodyInvalid())
  const engine = findEngine(slug)
  if (engine === undefined) throw new Refused(modelUnknown())
  if (!Array.isArray(body["messages"]) || body["messages"].length === 0) throw new Refused(bodyInvalid())
  const messages = body["messages"].map(objectIn)
  const refuse = (message: string) => {
    throw new Refused(engineError(engine, message))
  }
  const strangeRole = messages.find((message) => !roles.includes(message["role"]))
  if (strangeRole !== undefined) refuse(`Unknown message role: ${String(strangeRole["role"])}`)
  if (body["n"] !== undefined && body["n"] !== null && body["n"] !== 1) refuse("Only n = 1 is supported")
  const effort = textIn(body["reasoning_effort"])
  if (effort !== undefined && engine.efforts !== undefined && !engine.efforts.includes(effort)) {
    refuse(`reasoning_effort must be one of ${engine.efforts.join(", ")}`)
  }
  if (!engine.images && messages.some(hasMedia)) {
    refuse("This model does not support multimodal (image/video/audio) inputs.")
  }
  const last = messages.findLast((message) => message["role"] === "user")
  const schema = schemaOf(body["response_format"])
  return {
    engine,
    stream: body["stream"] === true,
    includeUsage: objectIn(body["stream_options"])["include_usage"] === true,
    ask: {
      lastUserText: textOf(last?.["content"]),
      promptLength: messages.reduce((sum, message) => sum + textOf(message["content"]).length, 0),
      reasons: reasons(engine, body),
      tools: messages.at(-1)?.["role"] === "tool" ? [] : toolsOf(body),
      ...(schema === undefined ? {} : { schema }),
      maxTokens: countIn(body["max_tokens"]) ?? countIn(body["max_completion_tokens"]),
      events,
    },
  }
}

function engineError(engine: Engine, message: string): Answer {
  return engine.age === "older" ? olderEngineError(400, message) : newerEngineError(400, message)
}

/** The text of a message, be it a string or a list of parts. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content
  return listIn(content).map((part) => textIn(objectIn(part)["text"]) ?? "").join("")
}

function hasMedia(message: JsonObject): boolean {
  return listIn(message["content"]).some((part) => (textIn(objectIn(part)["type"]) ?? "text") !== "text")
}

function reasons(engine: Engine, body: JsonObject): boolean {
  if (engine.reasons === "always") return true
  const effort = textIn(body["reasoning_effort"])
  if (effort !== undefined) return effort !== "none"
  const asked = objectIn(body["chat_template_args"])["enable_thinking"]
  return typeof asked === "boolean" ? asked : engine.reasons === "by-default"
}

function toolsOf(body: JsonObject): Tool[] {
  const choice = body["tool_choice"]
  if (choice === "none") return []
  const tools = listIn(body["tools"]).map((tool) => objectIn(objectIn(tool)["function"]))
    .map((tool) => ({ name: textIn(tool["name"]) ?? "unnamed", parameters: tool["parameters"] }))
  const named = textIn(objectIn(objectIn(choice)["function"])["name"])
  if (named !== undefined) return tools.filter((tool) => tool.name === named)
  return body["parallel_tool_calls"] === false ? tools.slice(0, 1) : tools
}

function schemaOf(format: unknown): unknown {
  const { type, json_schema: named } = objectIn(format)
  if (type === "json_object") return {}
  return type === "json_schema" ? objectIn(named)["schema"] ?? {} : undefined
}
