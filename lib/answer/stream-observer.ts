/**
 * Inspects the events of a stream as they pass, in the only pass over its bytes.
 *
 * @module
 */
import { EventScanner } from "../sse/event-scanner.ts"
import type { Framing } from "../sse/framing.ts"
import { OutputEstimate } from "../usage/estimate.ts"
import { holdsToken } from "../usage/first-token.ts"
import { UsageRemover } from "../usage/usage-remover.ts"
import type { Usage } from "../usage/usage.ts"
import { LongEvent } from "./long-event.ts"
import { LongText } from "./long-text.ts"
import { isDone } from "./end-marks.ts"
import { eventText, type ReportedResponse, StreamFacts } from "./stream-facts.ts"
import { type StreamWords, streamWords } from "./stream-words.ts"

const none = new Uint8Array(0)
const LF = 0x0a, CR = 0x0d, SPACE = 0x20, TAB = 0x09, COLON = 0x3a, LETTER_N = 0x6e
const ZERO = 0x30, NINE = 0x39

const skipBlanks = (bytes: Uint8Array, at: number): number => {
  while (bytes[at] === SPACE || bytes[at] === TAB) at++
  return at
}

/** The index of the value after a key's closing quote, or -1. */
const valueAt = (bytes: Uint8Array, at: number): number => {
  const colon = skipBlanks(bytes, at)
  return bytes[colon] === COLON ? skipBlanks(bytes, colon + 1) : -1
}

/** Whether a key's value is null, as most servers send a usage, and many an error, with every event. */
const isNull = (bytes: Uint8Array, at: number): boolean => bytes[valueAt(bytes, at)] === LETTER_N

/** The whole number of at most 15 digits at an index; -1 if there is none. */
const numberAt = (bytes: Uint8Array, at: number): number => {
  let number = -1
  for (let digits = 0; digits < 15; digits++) {
    const byte = bytes[at + digits] ?? 0
    if (byte < ZERO || byte > NINE) break
    number = Math.max(number, 0) * 10 + byte - ZERO
  }
  return number
}

/** Observes one stream. */
export class StreamObserver {
  /** Whether the model has begun to write: events before that name its role alone, or the response. */
  hasToken = false
  readonly #framing: Framing
  readonly #limit: number
  readonly #words: StreamWords
  readonly #remover: UsageRemover | undefined
  readonly #events = new EventScanner()
  readonly #facts: StreamFacts
  readonly #estimate = new OutputEstimate()
  /** The current event, if it is too long to buffer. */
  #long: LongEvent | undefined = undefined
  #longText: LongText | undefined = undefined
  /** Whether nothing has passed since a blank line. */
  #isBetween = true

  /**
   * @param limit the most bytes of an event that are buffered; a longer one is read incrementally
   * @param removesUsage whether to remove the usage from what goes on
   */
  constructor(framing: Framing, limit: number, removesUsage: boolean) {
    this.#framing = framing
    this.#limit = limit
    this.#words = streamWords(framing)
    this.#remover = removesUsage ? new UsageRemover(limit) : undefined
    this.#facts = new StreamFacts(framing)
  }

  /**
   * Takes the next bytes, which are neither changed nor kept.
   *
   * @returns what is passed on: the same chunk, unless usage is removed and the chunk contains some or ends within an
   * event
   */
  push(chunk: Uint8Array): Uint8Array {
    if (chunk.length === 0) return chunk
    if (this.#long !== undefined) return this.#pushLong(chunk)
    const whole = this.#events.push(chunk)
    const passed = whole.length > 0 ? this.#observe(whole) : whole
    if (this.#events.length <= this.#limit) return this.#remover === undefined ? chunk : passed
    const beginning = this.#events.release()
    this.#long = new LongEvent()
    this.#longText = new LongText(this.#estimate, this.#words)
    this.#readLong(beginning)
    if (this.#remover === undefined) return chunk
    return passed.length === 0 ? beginning : joined(passed, beginning)
  }

  /** What is still held back at the end of the stream. */
  finish(): Uint8Array {
    return this.#remover?.finish(this.#events.rest) ?? none
  }

  /** Whether the event, or the line, has passed that ends the stream. */
  isComplete(): boolean {
    return this.#facts.isComplete() || isDone(this.#rest(), this.#framing)
  }

  /** Whether an error of the stream's own has passed that the client's library shows. */
  clientKnows(): boolean {
    return this.#facts.clientKnows()
  }
  /** Whether bytes have passed of an event that has not ended, or of a comment. */
  isWithinEvent(): boolean {
    return !this.#isBetween || this.#events.length > 0
  }
  sequence(): number {
    return this.#facts.sequence(this.#rest())
  }
  response(): ReportedResponse | undefined {
    return this.#facts.response()
  }

  /** To be called at the end: the unfinished event counts. */
  error(): string | undefined {
    this.#facts.noteRest(this.#rest())
    return this.#facts.error()
  }
  /** To be called at the end: the unfinished event counts. */
  usage(): Usage | undefined {
    this.#facts.noteRest(this.#rest())
    return this.#facts.usage()
  }
  /** To be called once, at the end: the unfinished event counts. */
  outputTokens(): number | undefined {
    new LongText(this.#estimate, this.#words).push(this.#events.rest)
    return this.#estimate.tokens()
  }

  #rest(): string {
    return this.#events.length === 0 ? "" : eventText(this.#events.rest)
  }

  /** Inspects complete events, and returns what is passed on. */
  #observe(events: Uint8Array): Uint8Array {
    if (!this.hasToken) this.hasToken = holdsToken(events, this.#framing)
    const { search, marks } = this.#words
    const end = events.length
    const remover = this.#remover
    remover?.begin(events)
    let isNoted = false
    for (let at = search.next(events, 0, end); at !== -1; at = search.next(events, at, end)) {
      switch (marks[search.word]) {
        case "text":
          at = this.#estimate.count(events, at)
          break
        case "usage":
          remover?.remove(events, at)
          isNoted ||= !isNull(events, at)
          break
        case "error":
          isNoted ||= !isNull(events, at)
          break
        case "sequence":
          this.#facts.noteSequence(numberAt(events, valueAt(events, at)))
          break
        default:
          isNoted = true
      }
    }
    if (isNoted) this.#facts.note(events)
    const last = events[end - 1]
    const before = events[last === LF && events[end - 2] === CR ? end - 3 : end - 2]
    this.#isBetween = before === undefined || before === LF || before === CR
    return remover === undefined ? events : remover.take(events)
  }

  #pushLong(chunk: Uint8Array): Uint8Array {
    const end = this.#readLong(chunk)
    if (end === -1 || end === chunk.length) return chunk
    const rest = this.push(chunk.subarray(end))
    return this.#remover === undefined ? chunk : joined(chunk.subarray(0, end), rest)
  }

  /** Continues reading a long event, and returns the index after its end, or -1. */
  #readLong(bytes: Uint8Array): number {
    const long = this.#long as LongEvent
    const end = long.push(bytes)
    const part = end === -1 ? bytes : bytes.subarray(0, end)
    this.#longText?.push(part)
    if (!this.hasToken) this.hasToken = holdsToken(part, this.#framing)
    this.#isBetween = end !== -1
    if (end !== -1) {
      this.#facts.noteEvent(long.name, long.data)
      this.#long = this.#longText = undefined
    }
    return end
  }
}

/** Joins two parts of bytes; if one is empty, the other is not copied. */
const joined = (one: Uint8Array, other: Uint8Array): Uint8Array => {
  if (other.length === 0) return one
  const both = new Uint8Array(one.length + other.length)
  both.set(one)
  both.set(other, one.length)
  return both
}
