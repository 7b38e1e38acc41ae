/**
 * Watches an answer pass, to know what it is, how it ends, what it took, and whether it tells of an error.
 *
 * Bytes are copied into a small buffer and looked at when it is full, or when somebody asks: nothing is searched,
 * decoded or parsed per chunk. What is longer than the buffer, a JSON body or one event, is reduced to its outline.
 *
 * @module
 */
import { type Form, formOf, type Framing } from "../sse/framing.ts"
import type { Usage } from "../usage/usage.ts"
import type { Ending } from "../record/request-record.ts"
import { closingEvents } from "./error-event.ts"
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
export const answerWatch = (input: WatchInput): AnswerWatch => new Watch(input)

/** A class, for there is one to each call: V8 needs longer to make a dozen closures than to look at a short answer. */
class Watch implements AnswerWatch {
  readonly streams: boolean
  readonly #input: WatchInput
  readonly #limit: number
  #form: Form | undefined
  #eventsSeen: EventFacts | undefined
  #jsonSeen: JsonFacts | undefined
  #buffer = nothing
  #length = 0
  /** How many of them `onBytes` has been shown. */
  #shown = 0
  /** Whether bytes are no longer held: they belong to one long event, to a long JSON body, or to nothing that is known. */
  #passes = false
  #long: LongEvent | undefined

  constructor(input: WatchInput) {
    const { framing, label, asked, limit = 65_536 } = input
    this.streams = framing !== undefined && (asked || label === "events")
    this.#input = input
    this.#limit = limit
    this.#form = framing === undefined ? label : undefined
  }

  get #events(): EventFacts {
    return this.#eventsSeen ??= eventFacts(this.#input.framing ?? "chat")
  }
  get #json(): JsonFacts {
    return this.#jsonSeen ??= jsonFacts()
  }
  get #held(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  push(chunk: Uint8Array): void {
    if (this.#buffer === nothing) {
      const first = firstSize[this.streams ? "events" : this.#input.label]
      this.#buffer = new Uint8Array(Math.min(this.#limit, Math.max(first, chunk.length)))
    }
    for (let at = 0; at < chunk.length;) {
      if (this.#length === this.#buffer.length) this.#makeRoom()
      if (this.#passes) {
        at = this.#pass(chunk, at)
        continue
      }
      const room = this.#buffer.length - this.#length
      const part = at === 0 && chunk.length <= room ? chunk : chunk.subarray(at, at + room)
      this.#buffer.set(part, this.#length)
      this.#length += part.length
      at += part.length
    }
  }

  form(): Form | undefined {
    if (this.#form !== undefined || this.#length === 0) return this.#form
    const told = formOf(this.#held)
    // The label still says what may follow a first line that no standard knows.
    return this.#form = told === "other" && this.#input.label === "events" ? "events" : told
  }

  isComplete(): boolean {
    const { framing } = this.#input
    if (framing === undefined || this.form() !== "events") return false
    this.#lookAtEvents()
    return this.#events.isComplete() || (this.#long === undefined && isDone(textOf(this.#held), framing))
  }

  mayEnd(): boolean {
    switch (this.form()) {
      case "events":
        return this.#input.framing === undefined || this.isComplete()
      case "json":
        this.#lookAtAll()
        return this.#json.isWhole()
      case "other":
        return true
      case undefined:
        return !this.streams
    }
  }

  closing(ending: Ending): Uint8Array | undefined {
    const { framing } = this.#input
    if (!this.streams || framing === undefined || (this.form() ?? "events") !== "events") return undefined
    this.#form = "events"
    this.#lookAtEvents()
    if (this.#events.clientKnows()) return nothing
    const boundary = this.#length > 0 || this.#long !== undefined ? "\n\n" : ""
    const sequence = this.#events.sequence(textOf(this.#held))
    return new TextEncoder().encode(
      boundary + closingEvents(framing, ending, sequence, this.#events.response()),
    )
  }

  error(): string | undefined {
    this.#lookAtAll()
    return this.#form === "json" ? this.#json.error() : this.#eventsSeen?.error()
  }

  usage(): Usage | undefined {
    this.#lookAtAll()
    return this.#form === "json" ? this.#json.usage() : this.#eventsSeen?.usage()
  }

  #show(): void {
    if (this.#form === "events") this.#input.onBytes?.(this.#buffer.subarray(this.#shown, this.#length))
    this.#shown = this.#length
  }

  /** Looks at all events that are whole, and lets them go. */
  #lookAtEvents(): number {
    this.#show()
    const end = lastEventEnd(this.#held)
    if (end > 0) {
      this.#events.look(textOf(this.#buffer.subarray(0, end)))
      this.#buffer.copyWithin(0, end, this.#length)
      this.#shown = this.#length -= end
    }
    return end
  }

  #lookAtAll(): void {
    const form = this.form()
    if (form === "events") {
      this.#lookAtEvents()
      this.#events.lookAtRest(textOf(this.#held))
    } else if (form === "json" && this.#length > 0) {
      this.#json.look(decoder.decode(this.#held))
      this.#length = 0
    }
  }

  #makeRoom(): void {
    this.#form = this.form() ?? (this.streams ? "events" : "other")
    if (this.#form === "events" && this.#lookAtEvents() > 0) return
    if (this.#form !== "other" && this.#length < this.#limit) {
      const larger = new Uint8Array(Math.min(this.#limit, 2 * this.#length))
      larger.set(this.#buffer)
      this.#buffer = larger
      return
    }
    if (this.#form === "json") this.#json.push(this.#buffer)
    else if (this.#form === "events") {
      this.#long = longEvent()
      this.#long.push(this.#buffer, 0)
    }
    this.#passes = true
    this.#length = this.#shown = 0
  }

  /** Takes what is not held, and says from where on the rest is. */
  #pass(chunk: Uint8Array, at: number): number {
    if (this.#form === "json") this.#json.push(chunk.subarray(at))
    if (this.#long === undefined) return chunk.length
    const end = this.#long.push(chunk, at)
    const to = end === -1 ? chunk.length : end
    this.#input.onBytes?.(chunk.subarray(at, to))
    if (end !== -1) {
      this.#events.lookAt(this.#long.name(), this.#long.data())
      this.#long = undefined
      this.#passes = false
    }
    return to
  }
}
