/**
 * What the events of a stream tell of the stream: that it is whole, that it failed, what it took.
 *
 * @module
 */
import { objectOf, parseOrUndefined } from "../json/parse.ts"
import type { Framing } from "../sse/framing.ts"
import { dataOf, usageInEvents, usageInValue } from "../usage/reported-usage.ts"
import { laterUsage, type Usage } from "../usage/usage.ts"
import { reportedError } from "./reported-error.ts"

/** What a Responses stream says of the response that it brings. */
export interface ToldResponse {
  readonly id: string
  readonly created_at: unknown
  readonly model: unknown
}

/** What has been told so far. */
export interface EventFacts {
  /** Looks at whole events, whose lines end with LF alone. */
  readonly look: (text: string) => void
  /** Looks at one event alone. */
  readonly lookAt: (name: string, data: string) => void
  /** Looks at an event whose blank line never came: it is no end, but what it tells in whole JSON it has told. */
  readonly lookAtRest: (text: string) => void
  /** Whether an event has passed that ends the stream. */
  readonly isComplete: () => boolean
  /** The error told first; see `toldError`. */
  readonly error: () => string | undefined
  /** Whether a client's library shows an error that was told, so that another one would only be in its way. */
  readonly clientKnows: () => boolean
  readonly usage: () => Usage | undefined
  /** The highest `sequence_number`, of the text as well, which may be the beginning of an event; -1 where none was told. */
  readonly sequence: (text: string) => number
  readonly response: () => ToldResponse | undefined
}

/** The events that end a stream, by the `type` of their data or by their own name. */
const ends: Record<Framing, ReadonlySet<unknown>> = {
  chat: new Set(),
  completions: new Set(),
  messages: new Set(["message_stop"]),
  responses: new Set(["response.completed", "response.incomplete", "response.failed", "response.cancelled"]),
}

const errors = ['"error"', "event:error", "event: error"]
/**
 * What an event that matters has in it; of all events few are parsed. What a model wrote lies within a string, where
 * quotes are escaped.
 */
const marks: Record<Framing, ReadonlyArray<string>> = {
  chat: errors,
  completions: errors,
  messages: [...errors, "message_stop"],
  responses: [
    ...errors,
    "response.completed",
    "response.incomplete",
    "response.failed",
    "response.cancelled",
    '"failed"',
  ],
}

/** Many servers have a null error in every event. */
const isNull = /^\s*:\s*null/

/** The line that ends a chat, which names no event and brings no JSON. */
const done = /(?:^|\n)data:[ ]*\[DONE\]/
const sequenceNumber = /"sequence_number"\s*:\s*(\d{1,15})/g
const isChat = (framing: Framing): boolean => framing === "chat" || framing === "completions"

/**
 * Whether a chat's stream has come to its `[DONE]`. Nothing is lost with the blank line behind it, unlike with that of
 * an event whose data matters, so that it need not have come.
 */
export const isDone = (text: string, framing: Framing): boolean =>
  isChat(framing) && text.includes("[DONE]") && done.test(text)

/** The event that an index is in. */
const eventAt = (all: string, at: number): { readonly text: string; readonly end: number } => {
  const blank = all.indexOf("\n\n", at)
  const end = blank === -1 ? all.length : blank
  return { text: all.slice(all.lastIndexOf("\n\n", at) + 1, end), end }
}

/** No flag for lines: it would take the line separators of Unicode for ends of lines, which a model may write. */
const nameOf = (event: string): string => /(?:^|\n)event:([^\n]*)/.exec(event)?.[1]?.trim() ?? ""

/** Starts to look at a stream. */
export const eventFacts = (framing: Framing): EventFacts => {
  let complete = false
  let error: string | undefined
  let clientKnows = false
  let usage: Usage | undefined
  let sequence = -1
  let response: ToldResponse | undefined

  const see = (name: string, data: string): void => {
    const value = parseOrUndefined(data)
    const { type = name, error: member } = objectOf(value)
    complete ||= ends[framing].has(type) || ends[framing].has(name)
    const told = reportedError(value) ??
      (name === "error"
        ? reportedError({ error: value }) ?? reportedError({ error: data.trim() }) ??
          reportedError({ error: true })
        : undefined)
    error ??= told
    // OpenAI's library throws where an event is named so, or has such a member.
    clientKnows ||= told !== undefined && (!isChat(framing) || name === "error" || Boolean(member))
  }

  const seeResponse = (value: unknown): void => {
    const { id, created_at, model } = objectOf(objectOf(value)["response"])
    if (typeof id === "string") response = { id, created_at, model }
  }

  /** Numbers within texts are escaped, so that none of a model's is found. */
  const seeSequence = (text: string): void => {
    if (framing !== "responses") return
    for (const [, number] of text.matchAll(sequenceNumber)) sequence = Math.max(sequence, Number(number))
  }

  return {
    look: (text) => {
      complete ||= isDone(text, framing)
      for (const mark of marks[framing]) {
        for (let at = text.indexOf(mark); at !== -1;) {
          let next = at + mark.length
          if (mark !== '"error"' || !isNull.test(text.slice(next, next + 16))) {
            const event = eventAt(text, at)
            see(nameOf(event.text), dataOf(event.text))
            next = event.end
          }
          at = text.indexOf(mark, next)
        }
      }
      usage = laterUsage(usage, usageInEvents(text, framing, usage))
      seeSequence(text)
      if (framing !== "responses" || response !== undefined) return
      const at = text.indexOf('"response"')
      if (at === -1) return
      seeResponse(parseOrUndefined(dataOf(eventAt(text, at).text)))
    },
    lookAt: (name, data) => {
      see(name, data)
      const value = parseOrUndefined(data)
      usage = laterUsage(usage, usageInValue(value))
      seeSequence(data)
      if (framing === "responses" && response === undefined) seeResponse(value)
    },
    lookAtRest: (text) => {
      usage = laterUsage(usage, usageInEvents(text, framing, usage))
      error ??= reportedError(parseOrUndefined(dataOf(text)))
    },
    isComplete: () => complete,
    error: () => error,
    clientKnows: () => clientKnows,
    usage: () => usage,
    sequence: (text) => {
      seeSequence(text)
      return sequence
    },
    response: () => response,
  }
}
