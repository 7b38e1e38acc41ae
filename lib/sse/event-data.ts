/**
 * The data of an event stream's events (the HTML standard's `text/event-stream`).
 *
 * @module
 */
import { EventScanner } from "./event-scanner.ts"

/** Reads events from bytes that come one chunk after the other. */
export interface EventReader {
  /** The data of the events that these bytes complete. */
  readonly push: (chunk: Uint8Array) => ReadonlyArray<string>
  /** How many bytes are held of an event that has not ended: the caller sees to it that they stay few. */
  readonly held: () => number
}

const dataOf = (text: string): ReadonlyArray<string> => {
  const events: Array<string> = []
  let data: Array<string> = []
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5))
    else if (line === "" && data.length > 0) {
      events.push(data.join("\n"))
      data = []
    }
  }
  return events
}

/**
 * Reads events as they come: in time linear in the bytes, however they are split. What the stream ends within is not an
 * event (the standard's rule). Lines end with LF, CR or both.
 */
export const eventReader = (): EventReader => {
  const scanner = new EventScanner()
  // Takes a byte order mark at the beginning of the stream for one, and later ones for text.
  const decoder = new TextDecoder()
  return {
    push: (chunk) => {
      const events = scanner.push(chunk)
      return events.length === 0 ? [] : dataOf(decoder.decode(events, { stream: true }))
    },
    held: () => scanner.length,
  }
}
