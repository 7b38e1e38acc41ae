/**
 * Finds top-level members of a JSON object in its bytes as they arrive, whatever their order and however long the rest
 * is: for a body that is not held, or is decoded only to be inspected.
 *
 * Finds the same as `topLevelMembers` in the whole bytes; chunks may split anywhere.
 *
 * @module
 */
import { parseBytes } from "./members.ts"
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isSpace,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from "./tokens.ts"

/** A body being scanned. */
export interface MemberScan {
  /** Takes the next bytes; keeps no reference to them. */
  readonly push: (chunk: Uint8Array) => void
  /** How often a member has occurred so far, including one whose value has only begun. */
  readonly times: (key: string) => number
  /** The value of the last complete member of that name; `undefined` if there is no such member, or it is too long. */
  readonly valueOf: (key: string) => unknown
  /** Whether the bytes so far are one whole JSON object. The inside of values is not checked. */
  readonly isObject: () => boolean
  /** Whether the bytes so far cannot be the beginning of a JSON object. */
  readonly hasFailed: () => boolean
}

const byteOrderMark = [0xef, 0xbb, 0xbf]

/** A longer value is not read. */
const longestValue = 131_072

/** Bytes of a key or value, kept while they are few. */
const keepBytes = (most: number) => {
  let bytes = new Uint8Array(64)
  let length = 0
  return {
    clear: (): void => {
      length = 0
    },
    add: (part: Uint8Array): void => {
      const size = Math.min(length + part.length, most + 1)
      if (size > bytes.length) {
        const larger = new Uint8Array(Math.max(size, Math.min(2 * bytes.length, most + 1)))
        larger.set(bytes.subarray(0, length))
        bytes = larger
      }
      bytes.set(part.subarray(0, size - length), length)
      length = size
    },
    parsed: (): unknown => length > most ? undefined : parseBytes(bytes.subarray(0, length)),
  }
}

type State =
  | "mark"
  | "start"
  | "first"
  | "key"
  | "inKey"
  | "colon"
  | "value"
  | "inValue"
  | "after"
  | "end"
  | "failed"

/** Starts to look for members by a few short keys. */
export const scanMembers = (keys: ReadonlyArray<string>): MemberScan => {
  // An escaped letter takes six bytes.
  const key = keepBytes(6 * Math.max(...keys.map(({ length }) => length)) + 2)
  const value = keepBytes(longestValue)
  const times = new Map<string, number>()
  const values = new Map<string, unknown>()
  let state: State = "mark"
  let marks = 0
  /** The key of the current member, if it is looked for. */
  let named: string | undefined
  let depth = 0
  let inString = false
  /** How many backslashes end the current string so far. */
  let slashes = 0

  /** The index after the quote that ends the current string, or -1 if it goes on beyond the chunk. */
  const stringEnd = (chunk: Uint8Array, from: number): number => {
    for (let at = from;;) {
      const quote = chunk.indexOf(QUOTE, at)
      const end = quote === -1 ? chunk.length : quote
      let slash = end
      while (slash > at && chunk[slash - 1] === BACKSLASH) slash--
      slashes = end - slash + (slash === at ? slashes : 0)
      if (quote === -1) return -1
      const isEnd = slashes % 2 === 0
      slashes = 0
      at = quote + 1
      if (isEnd) return at
    }
  }

  /** The index after the current value, or -1 if it goes on beyond the chunk; fails at an unmatched bracket. */
  const valueEnd = (chunk: Uint8Array, from: number): number => {
    for (let at = from; at < chunk.length;) {
      if (inString) {
        at = stringEnd(chunk, at)
        if (at === -1) return -1
        inString = false
        if (depth === 0) return at
        continue
      }
      const byte = chunk[at] ?? 0
      if (byte === QUOTE) inString = true
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        if (depth === 0) return at
        if (--depth === 0) return at + 1
      } else if (depth === 0 && (byte === COMMA || isSpace(byte))) return at
      at++
    }
    return -1
  }

  /** Takes bytes of the current key or value; returns where it ends, or -1. */
  const through = (chunk: Uint8Array, at: number, end: number, kept: typeof key | undefined): number => {
    kept?.add(chunk.subarray(at, end === -1 ? chunk.length : end))
    return end === -1 ? chunk.length : end
  }

  const beginKey = (): State => {
    key.clear()
    slashes = 0
    return "inKey"
  }

  const beginValue = (byte: number): State => {
    if (byte === COMMA || byte === COLON || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) return "failed"
    const read = key.parsed()
    named = keys.find((name) => name === read)
    if (named !== undefined) times.set(named, (times.get(named) ?? 0) + 1)
    value.clear()
    depth = 0
    inString = false
    return "inValue"
  }

  /** The state after a byte outside of keys and values. */
  const after = (byte: number): State => {
    switch (state) {
      case "mark":
      case "start":
        return byte === OPEN_OBJECT ? "first" : "failed"
      case "first":
        return byte === CLOSE_OBJECT ? "end" : byte === QUOTE ? beginKey() : "failed"
      case "key":
        return byte === QUOTE ? beginKey() : "failed"
      case "colon":
        return byte === COLON ? "value" : "failed"
      case "value":
        return beginValue(byte)
      case "after":
        return byte === COMMA ? "key" : byte === CLOSE_OBJECT ? "end" : "failed"
      default:
        return "failed"
    }
  }

  const push = (chunk: Uint8Array): void => {
    for (let at = 0; at < chunk.length && state !== "failed";) {
      const byte = chunk[at] ?? 0
      if (state === "inKey") {
        const end = stringEnd(chunk, at)
        at = through(chunk, at, end, key)
        if (end !== -1) state = "colon"
      } else if (state === "inValue") {
        const end = valueEnd(chunk, at)
        at = through(chunk, at, end, named === undefined ? undefined : value)
        if (end === -1) continue
        if (named !== undefined) values.set(named, value.parsed())
        state = "after"
      } else if (state === "mark" && byte === byteOrderMark[marks]) {
        if (++marks === byteOrderMark.length) state = "start"
        at++
      } else if (isSpace(byte) && (state !== "mark" || marks === 0)) {
        if (state === "mark") state = "start"
        do at++
        while (isSpace(chunk[at] ?? 0))
      } else {
        state = state === "mark" && marks > 0 ? "failed" : after(byte)
        if (state === "inKey") key.add(chunk.subarray(at, at + 1))
        // The scan of a value begins with its first byte.
        if (state !== "inValue") at++
      }
    }
  }

  return {
    push,
    times: (name) => times.get(name) ?? 0,
    valueOf: (name) => values.get(name),
    isObject: () => state === "end",
    hasFailed: () => state === "failed",
  }
}
