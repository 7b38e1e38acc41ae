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

/** Starts to watch a stream of the given framing. */
export const sseTap = (framing: Framing): SseTap => {
  const mark = endMarks[framing]
  const line = new Uint8Array(keptBytes)
  let length = 0
  let openEvent = false
  let afterCR = false
  let complete = false
  let failed = false

  const kept = (): string => String.fromCharCode(...line.subarray(0, Math.min(length, keptBytes)))
  const look = (): void => {
    if (length === 0) return
    const first = line[0]
    if (first !== 0x64 && first !== 0x65) return
    const beginning = kept()
    complete ||= mark.test(beginning)
    failed ||= errorMark.test(beginning)
  }

  return {
    push: (chunk) => {
      for (let index = 0; index < chunk.length; index++) {
        const byte = chunk[index] ?? 0
        if (byte !== LF && byte !== CR) {
          if (length < keptBytes) line[length] = byte
          length++
          afterCR = false
        } else if (byte === LF && afterCR) {
          afterCR = false
        } else {
          look()
          openEvent = length > 0
          length = 0
          afterCR = byte === CR
        }
      }
    },
    isComplete: () => {
      look()
      return complete
    },
    closing: (ending) => {
      look()
      if (failed) return undefined
      const boundary = length > 0 || openEvent ? "\n\n" : ""
      return new TextEncoder().encode(boundary + errorEvent(framing, ending))
    },
  }
}
