/**
 * What of a request and of an answer goes to a scanner: the texts that a model reads or has written, cut to its measure.
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
/** How much of a part the next one begins with: what stands on the border is seen whole. */
export const overlap = 200
/** How much of the prompt an answer is judged with. */
const longestContext = 2000
/** More verdicts for one body are not asked for. */
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
 * A text without the marks that divide a conversation in Llama Guard's own prompt: an engine reads them in a message as well,
 * and who wrote one could write the verdict behind it.
 */
const withoutMarks = (text: string): string => text.replaceAll(/<(?=\||\/?(?:BEGIN|END)\b)/g, "‹")

/** A text in parts that a scanner takes. */
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

/** A body that is not JSON, as one text; empty if it is not text either, such as audio. */
const plainText = (bytes: Uint8Array): string => {
  try {
    const text = strict.decode(bytes)
    return isBase64(JSON.stringify(text).slice(1, -1)) ? "" : text
  } catch {
    return ""
  }
}

/** What a request says, and the definitions of tools apart from it: they stay while a conversation grows. */
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
 * The conversations to judge a request by. All that it says is one last message, since a scanner judges no other: what a caller
 * puts into an earlier one is read by the model all the same.
 */
export const promptConversations = (
  bytes: Uint8Array,
  framing: Framing | undefined,
): ReadonlyArray<ScannedConversation> => {
  const { said, tools } = promptTexts(bytes, framing)
  return [...scannableParts(said), ...scannableParts(tools)].map((content) => [{ role: "user", content }])
}

/** The end of what a request says, which its answer is judged with. */
export const contextOf = (bytes: Uint8Array, framing: Framing | undefined): string =>
  withoutMarks(promptTexts(bytes, framing).said.slice(-longestContext).toWellFormed())

/** The conversations to judge an answer, or a part of it, by. */
export const answerConversations = (context: string, text: string): ReadonlyArray<ScannedConversation> =>
  scannableParts(text).map((content) => [
    // Llama Guard's form begins with a message of the user's.
    { role: "user", content: context === "" ? "-" : context },
    { role: "assistant", content },
  ])

/** Whether a text of an answer is what its model wrote. */
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
