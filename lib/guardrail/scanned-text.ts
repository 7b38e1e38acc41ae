/**
 * What a scanner is sent: the texts of a request that the model reads, or those of an answer that it wrote, in parts
 * that the scanner can take.
 *
 * @module
 */
import { beginsJson } from "../json/begins-json.ts"
import { type JsonText, jsonTexts } from "../dlp/json-texts.ts"
import type { Framing } from "../sse/framing.ts"
import { isBase64, isChecked, isWithin, rootName } from "../dlp/structure.ts"
import { unescaped } from "../dlp/text-channel.ts"

/** A message of a scanner's conversation. */
export interface ScannedMessage {
  readonly role: "user" | "assistant"
  readonly content: string
}

/** A conversation whose last message a scanner judges. */
export type ScannedConversation = ReadonlyArray<ScannedMessage>

/** The longest text of one verdict, in UTF-16 code units: with Llama Guard's own words it fits into 8,192 tokens of any script. */
const longestPart = 6000
/**
 * How much of a part is repeated at the beginning of the next one, so that a text across the border is seen whole.
 */
export const overlap = 200
/** How much of the prompt is sent along with an answer. */
const longestContext = 2000
/** The most parts of one body; a longer one gets no verdict. */
export const mostParts = 200

const decoder = new TextDecoder()
const strict = new TextDecoder("utf-8", { fatal: true })

/** Members of the known calls that no model reads. */
const unread: ReadonlySet<string> = new Set([
  "container",
  "include",
  "metadata",
  "modalities",
  "previous_response_id",
  "prompt_cache_key",
  "reasoning",
  "reasoning_effort",
  "safety_identifier",
  "service_tier",
  "stop",
  "stop_sequences",
  "stream_options",
  "thinking",
  "tool_choice",
  "truncation",
  "user",
  "verbosity",
])

/**
 * Removes the marks that divide a conversation in Llama Guard's prompt. Engines interpret them inside messages too,
 * so a caller could otherwise end the conversation and write the verdict after it.
 */
const withoutMarks = (text: string): string => text.replaceAll(/<(?=\||\/?(?:BEGIN|END)\b)/g, "‹")

/** Splits a text into parts that the scanner can take. */
const scannableParts = (text: string): ReadonlyArray<string> => {
  const plain = withoutMarks(text.toWellFormed())
  const parts: Array<string> = []
  let at = 0
  while (plain.length - at > longestPart) {
    const blank = plain.lastIndexOf(" ", at + longestPart)
    const end = blank > at + longestPart - overlap ? blank : at + longestPart
    parts.push(plain.slice(at, end).toWellFormed())
    at = end - overlap
  }
  const rest = plain.slice(at)
  return rest.trim() === "" ? parts : [...parts, rest.toWellFormed()]
}

/** The text of a body that is not JSON; empty if it is not text at all, such as audio. */
const plainText = (bytes: Uint8Array): string => {
  try {
    const text = strict.decode(bytes)
    return isBase64(JSON.stringify(text).slice(1, -1)) ? "" : text
  } catch {
    return ""
  }
}

/**
 * The text of a request, and its tool definitions separately: they stay the same while a conversation grows, and so
 * does their verdict.
 */
export const promptTexts = (
  bytes: Uint8Array,
  framing: Framing | undefined,
): { readonly said: string; readonly tools: string } => {
  if (!beginsJson(bytes)) return { said: plainText(bytes), tools: "" }
  const text = decoder.decode(bytes)
  const texts = jsonTexts(text, 0, text.length)?.texts
  if (texts === undefined) return { said: text, tools: "" }
  const said: Array<string> = []
  const tools: Array<string> = []
  for (const found of texts) {
    if (!isChecked(found, text, framing)) continue
    const root = rootName(found)
    if (framing !== undefined && unread.has(root)) continue
    const list = framing !== undefined && (root === "tools" || root === "functions") ? tools : said
    list.push(unescaped(text.slice(found.start, found.end), 1))
  }
  return { said: said.join("\n"), tools: tools.join("\n") }
}

/**
 * The conversations by which a request is judged. Its whole text is one message: a scanner judges only the last one,
 * but the model also reads what the caller put into earlier ones.
 */
export const promptConversations = (
  bytes: Uint8Array,
  framing: Framing | undefined,
): ReadonlyArray<ScannedConversation> => {
  const { said, tools } = promptTexts(bytes, framing)
  return [...scannableParts(said), ...scannableParts(tools)].map((content) => [{ role: "user", content }])
}

/** The end of a request's text, with which its answer is judged. */
export const contextOf = (bytes: Uint8Array, framing: Framing | undefined): string =>
  withoutMarks(promptTexts(bytes, framing).said.slice(-longestContext).toWellFormed())

/** The conversations by which an answer, or a part of it, is judged. */
export const answerConversations = (context: string, text: string): ReadonlyArray<ScannedConversation> =>
  scannableParts(text).map((content) => [
    // Llama Guard's format begins with a user message.
    { role: "user", content: context === "" ? "-" : context },
    { role: "assistant", content },
  ])

/** Whether a text of an answer was written by the model. */
export const isWritten = (found: JsonText, text: string, framing: Framing): boolean => {
  const { name, container } = found
  if (name === "name" || !isChecked(found, text, framing) || isWithin(container, "logprobs")) return false
  switch (framing) {
    case "chat":
    case "completions":
      return isWithin(container, "choices")
    case "messages":
      return isWithin(container, "content") || isWithin(container, "content_block") ||
        isWithin(container, "delta")
    case "responses":
      return isWithin(container, "output") || isWithin(container, "item") || isWithin(container, "part") ||
        name === "delta" || name === "text" || name === "arguments" || name === "refusal"
  }
}

/** What the model wrote in an answer that is JSON. */
export const answerText = (bytes: Uint8Array, framing: Framing): string => {
  const text = decoder.decode(bytes)
  const texts = jsonTexts(text, 0, text.length)?.texts
  if (texts === undefined) return text
  return texts.filter((found) => isWritten(found, text, framing))
    .map(({ start, end }) => unescaped(text.slice(start, end), 1))
    .join("\n")
}
