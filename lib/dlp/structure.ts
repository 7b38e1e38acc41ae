/**
 * Tells the texts of a call that people and models write from those that belong to its protocol.
 *
 * @module
 */
import type { Framing } from "../sse/framing.ts"
import type { Container, JsonPart, JsonText, JsonTexts } from "./json-texts.ts"

/** Members of the known calls whose values are types, ids, signed or encoded: changing them would break the call. */
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

/** The characters of ids, type names, media types and signatures. */
const plain = /^[\w.:/+=-]*$/

/**
 * Members whose values are written by the caller or the model: the names inside them have no meaning to the protocol.
 */
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

/**
 * Whether a container is inside a member whose content the protocol leaves open. The `input` of a message is that of
 * a tool.
 */
const isFree = (container: Container, framing: Framing): boolean => {
  for (let at: Container | undefined = container; at !== undefined; at = at.parent) {
    if (free.has(at.name) || (framing === "messages" && at.name === "input")) return true
  }
  return false
}

/** The shortest text that can be exempt as base64. */
const shortestCoded = 512
/** Pictures, sounds and files. */
const dataUrl = /^data:(?!text)[^,"]{0,200};base64,/
/** With escaped slashes and line breaks allowed for. */
const notBase64 = /[^A-Za-z0-9+/=_\\-]/
const lineBreak = /(?:\\r)?\\n/
/** The line lengths of base64 in PEM and MIME. Lists of numbers or tokens, one a line, do not have these. */
const lineLengths: ReadonlyArray<number> = [64, 76]

/** Whether a line is base64; for media in any of its alphabets. */
const isCodedLine = (line: string, isMedia: boolean): boolean =>
  !/\\(?!\/)/.test(line) && (isMedia || !/[^A-Za-z0-9+/\\]/.test(line.replace(/={1,2}$/, "")))

/**
 * Whether the whole of a text, as written in JSON, is base64. Looking at its beginning would not do: words may
 * follow.
 */
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

/** Whether a text is checked. Where the protocol is not known, everything but base64 is. */
export const isChecked = (
  { name, start, end, container }: JsonText,
  text: string,
  framing: Framing | undefined,
): boolean => {
  if (end - start >= shortestCoded && isBase64(text.slice(start, end))) return false
  if (framing === undefined || !(structural.has(name) || name.endsWith("_id"))) return true
  return !plain.test(text.slice(start, end)) || isFree(container, framing)
}

/** The parts of an answer that repeat its texts. In an unknown protocol, token ids may be the answer itself. */
export const repeatingParts = (
  { repeats }: JsonTexts,
  framing: Framing | undefined,
): ReadonlyArray<JsonPart> =>
  framing === undefined ? repeats.filter(({ name }) => name.endsWith("logprobs")) : repeats

const placeOf = ({ name, indexes, place, parent }: Container): string => {
  const index = indexes?.get("index") ?? (parent?.isList === true ? place : "")
  return `${name}${index}`
}

/** Whether a container is inside the value of a member of that name. */
export const isWithin = (container: Container | undefined, name: string): boolean => {
  for (let at = container; at !== undefined; at = at.parent) if (at.name === name) return true
  return false
}

/** The member of the outermost object that contains a text. */
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

/** The part of an answer that a container belongs to: a choice, a content block, an output item and its part. */
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
 * The channel of a stream to which a text adds a piece; `undefined` if the text is complete in itself.
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

/** The `type` of an event itself, not of an object inside it. */
export const typeOf = (texts: ReadonlyArray<JsonText>, text: string): string => {
  const own = texts.find(({ name, container }) => name === "type" && container.parent?.parent === undefined)
  return own === undefined ? "" : text.slice(own.start, own.end)
}

/** Prefixes of the names of the channels that an event ends. */
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
