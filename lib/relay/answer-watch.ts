/**
 * Watches an answer pass, to know what it is, how it ends, what it took, and whether it tells of an error.
 *
 * Bytes are copied into a small buffer and looked at when it is full, or when somebody asks: nothing is searched,
 * decoded or parsed per chunk. What is longer than the buffer, a JSON body or one event, is reduced to its outline.
 *
 * @module
 */
import { type Form, formOf, type Framing } from "../framing.ts"
import type { Usage } from "../meter/usage.ts"
import type { Ending } from "../telemetry/request-record.ts"
import { closingEvents } from "./closing-events.ts"
import { type EventFacts, eventFacts, isDone } from "./event-facts.ts"
import { type JsonFacts, jsonFacts } from "./json-facts.ts"
import { type LongEvent, longEvent } from "./long-event.ts"

/** What passes, and how much of it may be kept. */
export interface WatchInput {
  /** How events are framed, where that is known. The first bytes then say what the body is, else its label does. */
  readonly framing: Framing | undefined
  /** What the answer's headers say that it is. */
  readonly label: Form
  /** Whether a stream was asked for. */
  readonly asked: boolean
  /** The most bytes to hold at a time, at least 64. */
  readonly limit?: number
  /** Is shown all bytes of a stream too, many at a time, the last ones by `usage`; must keep no reference to them. */
  readonly onBytes?: ((bytes: Uint8Array) => void) | undefined
  /** See `usageOf`. */
  readonly cachedApart?: boolean
}

/** An answer under observation. */
export interface AnswerWatch {
  /** Whether a framed stream is to be expected, which may be given an event of the gateway's when it is cut. */
  readonly streams: boolean
  /** Takes note of the next bytes; keeps no reference to them. */
  readonly push: (chunk: Uint8Array) => void
  /** What the answer is; nothing while that is not known. */
  readonly form: () => Form | undefined
  /** Whether the event, or the mark, that ends a framed stream has passed. */
  readonly isComplete: () => boolean
  /** Whether an answer of unknown length may end here. */
  readonly mayEnd: () => boolean
  /**
   * The bytes that tell the client of a stream cut short; none where Baseten told of an error already. Nothing where the
   * answer is none that could tell it: its connection has to.
   */
  readonly closing: (ending: Ending) => Uint8Array | undefined
  /** The error that the answer tells of; see `toldError`. */
  readonly error: () => string | undefined
  /**
   * The usage told last, also where a stream was cut short; nothing where none was told. Of a JSON body that was cut
   * short only the caller knows: it has no usage.
   */
  readonly usage: () => Usage | undefined
}

const LF = 0x0a, CR = 0x0d
/** Enough for a stream to be looked at now and then; most JSON bodies come in one chunk, which says how much they need. */
const firstSize = { events: 4096, json: 512, other: 512 }
const nothing = new Uint8Array(0)
const decoder = new TextDecoder()

/** The index after the last blank line, which ends an event; 0 where there is none. */
const lastEventEnd = (bytes: Uint8Array): number => {
  for (let at = bytes.length - 1; at > 0; at--) {
    const byte = bytes[at]
    if (byte !== LF && byte !== CR) continue
    const before = bytes[byte === LF && bytes[at - 1] === CR ? at - 2 : at - 1]
    if (before === LF || before === CR) return at + 1
  }
  return 0
}

/** Events as text whose lines end with LF alone. */
const textOf = (bytes: Uint8Array): string => {
  const text = decoder.decode(bytes)
  return text.includes("\r") ? text.replaceAll(/\r\n?/g, "\n") : text
}

/** Starts to watch an answer. */
export const answerWatch = (
  { framing, label, asked, limit = 65_536, onBytes, cachedApart = false }: WatchInput,
): AnswerWatch => {
  const streams = framing !== undefined && (asked || label === "events")
  let form: Form | undefined = framing === undefined ? label : undefined
  let eventsSeen: EventFacts | undefined
  let jsonSeen: JsonFacts | undefined
  const events = (): EventFacts => eventsSeen ??= eventFacts(framing ?? "chat", cachedApart)
  const json = (): JsonFacts => jsonSeen ??= jsonFacts(cachedApart)
  let buffer = nothing
  let length = 0
  /** How many of them `onBytes` has been shown. */
  let shown = 0
  let long: LongEvent | undefined

  const formSoFar = (): Form | undefined => {
    if (form !== undefined || length === 0) return form
    const told = formOf(buffer.subarray(0, length))
    // The label still says what may follow a first line that no standard knows.
    form = told === "other" && label === "events" ? "events" : told
    return form
  }

  const show = (): void => {
    if (form === "events") onBytes?.(buffer.subarray(shown, length))
    shown = length
  }

  /** Looks at all events that are whole. */
  const lookAtEvents = (): number => {
    show()
    const end = lastEventEnd(buffer.subarray(0, length))
    if (end > 0) {
      events().look(textOf(buffer.subarray(0, end)))
      buffer.copyWithin(0, end, length)
      shown = length -= end
    }
    return end
  }

  const grow = (): void => {
    const larger = new Uint8Array(Math.min(limit, 2 * length))
    larger.set(buffer)
    buffer = larger
  }

  const makeRoom = (): void => {
    form = formSoFar() ?? (streams ? "events" : "other")
    if (form === "events" ? lookAtEvents() > 0 : form === "other") return
    if (length < limit) return grow()
    if (form === "events") {
      long = longEvent()
      long.push(buffer, 0)
    } else json().push(buffer)
    length = shown = 0
  }

  /** Takes what is not to be held, and says from where on the rest is. */
  const pass = (chunk: Uint8Array, at: number): number => {
    if (form === "other") return chunk.length
    if (long === undefined) {
      json().push(chunk.subarray(at))
      return chunk.length
    }
    const end = long.push(chunk, at)
    const to = end === -1 ? chunk.length : end
    onBytes?.(chunk.subarray(at, to))
    if (end !== -1) {
      events().lookAt(long.name(), long.data())
      long = undefined
    }
    return to
  }

  const ended = (): void => {
    form = formSoFar()
    if (form === "events") {
      lookAtEvents()
      events().lookAtRest(textOf(buffer.subarray(0, length)))
    } else if (form === "json" && length > 0) {
      json().look(decoder.decode(buffer.subarray(0, length)))
      length = 0
    }
  }

  const isComplete = (): boolean => {
    if (framing === undefined || formSoFar() !== "events") return false
    lookAtEvents()
    return events().isComplete() ||
      (long === undefined && isDone(textOf(buffer.subarray(0, length)), framing))
  }

  return {
    streams,
    push: (chunk) => {
      if (buffer === nothing) {
        const first = firstSize[streams ? "events" : label]
        buffer = new Uint8Array(Math.min(limit, Math.max(first, chunk.length)))
      }
      for (let at = 0; at < chunk.length;) {
        if (length === buffer.length) makeRoom()
        if (long !== undefined || form === "other" || jsonSeen?.isLong() === true) {
          at = pass(chunk, at)
          continue
        }
        const room = buffer.length - length
        const part = at === 0 && chunk.length <= room ? chunk : chunk.subarray(at, at + room)
        buffer.set(part, length)
        length += part.length
        at += part.length
      }
    },
    form: formSoFar,
    isComplete,
    mayEnd: () => {
      switch (formSoFar()) {
        case "events":
          return framing === undefined || isComplete()
        case "json":
          ended()
          return json().isWhole()
        case "other":
          return true
        case undefined:
          return !streams
      }
    },
    closing: (ending) => {
      if (!streams || framing === undefined || (formSoFar() ?? "events") !== "events") return undefined
      form = "events"
      lookAtEvents()
      if (events().clientKnows()) return nothing
      const rest = textOf(buffer.subarray(0, length))
      const boundary = length > 0 || long !== undefined ? "\n\n" : ""
      const told = closingEvents(framing, ending, events().sequence(rest), events().response())
      return new TextEncoder().encode(boundary + told)
    },
    error: () => {
      ended()
      return form === "json" ? json().error() : events().error()
    },
    usage: () => {
      ended()
      return form === "json" ? json().usage() : events().usage()
    },
  }
}
