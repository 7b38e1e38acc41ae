/**
 * Whether a body that has passed is worth storing: complete, and not a failure under a status of 200.
 *
 * A closed connection does not say whether the answer was complete, and a server that has failed may still say 200. JSON
 * shows by itself whether it is complete.
 *
 * @module
 */
import { isJson } from "../headers/media-type.ts"
import { parseOrUndefined } from "../json/parse.ts"

/** What is known of the body beside its bytes. */
export interface AnswerKind {
  /** Its `content-type`. */
  readonly type: string
  /** Whether it is an event stream that has reached its end mark. */
  readonly stream: boolean
  /** Whether nothing but a JSON object answers the call, whatever it is called. */
  readonly object: boolean
  /** Whether the body ends with its connection, so that only the body itself shows that it is complete. */
  readonly untilClose: boolean
  /** Whether a parsed answer, or one event of it, reports an error. */
  readonly tellsError: (value: unknown) => boolean
}

const strictText = new TextDecoder("utf-8", { fatal: true })

/** The text of some bytes; `undefined` if they are not UTF-8. */
const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return strictText.decode(bytes)
  } catch {
    return undefined
  }
}

/** A response that is not finished is requested again. */
const isUnfinished = (value: object): boolean => {
  const { object, status } = value as { readonly object?: unknown; readonly status?: unknown }
  return object === "response" && ["queued", "in_progress", "cancelled", "failed"].includes(String(status))
}

const isGoodJson = (text: string, { object, tellsError }: AnswerKind): boolean => {
  const value = parseOrUndefined(text)
  // A truncated number is still a number.
  if (value === undefined || typeof value === "number") return false
  if (typeof value !== "object" || value === null) return !object
  // Some results of a list may have failed: they are worth another try.
  if (Array.isArray(value)) return !object && !tellsError(value) && !value.some(tellsError)
  return !isUnfinished(value) && !tellsError(value)
}

/** Every event but the end mark is JSON and reports no error. An event that is named for an error counts as one. */
const isGoodStream = (text: string, { tellsError }: AnswerKind): boolean => {
  const ends = /\r\n|\r|\n/g
  let data: Array<string> = []
  let events = 0
  let start = 0
  for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
    const line = text.slice(start, end.index)
    start = ends.lastIndex
    if (/^event: ?error\s*$/.test(line)) return false
    if (line === "data" || line.startsWith("data:")) data.push(line.slice("data:".length))
    if (line !== "" || data.length === 0) continue
    const event = data.join("\n").trim()
    data = []
    events++
    if (event === "[DONE]") continue
    const value = parseOrUndefined(event)
    if (value === undefined || tellsError(value)) return false
  }
  return events > 0 && data.length === 0 && start === text.length
}

/** A body that begins like this is an event stream, whatever its media type; its end cannot be known. */
const events = /^(?:data|event|id|retry)?:/
const html = /^<(?:!doctype\s+html|html)\b/i

/** Whether to store a body. Takes time in proportion to its length. */
export const isWholeAnswer = (body: Uint8Array, kind: AnswerKind): boolean => {
  if (body.byteLength === 0) return false
  if (/^(?:audio|font|image|video)\//i.test(kind.type)) return !kind.object && !kind.untilClose
  if (!kind.stream && !kind.object && !isJson(kind.type)) {
    const begin = String.fromCharCode(...body.subarray(0, 64)).trimStart()
    if (!/^[{[]/.test(begin)) return !kind.untilClose && !events.test(begin) && !html.test(begin)
  }
  const text = textOf(body)
  return text !== undefined && (kind.stream ? isGoodStream(text, kind) : isGoodJson(text, kind))
}
