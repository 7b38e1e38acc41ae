/**
 * A message of `node:http`, a request's or a response's, in the terms of `fetch`.
 *
 * @module
 */
import type { IncomingMessage } from "node:http"

/** Its headers, with several values of one name (`set-cookie`) kept apart. */
export const headersOf = (message: IncomingMessage): Headers => {
  const headers = new Headers()
  const { rawHeaders } = message
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? "", rawHeaders[index + 1] ?? "")
  }
  return headers
}

/**
 * Its body: read from the socket only as it is pulled, and failed where the message is not whole.
 *
 * @param onCancel what becomes of the rest that nobody wants
 */
export const bodyOf = (
  message: IncomingMessage,
  onCancel: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> => {
  let over = false
  return new ReadableStream({
    start: (controller) => {
      const fail = (cause?: Error): void => {
        if (over) return
        over = true
        controller.error(cause ?? new Error("The connection closed within the body"))
      }
      message.on("data", (chunk: Uint8Array<ArrayBuffer>) => {
        // What nobody reads any more drains away, so that the connection can be used again.
        if (over) return
        message.pause()
        controller.enqueue(chunk)
      })
      message.on("end", () => {
        if (over) return
        if (!message.complete) return fail()
        over = true
        controller.close()
      })
      message.on("error", fail)
      message.on("close", () => fail())
      message.pause()
    },
    pull: () => {
      message.resume()
    },
    cancel: () => {
      over = true
      onCancel()
    },
  }, { highWaterMark: 0 })
}
