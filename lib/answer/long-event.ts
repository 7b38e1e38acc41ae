/**
 * One event of a stream that is too long to be held.
 *
 * @module
 */
import { jsonSkeleton } from "../json/outline.ts"

/** An event that is being read. */
export interface LongEvent {
  /**
   * Takes bytes from an index on; keeps no reference to them.
   *
   * @returns the index behind the blank line that ends the event, or -1 where it goes on
   */
  readonly push: (bytes: Uint8Array, from: number) => number
  /** Its name, or nothing. */
  readonly name: () => string
  /** The outline of its data, as `jsonSkeleton` makes it; nothing where that is no JSON. */
  readonly data: () => string
}

const LF = 0x0a, CR = 0x0d
const longestName = 256
const fields = ["data:", "event:"]

/** The index of the next line break, or -1. */
const lineEnd = (bytes: Uint8Array, from: number): number => {
  for (let at = from; at < bytes.length; at++) if (bytes[at] === LF || bytes[at] === CR) return at
  return -1
}

/** Starts to read an event from its first byte on. */
export const longEvent = (): LongEvent => {
  let data = ""
  let name = ""
  const skeleton = jsonSkeleton((text) => {
    data = text
  })
  let length = 0
  /** What the line at hand begins with, as far as it may be the name of a field; nothing once it is known to be none. */
  let field: string | undefined = ""
  let afterCR = false
  let hasLines = false

  const take = (bytes: Uint8Array, from: number, to: number): void => {
    length += to - from
    let at = from
    while (at < to && field !== undefined && !fields.includes(field)) {
      const beginning: string = field + String.fromCharCode(bytes[at++] ?? 0)
      // The bytes of the byte order mark, which may stand before the first field.
      if (field === "" && /[\xef\xbb\xbf]/.test(beginning)) continue
      field = fields.some((name) => name.startsWith(beginning)) ? beginning : undefined
    }
    if (field === "data:") skeleton.push(bytes.subarray(at, to))
    else if (field === "event:" && name.length < longestName) {
      name += String.fromCharCode(...bytes.subarray(at, Math.min(to, at + longestName)))
    }
  }

  return {
    push: (bytes, from) => {
      let at = afterCR && bytes[from] === LF ? from + 1 : from
      if (from < bytes.length) afterCR = false
      const hasCR = bytes.includes(CR)
      for (;;) {
        const end = hasCR ? lineEnd(bytes, at) : bytes.indexOf(LF, at)
        take(bytes, at, end === -1 ? bytes.length : end)
        if (end === -1) return -1
        const isBlank = length === 0
        length = 0
        field = ""
        at = bytes[end] === CR && bytes[end + 1] === LF ? end + 2 : end + 1
        afterCR = bytes[end] === CR && at === bytes.length
        if (isBlank && hasLines) return at
        hasLines ||= !isBlank
      }
    },
    name: () => name.trim(),
    data: () => data,
  }
}
