/**
 * Finds what `include_usage` put into one event of a chat's stream.
 *
 * @module
 */
import { lineEnd } from "../sse/event-bounds.ts"
import { type ByteRange, usageCut } from "./usage-cut.ts"

const SPACE = 0x20, QUOTE = 0x22, LETTER_G = 0x67

const dataField = new TextEncoder().encode("data:")
const usageKey = new TextEncoder().encode('"usage"')
const beforeG = usageKey.indexOf(LETTER_G)
const byteOrderMark = new Uint8Array([0xef, 0xbb, 0xbf])

const hasAt = (bytes: Uint8Array, at: number, part: Uint8Array): boolean => {
  for (let index = 0; index < part.length; index++) if (bytes[at + index] !== part[index]) return false
  return true
}

/** Whether the usage's key is in these bytes: a native search for its rarest letter, in place of a look at each byte. */
const namesUsage = (bytes: Uint8Array): boolean => {
  for (let at = -1; (at = bytes.indexOf(LETTER_G, at + 1)) !== -1;) {
    const key = at - beforeG
    if (bytes[key] === QUOTE && hasAt(bytes, key, usageKey)) return true
  }
  return false
}

/** Where the value of the next `data` line begins, or -1. */
const nextData = (bytes: Uint8Array, from: number, end: number): number => {
  for (let line = from; line < end;) {
    if (hasAt(bytes, line, dataField)) return line + dataField.length
    line = lineEnd(bytes, line) + 1
    if (line === 0) return -1
  }
  return -1
}

/** The values of all `data` lines, without their line breaks. */
const dataLines = (bytes: Uint8Array, from: number, end: number): ReadonlyArray<ByteRange> => {
  const lines: Array<ByteRange> = []
  for (let start = from; start !== -1;) {
    const to = lineEnd(bytes, start)
    lines.push({ start, end: to === -1 ? end : Math.min(to, end) })
    start = to === -1 ? -1 : nextData(bytes, to + 1, end)
  }
  return lines
}

/** What to leave out where the data is not the one last line of the event: in each of its lines the part that is theirs. */
const spreadCuts = (bytes: Uint8Array, lines: ReadonlyArray<ByteRange>): ReadonlyArray<ByteRange> | "all" => {
  const data = new Uint8Array(lines.reduce((size, { start, end }) => size + end - start + 1, 0)).fill(SPACE)
  let at = 0
  const places = lines.map(({ start, end }) => {
    data.set(bytes.subarray(start, end), at)
    const place = { start, end, at }
    at += end - start + 1
    return place
  })
  const cut = usageCut(data, 0, data.length)
  if (cut === undefined || cut === "all") return cut ?? []
  return places.map(({ start, end, at }) => ({
    start: Math.max(start, start + cut.start - at),
    end: Math.min(end, start + cut.end - at),
  })).filter(({ start, end }) => start < end)
}

/**
 * What to leave out of the event that `bytes` hold from `start` to `end`, blank line included: its usage, or all of it
 * if that is what it was sent for; see `usageCut`. Its data may have several lines, and any other line before, between
 * and behind them.
 */
export const eventCuts = (bytes: Uint8Array, start: number, end: number): ReadonlyArray<ByteRange> => {
  const from = nextData(bytes, hasAt(bytes, start, byteOrderMark) ? start + byteOrderMark.length : start, end)
  if (from === -1) return []
  // Nearly all have one line of data, and it comes last.
  const cut = usageCut(bytes, from, end)
  const cuts = cut !== undefined
    ? cut === "all" ? cut : [cut]
    : namesUsage(bytes.subarray(from, end))
    ? spreadCuts(bytes, dataLines(bytes, from, end))
    : []
  return cuts === "all" ? [{ start, end }] : cuts
}
