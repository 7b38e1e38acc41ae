/**
 * Rewrites the texts of an event stream as its events pass. An event is held until all of its texts are decided, and
 * is then sent byte for byte unless something in it was replaced.
 *
 * @module
 */
import { concatBytes } from "../bytes/concat.ts"
import { eventEnd, skipComments } from "../sse/event-bounds.ts"
import { EventScanner } from "../sse/event-scanner.ts"
import type { Framing } from "../sse/framing.ts"
import type { BodyRewriter } from "./body-rewriter.ts"
import { jsonTexts } from "./json-texts.ts"
import { channelOf, endedBy, isChecked, repeatingParts, typeOf } from "./structure.ts"
import { edited, editsOf, TextChannel, type TextEdit, type TextRules } from "./text-channel.ts"

/**
 * A text counts as ended after so many events that added nothing to it: a chat does not announce the change from its
 * reasoning to its content. If the held end of the text is a mere word, which is unlikely to be part of a match,
 * fewer events suffice, unless texts alternate.
 */
const patience = { word: 3, other: 64 }
const word = /^[\p{L}\p{M}]*[.,:;!?"'”’)\]*\s]*$/u
/** The longest event that is buffered, in bytes. */
const longestEvent = 16_777_216

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
const encoder = new TextEncoder()
const none = new Uint8Array(0)

/** A piece of a channel's text, and its position in its event. */
interface Piece {
  readonly channel: TextChannel
  /** In the channel. */
  readonly from: number
  readonly to: number
  /** In the event. */
  readonly start: number
}

/** One text of the stream. */
interface StreamText {
  readonly channel: TextChannel
  /** Its length so far. */
  length: number
  /** The last event that added to it, by number. */
  last: number
}

interface HeldEvent {
  readonly bytes: Uint8Array
  readonly text: string
  readonly pieces: Array<Piece>
  readonly edits: Array<TextEdit>
  /** Whether one of the pieces is not empty. */
  hasText: boolean
}

/** A line of data, or a plain name or number. Other lines, such as comments, may contain any text and are checked. */
const plainLine = /^(?:\ufeff?data:|(?:event|id|retry): ?[\w.-]{0,80}$)/

/** The text of an event with everything but its data blanked out, so that positions stay the same. */
const dataOf = (text: string): string =>
  text.replaceAll(/[^\r\n]+/g, (line) => {
    const at = line.charCodeAt(0) === 0xfeff ? 6 : 5
    return line.slice(at - 5, at) === "data:" ? " ".repeat(at) + line.slice(at) : " ".repeat(line.length)
  })

/** Rewrites one stream. */
export class EventRewriter implements BodyRewriter {
  readonly #rules: TextRules
  readonly #framing: Framing | undefined
  readonly #hidesLogprobs: boolean
  readonly #events = new EventScanner()
  readonly #texts = new Map<string, StreamText>()
  #waiting: Array<HeldEvent> = []
  /** The number of events with text so far. */
  #count = 0
  /** The text that was added to last, and whether texts alternate: one was continued after another. */
  #latest: StreamText | undefined
  #takesTurns = false

  /**
   * @param framing `undefined` if the protocol is a model's own: then texts at the same place in its events are one
   * text
   * @param hidesLogprobs whether log probabilities are removed: they repeat the text
   */
  constructor(rules: TextRules, framing: Framing | undefined, hidesLogprobs: boolean) {
    this.#rules = rules
    this.#framing = framing
    this.#hidesLogprobs = hidesLogprobs
  }

  push(chunk: Uint8Array): Uint8Array {
    const whole = this.#events.push(chunk)
    if (this.#events.length > longestEvent) throw new RangeError("an event is too long")
    if (whole.length === 0) return none
    // The scanner reuses its buffer for the next chunk.
    const bytes = whole === chunk ? whole : whole.slice()
    for (let at = 0; at < bytes.length;) {
      const end = eventEnd(bytes, skipComments(bytes, at, at))
      this.#take(bytes.subarray(at, end))
      at = end
    }
    return this.#released()
  }

  finish(): Uint8Array {
    const rest = this.#events.release()
    if (rest.length > 0) this.#take(rest.slice())
    this.#end([""])
    return this.#released()
  }

  #take(bytes: Uint8Array): void {
    const text = decoder.decode(bytes)
    const event: HeldEvent = { bytes, text, pieces: [], edits: [], hasText: false }
    this.#waiting.push(event)
    const data = dataOf(text)
    const isJson = /^\s*[{[]/.test(data)
    for (const { 0: line, index } of text.matchAll(/[^\r\n]+/g)) {
      if (plainLine.test(line)) continue
      for (const { start, end, text: put } of editsOf(this.#rules, line, 0)) {
        event.edits.push({ start: index + start, end: index + end, text: put })
      }
    }
    const content = data.trim()
    if (content === "") return
    if (isJson) return this.#takeJson(event, data)
    if (content === "[DONE]") return this.#end([""])
    // Plain text of a model's own protocol, line by line.
    for (const { 0: line, index } of data.matchAll(/[^\r\n]+/g)) {
      const start = line.length - line.trimStart().length
      if (start < line.length) this.#piece(event, "", index + start, index + line.length, 0)
    }
  }

  #takeJson(event: HeldEvent, data: string): void {
    const framing = this.#framing
    const found = jsonTexts(data, 0, data.length)
    // Too many texts to tell apart: all of the data is one text.
    if (found === undefined) return this.#piece(event, "", 0, data.length, 0)
    const { texts } = found
    const type = framing === undefined ? "" : typeOf(texts, data)
    const hidden = this.#hidesLogprobs ? repeatingParts(found, framing) : []
    let at = 0
    for (const { start, end } of hidden) {
      event.edits.push({ start, end, text: data[start] === "[" ? "[]" : "null" })
    }
    for (const text of texts) {
      const { start, end } = text
      while ((hidden[at]?.end ?? Infinity) <= start) at++
      if ((hidden[at]?.start ?? Infinity) < start || !isChecked(text, data, framing)) continue
      const name = channelOf(text, type, framing)
      if (name === undefined) {
        for (const edit of editsOf(this.#rules, data.slice(start, end), 1)) {
          event.edits.push({ start: start + edit.start, end: start + edit.end, text: edit.text })
        }
      } else this.#piece(event, name, start, end, 1)
    }
    this.#end(endedBy(texts, type, framing))
  }

  #piece(event: HeldEvent, name: string, start: number, end: number, depth: number): void {
    let streamText = this.#texts.get(name)
    if (streamText === undefined) {
      streamText = { channel: new TextChannel(this.#rules, depth), length: 0, last: 0 }
      this.#texts.set(name, streamText)
    }
    const { channel, length: from } = streamText
    if (end > start) {
      this.#takesTurns ||= from > 0 && this.#latest !== streamText
      this.#latest = streamText
      if (!event.hasText) this.#count++
      event.hasText = true
      streamText.last = this.#count
    }
    const to = streamText.length = from + end - start
    event.pieces.push({ channel, from, to, start })
    channel.push(event.text.slice(start, end))
  }

  /** Ends the channels whose names begin with one of these. */
  #end(beginnings: ReadonlyArray<string>): void {
    if (beginnings.length === 0) return
    for (const [name, { channel }] of this.#texts) {
      if (!beginnings.some((beginning) => name.startsWith(beginning))) continue
      channel.push("", true)
      this.#texts.delete(name)
    }
  }

  /** Ends the texts to which too many events have added nothing. */
  #endStale(): void {
    for (const [name, { channel, last, length }] of this.#texts) {
      const isWord = channel.decided < length && !this.#takesTurns && word.test(channel.held)
      if (this.#count - last < (isWord ? patience.word : patience.other)) continue
      channel.push("", true)
      this.#texts.delete(name)
    }
  }

  /** What may be sent by now: events in order, up to the first with an undecided text. */
  #released(): Uint8Array {
    this.#endStale()
    const held = this.#waiting.findIndex(({ pieces }) =>
      pieces.some(({ channel, to }) => channel.decided < to)
    )
    const events = this.#waiting.splice(0, held === -1 ? this.#waiting.length : held)
    const parts = events.map(bytesOf)
    const [only] = parts
    return parts.length === 1 && only !== undefined
      ? only
      : concatBytes(parts, parts.reduce((sum, { length }) => sum + length, 0))
  }
}

/** The bytes of a decided event: as received, unless something was replaced. */
const bytesOf = ({ bytes, text, pieces, edits }: HeldEvent): Uint8Array => {
  const changes = [...edits]
  for (const { channel, from, to, start } of pieces) {
    for (const edit of channel.edits) {
      if (edit.start >= to) break
      if (edit.end <= from) continue
      changes.push({
        start: start + Math.max(edit.start, from) - from,
        end: start + Math.min(edit.end, to) - from,
        // A replacement goes where its match begins, which may be in an earlier event.
        text: edit.start >= from ? edit.text : "",
      })
    }
    while ((channel.edits[0]?.end ?? Infinity) <= to) channel.edits.shift()
  }
  if (changes.length === 0) return bytes
  changes.sort((one, other) => one.start - other.start)
  return encoder.encode(edited(text, changes))
}
