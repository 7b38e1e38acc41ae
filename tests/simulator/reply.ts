/** What the model says: pieces of text, thoughts and tool calls with their token counts, the same every time. */
import { createHash } from "node:crypto"
import { sampleFor } from "./sample-json.ts"

export type Tool = { readonly name: string; readonly parameters: unknown }

export type Ask = {
  readonly lastUserText: string
  readonly promptLength: number
  readonly reasons: boolean
  readonly tools: readonly Tool[]
  /** The schema of a structured answer; `{}` for any JSON object. */
  readonly schema?: unknown
  readonly maxTokens?: number | undefined
  /** The exact number of text pieces; without it the length of the text decides. */
  readonly events?: number | undefined
}

type ThoughtPiece = { readonly kind: "reasoning"; readonly text: string }
type TextPiece = { readonly kind: "text"; readonly text: string }
type ToolPiece = {
  readonly kind: "tool"
  readonly call: number
  readonly opens: boolean
  readonly text: string
}
type Unsized = ThoughtPiece | TextPiece | ToolPiece

export type Piece = Unsized & { readonly tokens: number }

type ToolCall = { readonly id: string; readonly name: string; readonly arguments: string }

export type Reply = {
  /** A short hexadecimal name that follows from the question. */
  readonly seed: string
  readonly pieces: readonly Piece[]
  readonly calls: readonly ToolCall[]
  readonly finish: "stop" | "length" | "tool_calls"
  readonly promptTokens: number
  readonly cachedTokens: number
}

/** A fixed date keeps the answers to equal requests byte-equal. */
export const createdAt = 1_795_000_000

const templateTokens = 68
const cachedTokens = 64
const codePointsPerPiece = 4

export function composeReply(ask: Ask): Reply {
  const seed = createHash("sha256").update(`${ask.promptLength}:${ask.lastUserText}`).digest("hex").slice(
    0,
    24,
  )
  const promptTokens = templateTokens + Math.ceil(ask.promptLength / 4)
  const wanted = ask.tools.slice(0, 2).map((tool, index) => ({
    id: `chatcmpl-tool-${seed.slice(0, 16)}${index}`,
    name: tool.name,
    arguments: JSON.stringify(sampleFor(tool.parameters ?? { type: "object" }, ask.lastUserText)),
  }))
  const words: Unsized[] = wanted.length > 0 ? wanted.flatMap(callPieces) : textPieces(ask)
  const thoughts: Unsized[] = ask.reasons ? thoughtPieces(ask.lastUserText) : []
  // Engines often put more than one token into a chunk, so counting chunks must give a wrong number.
  const all = [...thoughts, ...words].map((piece, index) => ({ ...piece, tokens: 1 + index % 3 }))
  const kept = ask.events === undefined ? withinLimit(all, ask.maxTokens) : all
  const finish = kept.length < all.length ? "length" : wanted.length > 0 ? "tool_calls" : "stop"
  const calls = wanted.flatMap((call, index) => written(call, index, kept))
  return { seed, pieces: kept, calls, finish, promptTokens, cachedTokens }
}

/** The call as far as it came: a limit may end it within its arguments, or before its name. */
function written(call: ToolCall, index: number, pieces: readonly Piece[]): ToolCall[] {
  const own = pieces.filter((piece) => piece.kind === "tool" && piece.call === index)
  return own.length === 0 ? [] : [{ ...call, arguments: own.map((piece) => piece.text).join("") }]
}

export function answerText(lastUserText: string): string {
  return `You said: ${lastUserText} — voilà, naïve café ☕; 你好，世界; здравствуй 🌍 👩‍💻.`
}

function textPieces(ask: Ask): Unsized[] {
  const structured = ask.schema === undefined
    ? undefined
    : sampleFor(schemaOrObject(ask.schema), ask.lastUserText)
  const text = structured === undefined ? answerText(ask.lastUserText) : JSON.stringify(structured)
  return splitText(text, ask.events).map((part) => ({ kind: "text", text: part }))
}

function schemaOrObject(schema: unknown): unknown {
  const isEmpty = typeof schema === "object" && schema !== null && Object.keys(schema).length === 0
  return isEmpty ? { type: "object", properties: { answer: { type: "string" } } } : schema
}

function thoughtPieces(words: string): Unsized[] {
  return splitText(`The user wrote “${words.slice(0, 40)}”. I will repeat it.`, 3)
    .map((text) => ({ kind: "reasoning", text }))
}

function callPieces(call: ToolCall, index: number): Unsized[] {
  const fragments = splitText(call.arguments).map((
    text,
  ) => ({ kind: "tool", call: index, opens: false, text } as const))
  return [{ kind: "tool", call: index, opens: true, text: "" }, ...fragments]
}

/** Splits between code points, never inside one; repeats the text when more pieces are asked for than it has. */
export function splitText(text: string, pieces?: number): string[] {
  const points = [...text]
  const wanted = pieces ?? Math.max(1, Math.ceil(points.length / codePointsPerPiece))
  if (wanted > points.length) {
    return Array.from({ length: wanted }, (_, at) => points[at % points.length] ?? "")
  }
  return Array.from({ length: wanted }, (_, at) => {
    const from = Math.floor(points.length * at / wanted)
    return points.slice(from, Math.floor(points.length * (at + 1) / wanted)).join("")
  })
}

function withinLimit(pieces: Piece[], limit = Infinity): Piece[] {
  let used = 0
  return pieces.filter((piece) => (used += piece.tokens) <= limit)
}

export function joinText(reply: Reply, kind: "reasoning" | "text"): string {
  return reply.pieces.filter((piece) => piece.kind === kind).map((piece) => piece.text).join("")
}

export function tokensOf(pieces: readonly Piece[], kind?: Piece["kind"]): number {
  return pieces.reduce(
    (sum, piece) => kind === undefined || piece.kind === kind ? sum + piece.tokens : sum,
    0,
  )
}
