/**
 * Reads the rest of an upload that was refused.
 *
 * @module
 */

/** The most bytes to read of it, and the longest wait for one chunk, in milliseconds. */
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

/** The largest request, in bytes, that has surely arrived by the time it is answered. */
const small = 16_384

/** Whether a client may still be sending when it is answered. */
export const mayBeSending = ({ headers }: Request): boolean =>
  Number(headers.get("content-length") ?? (headers.has("transfer-encoding") ? Infinity : 0)) > small

/**
 * Holds a refusal back until the client has sent its whole upload, if nothing of it was read.
 *
 * Bun (1.4) closes a connection that is not kept alive as soon as the answer is out, even with bytes unread; workerd
 * (2026-10) does so with every connection. That resets it, and a client that is still sending loses the answer (RFC
 * 9112 §9.6). Neither shows which connections are kept alive.
 */
export const afterUpload = async (request: Request, answering: Promise<Response>): Promise<Response> => {
  const answer = await answering
  if (answer.status >= 400 && !request.bodyUsed && request.body !== null && !request.body.locked) {
    await readOut(request.body.getReader())
  }
  return answer
}
