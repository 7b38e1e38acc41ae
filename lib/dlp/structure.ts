/**
 * Which texts of a call are written by people and models, and which belong to the form of the call.
 *
 * @module
 */
import type { Framing } from "../sse/framing.ts"
import type { Container, JsonPart, JsonText, JsonTexts } from "./json-texts.ts"

/** Members of the known calls whose values say what something is, or are signed or coded: to change them breaks the call. */
const structural: ReadonlySet<string> = new Set([
  "encrypted_content",
  "finish_reason",
  "id",
  "media_type",
  "mime_type",
  "model",
  "object",
  "role",
  "signature",
  "status",
  "stop_reason",
  "system_fingerprint",
  "type",
])

/** How ids, names of kinds, media types and signatures are written: other characters occur in none of them. */
const plain = /^[\w.:/+=-]*$/

/** Members whose values are the caller's own, or the model's: the names within them belong to no form. */
const free: ReadonlySet<string> = new Set([
  "arguments",
  "attributes",
  "chat_template_args",
  "chat_template_kwargs",
  "default",
  "documents",
  "examples",
  "metadata",
  "variables",
])

/** Whether something stands in what a form leaves open. The `input` of a message is that of a tool. */
const isFree = (container: Container, framing: Framing): boolean => {
  for (let at: Container | undefined = container; at !== undefined; at = at.parent) {
    if (free.has(at.name) || (framing === "messages" && at.name === "input")) return true
  }
  return false
}

/** A shorter text is always inspected. */
const shortestCoded = 512
/** What comes as a picture, a sound or a file. */
const dataUrl = /^data:(?!text)[^,"]{0,200};base64,/
/** Slashes may be escaped, and lines broken. */
const notBase64 = /[^A-Za-z0-9+/=_\\-]/
const lineBreak = /(?:\\r)?\\n/
/** How long the lines of base64 are: in PEM, and in MIME. Numbers and tokens, a line each, have others. */
const lineLengths: ReadonlyArray<number> = [64, 76]

/** Whether a line is base64; of a picture, in any of its alphabets. */
const isCodedLine = (line: string, isMedia: boolean): boolean =>
  !/\\(?!\/)/.test(line) && (isMedia || !/[^A-Za-z0-9+/\\]/.test(line.replace(/={1,2}$/, "")))

/** Whether all of a text, as JSON writes it, is base64: what only begins so may go on in words. */
export const isBase64 = (text: string): boolean => {
  if (text.length < shortestCoded) return false
  const [head = ""] = dataUrl.exec(text) ?? []
  const body = text.slice(head.length)
  if (notBase64.test(body)) return false
  const isMedia = head !== ""
  const first = body.search(lineBreak)
  if (first === -1) return isCodedLine(body, isMedia)
  const length = body.slice(0, first).replaceAll("\\/", "/").length
  if (!lineLengths.includes(length)) return false
  const lines = body.split(lineBreak).map((line) => line.replaceAll("\\/", "/"))
  if (lines.at(-1) === "") lines.pop()
  return lines.every((line, at) =>
    (line.length === length || (at === lines.length - 1 && line.length < length)) &&
    isCodedLine(line, isMedia)
  )
}

/** Whether a text is looked at. Of calls that are not known, everything is, but what is coded in base64. */
export const isChecked = (
  { name, start, end, container }: JsonText,
  text: string,
  framing: Framing | undefined,
): boolean => {
  if (end - start >= shortestCoded && isBase64(text.slice(start, end))) return false
  if (framing === undefined || !(structural.has(name) || name.endsWith("_id"))) return true
  return !plain.test(text.slice(start, end)) || isFree(container, framing)
}

/** The parts of an answer that repeat its texts. Ids of tokens may be what a model's own code was asked for. */
export const repeatingParts = (
  { repeats }: JsonTexts,
  framing: Framing | undefined,
): ReadonlyArray<JsonPart> =>
  framing === undefined ? repeats.filter(({ name }) => name.endsWith("logprobs")) : repeats

const placeOf = ({ name, indexes, place, parent }: Container): string => {
  const index = indexes?.get("index") ?? (parent?.isList === true ? place : "")
  return `${name}${index}`
}

/** Whether something stands within the value of a member of that name. */
export const isWithin = (container: Container | undefined, name: string): boolean => {
  for (let at = container; at !== undefined; at = at.parent) if (at.name === name) return true
  return false
}

/** The member of the outermost object that a text belongs to. */
export const rootName = ({ name, container }: JsonText): string => {
  let root = name
  for (let at: Container | undefined = container; at?.parent?.parent !== undefined; at = at.parent) {
    root = at.name
  }
  return root
}

const pathOf = ({ name, container }: JsonText): string => {
  let path = name
  for (let at: Container | undefined = container; at?.parent !== undefined; at = at.parent) {
    path = `${placeOf(at)}/${path}`
  }
  return path
}

/** Which part of an answer something belongs to: a choice, a content block, an output item and its part. */
const partOf = (framing: Framing, container: Container): string => {
  let root = container
  for (let at: Container | undefined = container; at?.parent !== undefined; at = at.parent) {
    if (
      framing !== "messages" && framing !== "responses" && at.parent.name === "choices" && at.parent.isList
    ) {
      return `${at.indexes?.get("index") ?? at.place}/`
    }
    root = at
  }
  const { indexes } = root
  if (framing === "messages") return `${indexes?.get("index") ?? ""}/`
  const inner = indexes?.get("content_index") ?? indexes?.get("summary_index")
  const outer = `${indexes?.get("output_index") ?? ""}/`
  return inner === undefined ? outer : `${outer}${inner}/`
}

/**
 * The channel of a stream that a text is a piece of: pieces of one channel are one text. `undefined` if the text is whole.
 *
 * @param type the `type` of the event
 */
export const channelOf = (text: JsonText, type: string, framing: Framing | undefined): string | undefined => {
  const { name, container } = text
  switch (framing) {
    case undefined:
      return pathOf(text)
    case "chat":
      return isWithin(container, "delta") && name !== "name"
        ? partOf(framing, container) + pathOf(text)
        : undefined
    case "completions":
      return name === "text" ? partOf(framing, container) : undefined
    case "messages":
      if (!isWithin(container, "delta") && container.name !== "content_block") return undefined
      return name === "text" || name === "thinking" || name === "partial_json"
        ? partOf(framing, container) + name
        : undefined
    case "responses":
      return name === "delta" && type.endsWith(".delta") ? `${partOf(framing, container)}${type}` : undefined
  }
}

/** The `type` of an event: of its own, not of what it holds. */
export const typeOf = (texts: ReadonlyArray<JsonText>, text: string): string => {
  const own = texts.find(({ name, container }) => name === "type" && container.parent?.parent === undefined)
  return own === undefined ? "" : text.slice(own.start, own.end)
}

/** What begins the names of the channels that end with an event. */
export const endedBy = (
  texts: ReadonlyArray<JsonText>,
  type: string,
  framing: Framing | undefined,
): ReadonlyArray<string> => {
  const [first] = texts
  switch (framing) {
    case undefined:
      return []
    case "chat":
    case "completions":
      return texts.filter(({ name, start, end }) => name === "finish_reason" && end > start)
        .map(({ container }) => partOf(framing, container))
    case "messages":
      if (first === undefined) return []
      if (type === "content_block_stop") return [partOf(framing, first.container)]
      return type === "message_delta" || type === "message_stop" || type === "error" ? [""] : []
    case "responses":
      if (first === undefined) return []
      if (/^response\.(?:completed|incomplete|failed|cancelled)$/.test(type) || type === "error") return [""]
      return type.endsWith(".done") ? [partOf(framing, first.container)] : []
  }
}
