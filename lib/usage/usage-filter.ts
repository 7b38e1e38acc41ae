/**
 * Leaves out of a chat's event stream what only the gateway asked for: the usage.
 *
 * Looks at whole events, and hands on all other bytes as they came. Lines end with CR, LF or both (the HTML
 * standard's event stream format), and chunks may split anywhere.
 *
 * @module
 */
import { eventCuts, lineEnd, namesUsage } from "./event-cut.ts"
import type { Cut } from "./usage-cut.ts"

/** A stream being filtered. */
export interface UsageFilter {
  /**
   * Takes the next bytes, and gives those to hand on: all events that are whole by now, which may be no bytes at
   * all. They are the very chunk where nothing was held, is to be held, or is left out; else a view of it, or bytes
   * of their own. The chunk is not changed or kept.
   */
  readonly push: (chunk: Uint8Array) => Uint8Array
  /** What is still held when the stream has ended, or was cut: filtered too, where it is all of an event but its end. */
  readonly finish: () => Uint8Array
}

const LF = 0x0a, CR = 0x0d, COLON = 0x3a

/** The most bytes that an event may have to be looked at; a longer one is handed on as it comes. */
const longestEvent = 1_048_576

const none = new Uint8Array(0)

const cutsOf = (bytes: Uint8Array, start: number, end: number): ReadonlyArray<Cut> =>
  end - start > longestEvent ? [] : eventCuts(bytes, start, end)

/** The first `end` bytes but for the cuts; the array itself where that is all of it. */
const without = (bytes: Uint8Array, end: number, cuts: ReadonlyArray<Cut>): Uint8Array => {
  if (cuts.length === 0) return end === bytes.length ? bytes : bytes.subarray(0, end)
  const rest = new Uint8Array(cuts.reduce((size, cut) => size - (cut.end - cut.start), end))
  let from = 0
  let at = 0
  for (const cut of cuts) {
    rest.set(bytes.subarray(from, cut.start), at)
    at += cut.start - from
    from = cut.end
  }
  rest.set(bytes.subarray(from, end), at)
  return rest
}

/** Starts to filter a chat's stream. */
export const usageFilter = (): UsageFilter => {
  /** The event under way as far as it came; the first byte of one that is too long. */
  let held = none
  let length = 0
  /** Where the line and the event under way start, from the first byte of the next chunk: 0 or less. */
  let lineStart = 0
  let eventStart = 0
  let afterCR = false
  /** An event that a CR ended was left out: the LF that may follow goes with it. */
  let dropsLF = false

  const hold = (part: Uint8Array): void => {
    if (length + part.length > held.length) {
      const larger = new Uint8Array(2 * (length + part.length))
      larger.set(held.subarray(0, length))
      held = larger
    }
    held.set(part, length)
    length += part.length
  }

  /**
   * Where the events end that end in the chunk. A comment before an event counts as one, since it may be there to
   * keep the connection alive; so does the LF of a CRLF whose CR has ended an event.
   */
  const eventEnds = (chunk: Uint8Array): ReadonlyArray<number> => {
    const ends: Array<number> = []
    // Nearly all streams end their lines with LF alone: a native search in place of a look at each byte.
    const hasCR = chunk.includes(CR)
    for (let at = -1; (at = hasCR ? lineEnd(chunk, at + 1) : chunk.indexOf(LF, at + 1)) !== -1;) {
      const isSecondHalf = chunk[at] === LF && (at === 0 ? afterCR : chunk[at - 1] === CR)
      const first = eventStart < 0 ? held[0] : chunk[eventStart]
      const isEnd = isSecondHalf ? at === eventStart : at === lineStart || first === COLON
      lineStart = at + 1
      if (isEnd) ends.push(eventStart = lineStart)
    }
    lineStart -= chunk.length
    eventStart -= chunk.length
    if (chunk.length > 0) afterCR = chunk[chunk.length - 1] === CR
    return ends
  }

  /** Whether a chunk is whole events with nothing to leave out: nearly all are, and it spares them most of the cost. */
  const isPlain = (chunk: Uint8Array): boolean =>
    length === 0 && eventStart === 0 && !afterCR && chunk[chunk.length - 1] === LF &&
    chunk[chunk.length - 2] === LF && !chunk.includes(CR) && !namesUsage(chunk)

  /** Takes bytes that end no event. */
  const pass = (chunk: Uint8Array, isTooLong: boolean): Uint8Array => {
    if (isTooLong) return chunk
    hold(chunk)
    if (length <= longestEvent) return none
    const beginning = held.subarray(0, length)
    held = held.slice(0, 1)
    length = 0
    return beginning
  }

  return {
    push: (chunk) => {
      if (isPlain(chunk)) return chunk
      const isTooLong = -eventStart > length
      const offset = length
      const ends = eventEnds(chunk)
      if (ends.length === 0) return pass(chunk, isTooLong)
      let bytes = chunk
      if (offset > 0) {
        hold(chunk)
        bytes = held.subarray(0, length)
        held = none
        length = 0
      }
      const cuts: Array<Cut> = []
      let from = 0
      for (const end of ends) {
        const to = offset + end
        const found = dropsLF && bytes[from] === LF
          ? [{ start: from, end: to }]
          : isTooLong && from === 0
          ? []
          : cutsOf(bytes, from, to)
        cuts.push(...found)
        dropsLF = found[0]?.end === to && bytes[to - 1] === CR
        from = to
      }
      if (from < bytes.length) hold(bytes.subarray(from))
      return without(bytes, from, cuts)
    },
    finish: () => {
      const rest = held.subarray(0, length)
      return without(rest, length, cutsOf(rest, 0, length))
    },
  }
}
