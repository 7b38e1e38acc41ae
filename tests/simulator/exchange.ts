/** What a route gets to see of one request. */
import type { Buffer } from "node:buffer"
import type { IncomingHttpHeaders } from "node:http"
import * as zlib from "node:zlib"
import type { Answer } from "./answer.ts"
import type { Fault } from "./faults.ts"
import type { RequestBody } from "./request-body.ts"
import { parseJson } from "./values.ts"

export type Exchange = {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: IncomingHttpHeaders
  readonly contentType: string
  readonly body: RequestBody
  readonly fault: Fault
}

export type Route = (exchange: Exchange) => Answer | Promise<Answer>

export async function jsonBody(exchange: Exchange): Promise<unknown> {
  const bytes = await exchange.body.whole()
  return parseJson(textOf(undone(bytes, exchange.headers["content-encoding"])))
}

/** What engines' web servers know of content codings; this Node may not know zstd, and then nobody asks for it. */
function undone(bytes: Buffer, coding = "identity"): Buffer {
  const undo: Readonly<Record<string, ((bytes: Buffer) => Buffer) | undefined>> = {
    gzip: zlib.gunzipSync,
    deflate: zlib.inflateSync,
    br: zlib.brotliDecompressSync,
    zstd: (zlib as { zstdDecompressSync?: (bytes: Buffer) => Buffer }).zstdDecompressSync,
  }
  return undo[coding]?.(bytes) ?? bytes
}

/** Python's `json` guesses UTF-16 by the NULs of its first characters. */
function textOf(bytes: Buffer): string {
  return bytes[0] !== 0 && bytes[1] === 0 && bytes[2] !== 0
    ? bytes.toString("utf16le")
    : bytes.toString("utf8")
}
