/**
 * The data of an event stream's events (the HTML standard's `text/event-stream`).
 *
 * @module
 */

/** An event is longer than its reader takes. */
export class EventTooLong extends Error {
  constructor(longest: number) {
    super(`An event of the stream is longer than ${longest} characters`)
  }
}

/** The most characters of one event, unless its reader says otherwise: what a request may be long by default. */
const usual = 33_554_432

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

/**
 * Reads events as they come: in time linear in the bytes, however they are split. What the stream ends within is no
 * event (the standard's rule).
 *
 * Fails with `EventTooLong` where an event is longer than `longest` characters, and holds little more than that.
 *
 * @param body lines end with LF, CR or both; chunks may split anywhere
 */
export async function* eventData(
  body: ReadableStream<Uint8Array>,
  longest: number = usual,
): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  const lines = lineReader()
  let data: Array<string> = []
  let length = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      for (const line of lines.take(decoder.decode(value, { stream: true }))) {
        if (line.startsWith("data:")) {
          data.push(line.slice(line[5] === " " ? 6 : 5))
          length += line.length
          if (length > longest) throw new EventTooLong(longest)
        } else if (line === "" && data.length > 0) {
          yield data.join("\n")
          data = []
          length = 0
        }
      }
      if (length + lines.openLength() > longest) throw new EventTooLong(longest)
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}
