/**
 * Divides the text of an answer into windows. What belongs to a window is held until it is judged.
 *
 * @module
 */
import { concatBytes } from "../bytes/concat.ts"
import { eventEnd, skipComments } from "../sse/event-bounds.ts"
import { EventScanner } from "../sse/event-scanner.ts"
import type { BodyForm, Framing } from "../sse/framing.ts"
import { jsonTexts } from "../dlp/json-texts.ts"
import { answerText, isWritten, overlap } from "./scanned-text.ts"
import { channelOf, typeOf } from "../dlp/structure.ts"
import { unescaped } from "../dlp/text-channel.ts"

/** An answer's body, divided into windows. */
export interface Windows {
  /** Takes the next bytes, without changing that array. */
  readonly push: (chunk: Uint8Array) => void
  /** Ends the body: what is left is a window, however short. */
  readonly finish: () => void
  /** The number of bytes held. */
  readonly held: number
  /** Whether the next window is complete. */
  readonly isDue: boolean
  /** Closes the window and returns its text; empty if nothing in it needs to be judged. */
  readonly close: () => string
  /** Returns the bytes of the closed windows, which are no longer held. */
  readonly release: () => Uint8Array
}

/**
 * The sizes of the first windows and of all later ones, in characters. The first is short, so that the stream begins
 * soon; later ones are longer, so that there are fewer verdicts.
 */
const sizes = [200, 400, 800]
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
const none = new Uint8Array(0)
/** The longest text whose repetition in the same stream is recognised, and not judged again. */
const longestRepeated = 1_048_576
/**
 * How much is remembered of a stream, in characters of texts that may be repeated, and in texts that come in pieces.
 * Repetitions of the rest are judged again.
 */
const most = { kept: 16_777_216, courses: 256 }

const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array =>
  parts.length === 1 && parts[0] !== undefined
    ? parts[0]
    : concatBytes(parts, parts.reduce((sum, { length }) => sum + length, 0))

/** A text that comes in pieces. */
interface Course {
  /** The end of what has been judged, which is sent again before the next part. */
  before: string
  /** The part that has not been judged. */
  fresh: string
  /** All of it, if the format repeats texts. */
  whole: string
}

/** The windows of an event stream of a known call. */
export class EventWindows implements Windows {
  readonly #framing: Framing
  readonly #events = new EventScanner()
  readonly #courses = new Map<string, Course>()
  /** Texts that came complete. */
  #texts: Array<string> = []
  readonly #repeated = new Set<string>()
  /** The number of characters remembered, in `#repeated` and in `whole`. */
  #kept = 0
  #waiting: Array<Uint8Array> = []
  #closed: Array<Uint8Array> = []
  #fresh = 0
  #windows = 0
  #isAtEnd = false
  held = 0

  constructor(framing: Framing) {
    this.#framing = framing
  }

  get isDue(): boolean {
    if (this.#waiting.length === 0) return false
    // Events without text wait for no further ones.
    return this.#fresh === 0 || this.#isAtEnd || this.#fresh >= (sizes[this.#windows] ?? sizes.at(-1) ?? 0)
  }

  push(chunk: Uint8Array): void {
    const whole = this.#events.push(chunk)
    if (whole.length === 0) return
    // The scanner reuses its buffer for the next chunk.
    const bytes = whole.slice()
    for (let at = 0; at < bytes.length;) {
      const end = eventEnd(bytes, skipComments(bytes, at, at))
      this.#take(bytes.subarray(at, end))
      at = end
    }
  }

  finish(): void {
    const rest = this.#events.release()
    if (rest.length > 0) this.#take(rest.slice())
    this.#isAtEnd = true
  }

  close(): string {
    const texts = this.#texts
    for (const course of this.#courses.values()) {
      const { before, fresh } = course
      if (fresh === "") continue
      texts.push(before + fresh)
      course.before = (before + fresh).slice(-overlap)
      course.fresh = ""
    }
    for (const name of this.#courses.keys()) {
      if (this.#courses.size <= most.courses) break
      this.#courses.delete(name)
    }
    if (texts.length > 0) this.#windows++
    this.#texts = []
    this.#fresh = 0
    this.#closed.push(...this.#waiting)
    this.#waiting = []
    return texts.join("\n")
  }

  release(): Uint8Array {
    const bytes = joined(this.#closed)
    this.#closed = []
    this.held -= bytes.length
    return bytes
  }

  #take(bytes: Uint8Array): void {
    this.#waiting.push(bytes)
    this.held += bytes.length
    const data = dataOf(decoder.decode(bytes))
    const content = data.trim()
    if (content === "") return
    if (content === "[DONE]") {
      this.#isAtEnd = true
      return
    }
    if (/^[{[]/.test(content)) this.#takeJson(content)
    // Not an event of these calls, but a client may show it.
    else this.#add("", content)
  }

  #takeJson(data: string): void {
    const framing = this.#framing
    const texts = jsonTexts(data, 0, data.length)?.texts
    if (texts === undefined) return this.#add("", data)
    const type = typeOf(texts, data)
    if (ends.has(type)) this.#isAtEnd = true
    for (const found of texts) {
      if (found.start === found.end || !isWritten(found, data, framing)) continue
      const text = unescaped(data.slice(found.start, found.end), 1)
      const channel = channelOf(found, type, framing)
      if (channel !== undefined) this.#add(channel, text)
      else if (!this.#isRepeated(text)) {
        this.#texts.push(text)
        this.#fresh += text.length
        if (text.length <= longestRepeated && this.#keeps(text)) this.#repeated.add(text)
      }
    }
  }

  #add(channel: string, text: string): void {
    let course = this.#courses.get(channel)
    if (course === undefined) {
      course = { before: "", fresh: "", whole: "" }
      this.#courses.set(channel, course)
    }
    course.fresh += text
    if (this.#framing === "responses" && course.whole.length <= longestRepeated && this.#keeps(text)) {
      course.whole += text
    }
    this.#fresh += text.length
  }

  #keeps(text: string): boolean {
    if (this.#kept >= most.kept) return false
    this.#kept += text.length
    return true
  }

  /** The Responses API repeats each text when it is complete, more than once. */
  #isRepeated(text: string): boolean {
    if (this.#repeated.has(text)) return true
    for (const { whole } of this.#courses.values()) if (whole === text) return true
    return false
  }
}

const ends: ReadonlySet<string> = new Set([
  "message_stop",
  "response.completed",
  "response.failed",
  "response.incomplete",
])

/** The data of an event, its lines joined. */
const dataOf = (text: string): string => {
  const lines = text.split(/\r\n|[\r\n]/)
  let data = ""
  for (const line of lines) {
    const at = line.charCodeAt(0) === 0xfeff ? 1 : 0
    if (!line.startsWith("data:", at)) continue
    const value = line.slice(at + "data:".length)
    data += (data === "" ? "" : "\n") + (value.startsWith(" ") ? value.slice(1) : value)
  }
  return data
}

/** A body that is judged as a whole, as a single window. */
export class WholeWindow implements Windows {
  readonly #framing: Framing
  readonly #form: BodyForm
  #chunks: Array<Uint8Array> = []
  #hasEnded = false
  held = 0

  constructor(framing: Framing, form: BodyForm) {
    this.#framing = framing
    this.#form = form
  }
  get isDue(): boolean {
    return this.#hasEnded && this.held > 0
  }
  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk.slice())
    this.held += chunk.length
  }
  finish(): void {
    this.#hasEnded = true
  }
  close(): string {
    const bytes = concatBytes(this.#chunks, this.held)
    return this.#form === "json" ? answerText(bytes, this.#framing) : decoder.decode(bytes)
  }
  release(): Uint8Array {
    const bytes = this.#chunks.length === 0 ? none : joined(this.#chunks)
    this.#chunks = []
    this.held = 0
    return bytes
  }
}
