/**
 * The data of an event stream's events (the HTML standard's `text/event-stream`).
 *
 * @module
 */

/**
 * Reads events as they come.
 *
 * @param body lines end with LF, CR or both; chunks may split anywhere
 */
export async function* eventData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let rest = ""
  let data: Array<string> = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      rest += done ? `${decoder.decode()}\n` : decoder.decode(value, { stream: true })
      // A CR at the end may be the first half of a CRLF.
      const lines = rest.split(done ? /\r\n?|\n/ : /\r\n|\n|\r(?!$)/)
      rest = lines.pop() ?? ""
      for (const line of lines) {
        if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5))
        else if (line === "" && data.length > 0) {
          yield data.join("\n")
          data = []
        }
      }
      if (!done) continue
      if (data.length > 0) yield data.join("\n")
      return
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}
