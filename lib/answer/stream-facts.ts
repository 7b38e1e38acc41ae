/**
 * Facts from the events of a stream: whether it is complete, whether it failed, its usage.
 *
 * @module
 */
import { objectOf, parseOrUndefined } from "../json/parse.ts"
import type { Framing } from "../sse/framing.ts"
import { dataOf, usageInEvents, usageInValue } from "../usage/reported-usage.ts"
import { laterUsage, type Usage } from "../usage/usage.ts"
import { reportedError } from "./reported-error.ts"
import { isChat, isDone, isEndEvent } from "./end-marks.ts"

/** What a Responses stream has said about its response. */
export interface ReportedResponse {
  readonly id: string
  readonly created_at: unknown
  readonly model: unknown
}

const error = String.raw`"error"(?!\s*:\s*null)|event: ?error`
const chatMarks = new RegExp(error, "g")
/**
 * Words of events that are worth parsing; many servers have a null error in every event. What a model wrote lies
 * within a string, where quotes are escaped. `stream-words.ts` lets through all events that hold one of these.
 */
const marks: Record<Framing, RegExp> = {
  chat: chatMarks,
  completions: chatMarks,
  messages: new RegExp(`${error}|message_stop`, "g"),
  responses: new RegExp(`${error}|response\\.(?:completed|incomplete|failed|cancelled)|"failed"`, "g"),
}
const sequenceNumber = /"sequence_number"\s*:\s*(\d{1,15})/g

/** Events of interest are buffered up to this many bytes, or until their facts are needed. */
const batch = 4096
const nothing = new Uint8Array(0)
const decoder = new TextDecoder()

/** Events as text whose lines end with LF alone. */
export const eventText = (bytes: Uint8Array): string => {
  if (bytes.length === 0) return ""
  const text = decoder.decode(bytes)
  return text.includes("\r") ? text.replaceAll(/\r\n?/g, "\n") : text
}

/** The event that an index is in. */
const eventAt = (all: string, at: number): { readonly text: string; readonly end: number } => {
  const blank = all.indexOf("\n\n", at)
  const end = blank === -1 ? all.length : blank
  return { text: all.slice(all.lastIndexOf("\n\n", at) + 1, end), end }
}

/** Without the multi-line flag, which also matches at Unicode line separators, which a model may write. */
const nameOf = (event: string): string => /(?:^|\n)event:([^\n]*)/.exec(event)?.[1]?.trim() ?? ""

/**
 * What a stream has said so far. Events are inspected many at a time: if each one reports a running total of the usage, only
 * the last one is parsed.
 */
export class StreamFacts {
  readonly #framing: Framing
  #waiting = nothing
  #length = 0
  #complete = false
  #error: string | undefined
  #clientKnows = false
  #usage: Usage | undefined
  #sequence = -1
  #response: ReportedResponse | undefined

  constructor(framing: Framing) {
    this.#framing = framing
  }

  /** Takes whole events, any of which may matter; keeps no reference to them. */
  note(events: Uint8Array): void {
    if (this.#length + events.length > batch) this.#look()
    if (events.length > batch) return this.#lookAtEvents(eventText(events))
    if (this.#waiting === nothing) this.#waiting = new Uint8Array(batch)
    this.#waiting.set(events, this.#length)
    this.#length += events.length
  }

  /** Takes note of a `sequence_number`. */
  noteSequence(number: number): void {
    if (number > this.#sequence) this.#sequence = number
  }

  /** Takes one event, given as the outline of its data. */
  noteEvent(name: string, data: string): void {
    // Earlier events must be read first.
    this.#look()
    this.#see(name, data)
    const value = parseOrUndefined(data)
    this.#usage = laterUsage(this.#usage, usageInValue(value))
    this.#seeSequence(data)
    if (this.#framing === "responses" && this.#response === undefined) this.#seeResponse(value)
  }

  /**
   * Notes an event whose blank line never came. It does not count as the end of the stream, but its JSON counts if it
   * is complete.
   */
  noteRest(text: string): void {
    this.#look()
    // Nearly all streams end between events, and parsing an empty text would create an error with its stack.
    if (text === "") return
    this.#usage = laterUsage(this.#usage, usageInEvents(text, this.#framing, this.#usage))
    this.#error ??= reportedError(parseOrUndefined(dataOf(text)))
  }

  /** Whether an event has passed that ends the stream. */
  isComplete(): boolean {
    this.#look()
    return this.#complete
  }

  /** The error that was reported first; see `reportedError`. */
  error(): string | undefined {
    this.#look()
    return this.#error
  }

  /** Whether a client's library shows an error that has passed, so that another one would only obscure it. */
  clientKnows(): boolean {
    this.#look()
    return this.#clientKnows
  }

  usage(): Usage | undefined {
    this.#look()
    return this.#usage
  }

  /** The highest `sequence_number`, including that of an incomplete event; -1 if there was none. */
  sequence(rest: string): number {
    this.#look()
    this.#seeSequence(rest)
    return this.#sequence
  }

  response(): ReportedResponse | undefined {
    this.#look()
    return this.#response
  }

  #look(): void {
    if (this.#length === 0) return
    const text = eventText(this.#waiting.subarray(0, this.#length))
    this.#length = 0
    this.#lookAtEvents(text)
  }

  #lookAtEvents(text: string): void {
    const framing = this.#framing
    this.#complete ||= isDone(text, framing)
    const mark = marks[framing]
    mark.lastIndex = 0
    for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
      const event = eventAt(text, found.index)
      this.#see(nameOf(event.text), dataOf(event.text))
      mark.lastIndex = event.end
    }
    this.#usage = laterUsage(this.#usage, usageInEvents(text, framing, this.#usage))
    if (framing !== "responses") return
    for (let at = 0; this.#response === undefined && (at = text.indexOf('"response"', at)) !== -1;) {
      const event = eventAt(text, at)
      this.#seeResponse(parseOrUndefined(dataOf(event.text)))
      at = event.end
    }
  }

  #see(name: string, data: string): void {
    const value = parseOrUndefined(data)
    const { type = name, error: member } = objectOf(value)
    this.#complete ||= isEndEvent(this.#framing, type) || isEndEvent(this.#framing, name)
    const error = reportedError(value) ??
      (name === "error"
        ? reportedError({ error: value }) ?? reportedError({ error: data.trim() }) ??
          reportedError({ error: true })
        : undefined)
    this.#error ??= error
    // OpenAI's library throws if an event has this name, or such a member.
    this.#clientKnows ||= error !== undefined &&
      (!isChat(this.#framing) || name === "error" || Boolean(member))
  }

  #seeResponse(value: unknown): void {
    const { id, created_at, model } = objectOf(objectOf(value)["response"])
    if (typeof id === "string") this.#response = { id, created_at, model }
  }

  /** Quotes within texts are escaped, so that no member written by a model is found. */
  #seeSequence(text: string): void {
    if (this.#framing !== "responses") return
    for (const [, number] of text.matchAll(sequenceNumber)) this.noteSequence(Number(number))
  }
}
