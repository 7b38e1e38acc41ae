/**
 * Watches a response pass, to know its usage at the end.
 *
 * Bytes are copied into a small buffer and looked at when it is full, or at the end: nothing is searched,
 * decoded or parsed per chunk. Most answers are looked at once, when the client has its last byte.
 *
 * Servers put `usage` last, so that of a JSON body, or of one event, that is longer than the buffer the tail
 * is enough. Where it is not in the tail, the usage is not known: better than a guess, or than holding it all.
 *
 * @module
 */
import type { Framing } from "../framing.ts"
import { usageKey, usageMember } from "./usage-member.ts"
import { type Usage, usageOf } from "./usage.ts"

/** What passes, and how much of it may be kept. */
export interface UsageTapInput {
  readonly kind: "json" | "sse"
  /** How the events of a stream are framed; `chat` if not given. */
  readonly framing?: Framing
  /** The most bytes to hold at a time, at least 64. Half as many are sure to be looked at from the end. */
  readonly limit?: number
  /** Is shown all bytes of a stream too, many at a time, the last ones by `finish`; must keep no reference to them. */
  readonly onBytes?: (bytes: Uint8Array) => void
  /** See `usageOf`. */
  readonly cachedApart?: boolean
}

/** A response under observation. */
export interface UsageTap {
  /** Takes note of the next bytes; keeps no reference to them. */
  readonly push: (chunk: Uint8Array) => void
  /**
   * The usage told last, also where a stream was cut short; nothing where none was told. Of a JSON body that
   * was cut short only the caller knows: it has no usage, and one longer than `limit` is not to be asked for.
   */
  readonly finish: () => Usage | undefined
}

const LF = 0x0a, CR = 0x0d
/** Enough for a stream to be looked at now and then; most JSON bodies come in one chunk, which says how much they need. */
const firstSize = { sse: 4096, json: 512 }
const nothing = new Uint8Array(0)
const decoder = new TextDecoder()
const dataField = new TextEncoder().encode("data:")

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

/** The data of an event: its `data` lines, joined as the HTML standard's event stream format says. */
const dataOf = (event: string): string =>
  event.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n")

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Counts that a later event tells take the place of earlier ones: all are running totals. */
const merge = (earlier: Usage | undefined, later: Usage | undefined): Usage | undefined =>
  earlier === undefined || later === undefined ? later ?? earlier : {
    input: later.input ?? earlier.input,
    output: later.output ?? earlier.output,
    cachedInput: later.cachedInput ?? earlier.cachedInput,
    reasoning: later.reasoning ?? earlier.reasoning,
  }

/**
 * Starts to watch a response.
 *
 * Usage is a member of a JSON body, and of a chat chunk; in a message's or a response's stream it may be
 * one level further down (`message_start`, `response.completed`), where the protocol alone names members.
 * A message tells its input when it starts and its output when it ends; the other framings tell all at once.
 */
export const usageTap = (
  { kind, framing = "chat", limit = 65_536, onBytes, cachedApart = false }: UsageTapInput,
): UsageTap => {
  const deepest = kind === "json" || framing === "chat" ? 1 : 2
  let buffer = nothing
  let length = 0
  /** How many of them `onBytes` has been shown. */
  let shown = 0
  /** The beginning of the body or event that the buffer starts with had to go. */
  let beheaded = false
  let usage: Usage | undefined

  const usageIn = (text: string, whole: boolean): Usage | undefined => {
    const member = usageMember(text, deepest, whole)
    return member === undefined ? undefined : usageOf(parse(member), cachedApart)
  }

  /** Looks at the events in the first bytes of the buffer, the newest first. */
  const lookAtEvents = (end: number): void => {
    const text = textOf(buffer.subarray(0, end))
    let newest: Usage | undefined
    let at = text.lastIndexOf(usageKey)
    while (at !== -1) {
      let before = at - 1
      // Most servers have a null in every chunk but the last.
      if (!text.startsWith("null", at + usageKey.length + 1)) {
        const start = text.lastIndexOf("\n\n", at) + 1
        const blank = text.indexOf("\n\n", at)
        const event = text.slice(start, blank === -1 ? text.length : blank)
        newest = merge(usageIn(dataOf(event), !beheaded || start > 0), newest)
        if (newest !== undefined && framing !== "messages") break
        before = start - 1
      }
      at = before < 0 ? -1 : text.lastIndexOf(usageKey, before)
    }
    usage = framing === "messages" ? merge(usage, newest) : newest ?? usage
  }

  const show = (): void => {
    onBytes?.(buffer.subarray(shown, length))
    shown = length
  }

  const makeRoom = (): void => {
    show()
    const end = kind === "sse" ? lastEventEnd(buffer) : 0
    if (end > 0) {
      lookAtEvents(end)
      buffer.copyWithin(0, end)
      length -= end
      beheaded = false
    } else if (length < limit) {
      const larger = new Uint8Array(Math.min(limit, 2 * length))
      larger.set(buffer)
      buffer = larger
    } else {
      const head = kind === "sse" ? dataField.length : 0
      buffer.copyWithin(head, length >> 1)
      buffer.set(dataField.subarray(0, head))
      length = head + length - (length >> 1)
      beheaded = true
    }
    shown = length
  }

  return {
    push: (chunk) => {
      if (buffer === nothing) {
        buffer = new Uint8Array(Math.min(limit, Math.max(firstSize[kind], chunk.length)))
      }
      for (let at = 0; at < chunk.length;) {
        if (length === buffer.length) makeRoom()
        const room = buffer.length - length
        const part = at === 0 && chunk.length <= room ? chunk : chunk.subarray(at, at + room)
        buffer.set(part, length)
        length += part.length
        at += part.length
      }
    },
    finish: () => {
      show()
      if (kind === "sse") lookAtEvents(length)
      else usage = usageIn(decoder.decode(buffer.subarray(0, length)), !beheaded)
      return usage
    },
  }
}
