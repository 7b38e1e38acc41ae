/**
 * Captures the beginning of a body for the log.
 *
 * @module
 */
import { concatBytes } from "../bytes/concat.ts"
import { redact, redactionMark, type Secrets } from "../redaction/secrets.ts"
import type { Payload } from "./entry.ts"
import { streamText, wholeLines } from "./stream-text.ts"

/** A body being captured. */
export interface PayloadKeeper {
  /** Copies the next bytes, as far as they are to be kept. */
  readonly push: (chunk: Uint8Array) => void
  /** The captured text, with every secret redacted; only the redaction mark if a stream contains one split over events. */
  readonly finish: (secrets: ReadonlyArray<Secrets>) => Payload
}

/**
 * The bytes that are held beyond the limit, so that no secret is cut in half, and missed, at the end of the text:
 * Node accepts no longer headers than this.
 */
const longestSecret = 16_384

/**
 * Starts to capture a body.
 *
 * @param limit how much of it is kept, in bytes
 */
export const keepPayload = (limit: number): PayloadKeeper => {
  const most = limit + longestSecret
  const chunks: Array<Uint8Array> = []
  let held = 0
  let size = 0
  return {
    push: (chunk) => {
      size += chunk.byteLength
      if (held >= most || chunk.byteLength === 0) return
      const part = chunk.slice(0, most - held)
      held += part.byteLength
      chunks.push(part)
    },
    finish: (secrets) => {
      const given = new TextDecoder().decode(concatBytes(chunks, held))
      const lines = wholeLines(given)
      const text = redact(lines, ...secrets)
      const joined = streamText(text)
      if (secrets.some((known) => known.contains(joined))) {
        return { text: redactionMark, size, complete: false }
      }
      return {
        text: size <= limit ? text : cutTo(text, limit),
        size,
        complete: size <= limit && lines.length === given.length,
      }
    },
  }
}

/** The beginning of a text that fits into a number of bytes, without cutting a character. */
const cutTo = (text: string, bytes: number): string => {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes))
  return text.slice(0, read)
}
