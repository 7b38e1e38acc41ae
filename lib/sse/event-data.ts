/**
 * The data of an event stream's events (the HTML standard's `text/event-stream`).
 *
 * @module
 */

/** Takes text as it comes, and gives the lines that are whole by then; each character is looked at once. */
const lineReader = () => {
  /** The beginning of a line whose end is yet to come. */
  let parts: Array<string> = []
  let length = 0
  let afterCR = false
  const take = (text: string): ReadonlyArray<string> => {
    if (text === "") return []
    const lines = (afterCR && text[0] === "\n" ? text.slice(1) : text).split(/\r\n|\n|\r/)
    afterCR = text.endsWith("\r")
    const rest = lines.pop() ?? ""
    if (lines.length > 0) {
      lines[0] = parts.join("") + lines[0]
      parts = []
      length = 0
    }
    if (rest !== "") parts.push(rest)
    length += rest.length
    return lines
  }
  return { take, openLength: () => length }
}

/** Reads events from bytes that come one chunk after the other. */
export interface EventReader {
  /** The data of the events that these bytes complete. */
  readonly push: (chunk: Uint8Array) => ReadonlyArray<string>
  /** How many characters are held of an event that is yet to end: whoever pushes sees to it that they stay few. */
  readonly held: () => number
}

/**
 * Reads events as they come: in time linear in the bytes, however they are split. What the stream ends within is no
 * event (the standard's rule). Lines end with LF, CR or both.
 */
export const eventReader = (): EventReader => {
  const decoder = new TextDecoder()
  const lines = lineReader()
  let data: Array<string> = []
  let length = 0
  return {
    push: (chunk) => {
      const events: Array<string> = []
      for (const line of lines.take(decoder.decode(chunk, { stream: true }))) {
        if (line.startsWith("data:")) {
          data.push(line.slice(line[5] === " " ? 6 : 5))
          length += line.length
        } else if (line === "" && data.length > 0) {
          events.push(data.join("\n"))
          data = []
          length = 0
        }
      }
      return events
    },
    held: () => length + lines.openLength(),
  }
}
