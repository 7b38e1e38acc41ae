/** The request's body: read once, in one of three ways, and measured for the record on the way. */
import { Buffer, isUtf8 } from "node:buffer"
import { createHash } from "node:crypto"
import type { IncomingMessage } from "node:http"
import { Refused } from "./answer.ts"
import { dedicatedError } from "./errors.ts"
import type { RequestRecord } from "./recorder.ts"

export type RequestBody = {
  /** Each chunk as it comes; the sender is held back while a chunk is not asked for. */
  chunks(): AsyncGenerator<Uint8Array>
  whole(): Promise<Buffer>
  drain(): Promise<void>
}

const textKept = 64 * 1024
const edgeLimit = 100 * 1024 * 1024

export function requestBody(request: IncomingMessage, record: RequestRecord): RequestBody {
  const hash = createHash("sha256")
  let start: Buffer[] = []
  let collected: Promise<Buffer> | undefined

  function note(chunk: Buffer) {
    hash.update(chunk)
    record.body_bytes += chunk.length
    if (record.body_bytes <= textKept) start.push(chunk)
    else start = []
  }

  function complete() {
    record.body_sha256 = hash.digest("hex")
    const kept = Buffer.concat(start)
    if (kept.length === record.body_bytes && isUtf8(kept)) record.body_text = kept.toString("utf8")
    start = []
  }

  async function* chunks(): AsyncGenerator<Uint8Array> {
    if (record.body_sha256 !== null) return
    // Leaving the loop early must not destroy the socket: the answer still has to go out on it.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const bytes = chunk as Buffer
      note(bytes)
      yield bytes
    }
    if (record.body_sha256 === null) complete()
  }

  async function collect(): Promise<Buffer> {
    const parts: Uint8Array[] = []
    for await (const chunk of chunks()) {
      if (record.body_bytes > edgeLimit) {
        throw new Refused(dedicatedError(413, "Request body is over 100 MB."))
      }
      parts.push(chunk)
    }
    return Buffer.concat(parts)
  }

  return {
    chunks,
    whole: () => collected ??= collect(),
    drain: async () => {
      if (collected !== undefined) await collected.catch(() => undefined)
      for await (const _ of chunks());
    },
  }
}
