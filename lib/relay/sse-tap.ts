/**
 * Watches an event stream pass, to know whether it ended as its protocol ends.
 *
 * Looks at the bytes without changing or decoding them: only the first few of each line are kept. Lines end
 * with CR, LF or both (the HTML standard's event stream format), and chunks may split anywhere.
 *
 * @module
 */
import type { Framing } from "../framing.ts"
import type { Ending } from "../telemetry/request-record.ts"

/** Line beginnings that say the stream is whole; `data:` alone serves servers that name no events. */
const endMarks: Record<Framing, RegExp> = {
  chat: /^data: ?\[DONE\]/,
  messages: /^(?:event: ?message_stop$|data: ?\{"type": ?"message_stop")/,
  responses: /^(?:event: ?|data: ?\{"type": ?")response\.(?:completed|incomplete|failed)/,
}

/** Line beginnings that say Baseten reported a failure itself. */
const errorMark = /^(?:event: ?error$|data: ?\{"(?:error": ?[{"]|type": ?"error"))/

const LF = 0x0a, CR = 0x0d
const keptBytes = 48

/** A stream under observation. */
export interface SseTap {
  /** Looks at the next bytes. */
  readonly push: (chunk: Uint8Array) => void
  /** Whether the end mark has passed. */
  readonly isComplete: () => boolean
  /** The bytes that tell the client of a stream cut short; nothing where Baseten told it already. */
  readonly closing: (ending: Ending) => Uint8Array | undefined
}

const sentences: Partial<Record<Ending, string>> = {
  upstream_cut: "Baseten cut the stream short: the answer is not complete.",
  idle: "Baseten fell silent: the answer is not complete.",
  first_byte_timeout: "Baseten sent no data in time.",
  total_timeout: "The call took longer than the gateway allows: the answer is not complete.",
  draining: "The gateway is stopping: the answer is not complete. Try again.",
}

const errorEvent = (framing: Framing, ending: Ending): string => {
  const message = sentences[ending] ?? "The answer is not complete."
  const error = { message, type: ending, code: ending, param: null }
  switch (framing) {
    case "chat":
      return `data: ${JSON.stringify({ error })}\n\n`
    case "messages":
      return `event: error\ndata: ${
        JSON.stringify({ type: "error", error: { type: "api_error", message } })
      }\n\n`
    case "responses":
      return `event: error\ndata: ${
        JSON.stringify({ type: "error", code: ending, message, param: null, error })
      }\n\n`
  }
}

const lineEnd = (chunk: Uint8Array, from: number): number => {
  for (let at = from; at < chunk.length; at++) if (chunk[at] === LF || chunk[at] === CR) return at
  return -1
}

const LETTER_D = 0x64, LETTER_E = 0x65, LETTER_T = 0x74, SPACE = 0x20, BRACE = 0x7b

/**
 * Whether the line at `start` may hold a mark: `event: …`, `data: [DONE]`, or `data: {"` and a name that begins with e
 * (error), t (type). It spares a chunk of a chat the making of a string, most of what watching costs.
 */
const isWorthALook = (bytes: Uint8Array, start: number): boolean => {
  if (bytes[start] !== LETTER_D) return bytes[start] === LETTER_E
  const data = bytes[start + 5] === SPACE ? start + 6 : start + 5
  return bytes[data] !== BRACE || bytes[data + 2] === LETTER_E || bytes[data + 2] === LETTER_T
}

/** Starts to watch a stream of the given framing. */
export const sseTap = (framing: Framing): SseTap => {
  const mark = endMarks[framing]
  /** The beginning of a line whose end is yet to come, and how long it is so far. */
  const line = new Uint8Array(keptBytes)
  let length = 0
  let openEvent = false
  let afterCR = false
  let complete = false
  let failed = false

  const look = (bytes: Uint8Array, start: number, end: number): void => {
    if (start === end || !isWorthALook(bytes, start)) return
    const beginning = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + keptBytes)))
    complete ||= mark.test(beginning)
    failed ||= errorMark.test(beginning)
  }
  const lookAtLine = (): void => look(line, 0, length)
  const keep = (chunk: Uint8Array, from: number, to: number): void => {
    if (length < keptBytes) line.set(chunk.subarray(from, Math.min(to, from + keptBytes - length)), length)
    length += to - from
  }
  const endLine = (chunk: Uint8Array, from: number, to: number): void => {
    if (length === 0) {
      // A line that lies within its chunk is looked at where it is.
      look(chunk, from, to)
      openEvent = to > from
      return
    }
    keep(chunk, from, to)
    lookAtLine()
    openEvent = true
    length = 0
  }

  return {
    push: (chunk) => {
      let at = 0
      if (afterCR && chunk[0] === LF) at = 1
      if (chunk.length > 0) afterCR = false
      // Nearly all streams end their lines with LF alone: a native search in place of a look at each byte.
      const hasCR = chunk.includes(CR)
      for (;;) {
        const end = hasCR ? lineEnd(chunk, at) : chunk.indexOf(LF, at)
        if (end === -1) return at < chunk.length ? keep(chunk, at, chunk.length) : undefined
        endLine(chunk, at, end)
        at = end + 1
        if (chunk[end] !== CR) continue
        if (at === chunk.length) afterCR = true
        else if (chunk[at] === LF) at++
      }
    },
    isComplete: () => {
      lookAtLine()
      return complete
    },
    closing: (ending) => {
      lookAtLine()
      if (failed) return undefined
      const boundary = length > 0 || openEvent ? "\n\n" : ""
      return new TextEncoder().encode(boundary + errorEvent(framing, ending))
    },
  }
}
