/**
 * Reads the rest of an upload that was refused.
 *
 * @module
 */

/** How much of it to read, in bytes, and how long to wait for one part, in milliseconds. */
const most = 67_108_864
const quiet = 5_000

const readOut = async (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooQuiet = (): void => void reader.cancel().catch(() => {})
  try {
    for (let size = 0; size < most;) {
      timer = setTimeout(tooQuiet, quiet)
      const { done, value } = await reader.read()
      clearTimeout(timer)
      if (done) return
      size += value.byteLength
    }
    await reader.cancel()
  } catch {
    clearTimeout(timer)
  }
}

/** The largest request, in bytes, that has surely arrived whole by the time of its answer. */
const small = 16_384

/** Whether a client may still be sending when it is answered. */
export const mayBeSending = ({ headers }: Request): boolean =>
  Number(headers.get("content-length") ?? (headers.has("transfer-encoding") ? Infinity : 0)) > small

/**
 * Holds a refusal back until the client has sent all of its upload, if nothing of it was read.
 *
 * Bun (1.4) closes a connection that is not kept alive as soon as the answer is out, with bytes unread, and workerd
 * (2026-10) closes every one: it is reset, and a client that sends first loses the answer (RFC 9112 §9.6). They do not
 * show which connections are kept alive.
 */
export const afterUpload = async (request: Request, answering: Promise<Response>): Promise<Response> => {
  const answer = await answering
  if (answer.status >= 400 && !request.bodyUsed && request.body !== null && !request.body.locked) {
    await readOut(request.body.getReader())
  }
  return answer
}
