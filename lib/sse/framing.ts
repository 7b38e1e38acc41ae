/**
 * What an answer is: how its events are framed, if it is a stream, and what its first bytes say.
 *
 * @module
 */
import type { HeaderReader } from "../headers/header-reader.ts"

/** How the events of a stream are framed, which says how its end is known and how a failure is reported. */
export type Framing = "chat" | "completions" | "messages" | "responses"

/** Whether a body is an event stream, by its headers. */
export const isEventStream = (headers: HeaderReader): boolean =>
  /^text\/event-stream\b/i.test(headers.get("content-type") ?? "")

/** What a body is: an event stream, JSON (an object or a list, or several), or nothing that is known here. */
export type BodyForm = "events" | "json" | "other"

const LF = 0x0a, CR = 0x0d, COLON = 0x3a
const OPEN_OBJECT = 0x7b, OPEN_ARRAY = 0x5b
/** White space, line breaks, and the bytes of the byte order mark. */
const skipped: ReadonlySet<number> = new Set([0x20, 0x09, LF, CR, 0xef, 0xbb, 0xbf])
const fields = ["data", "event", "id", "retry"]

/**
 * What a body is by its beginning, whatever its label says; `undefined` while that is too short to say. An event stream
 * begins with a comment or with one of the four fields that the HTML standard knows.
 */
export const formOf = (beginning: Uint8Array): BodyForm | undefined => {
  let at = 0
  while (skipped.has(beginning[at] ?? -1)) at++
  const first = beginning[at]
  if (first === undefined) return undefined
  if (first === OPEN_OBJECT || first === OPEN_ARRAY) return "json"
  if (first === COLON) return "events"
  let name = ""
  for (; at < beginning.length; at++) {
    const byte = beginning[at] ?? 0
    if (byte === COLON || byte === LF || byte === CR) return fields.includes(name) ? "events" : "other"
    name += String.fromCharCode(byte)
    if (!fields.some((field) => field.startsWith(name))) return "other"
  }
  return undefined
}

/** So many bytes of white space are no beginning of anything. */
const mostBlanks = 4096

/**
 * What an answer is, by its first bytes if its call is known, else by its label; `undefined` while its beginning is too short
 * to say.
 */
export const answerForm = (
  { framing, label }: { readonly framing: Framing | undefined; readonly label: BodyForm },
  beginning: Uint8Array,
): BodyForm | undefined => {
  if (framing === undefined) return label
  const form = formOf(beginning) ?? (beginning.length > mostBlanks ? label : undefined)
  // The label still says what may follow a first line that no standard knows.
  return form === "other" && label === "events" ? "events" : form
}
