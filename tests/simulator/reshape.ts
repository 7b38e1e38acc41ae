/** The faults that change what is said: status, headers, events and padding. Nothing here touches a socket. */
import { Buffer } from "node:buffer"
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
import { type Answer, type Body, type Chunks, empty, json, type SseEvent, whole } from "./answer.ts"
import { plainError, reason, type Surface, surfaceError } from "./errors.ts"
import { type Fault, FaultMistake } from "./faults.ts"
import { withHeaders } from "./headers.ts"

/** The answer that takes the place of the route's own, if the fault asks for one. */
export function replacement(fault: Fault, surface: Surface): Answer | undefined {
  if (fault.early === true && fault.status === undefined) return plainError(413, "Request body is too large")
  if (fault.redirect !== undefined) return empty(fault.status ?? 307, { Location: fault.redirect })
  if (fault.status === undefined) return undefined
  if (fault.body !== undefined) return givenBody(fault.status, fault.body)
  return fault.status < 400 ? undefined : surfaceError(surface, fault.status, reason(fault.status))
}

function givenBody(status: number, body: unknown): Answer {
  if (typeof body !== "string") return json(body, status)
  const type = /^\s*[[{]/.test(body) ? "application/json" : /^\s*</.test(body) ? "text/html" : "text/plain"
  return whole(Buffer.from(body), type, status)
}

export async function reshape(answer: Answer, fault: Fault): Promise<Answer> {
  const status = fault.status ?? answer.status
  let shaped: Answer = { ...answer, status, body: reshapeBody(answer.body, fault) }
  if (fault.content_type === "") shaped = withoutType(shaped)
  else if (fault.content_type !== undefined) {
    shaped = withHeaders(shaped, { "Content-Type": fault.content_type })
  }
  if (fault.one_chunk === true) shaped = { ...shaped, body: await joined(shaped.body) }
  if (fault.gzip === true) {
    const bytes = gzipSync(await bytesOf(shaped.body))
    shaped = withHeaders({ ...shaped, body: { kind: "whole", bytes } }, { "Content-Encoding": "gzip" })
  }
  if (fault.coding !== undefined) {
    const bytes = coded(await bytesOf(shaped.body), fault.coding)
    shaped = withHeaders({ ...shaped, body: { kind: "whole", bytes } }, { "Content-Encoding": fault.coding })
  }
  if (fault.short_content_length === true) {
    shaped = { ...shaped, body: { kind: "whole", bytes: await bytesOf(shaped.body) } }
  }
  // These two have no body and no length of one (RFC 9110, 8.6).
  if (status === 204 || status === 304) shaped = { ...shaped, body: { kind: "empty" } }
  if (fault.hop_headers === true) shaped = withHeaders(shaped, hopHeaders)
  if (fault.big_header !== undefined) shaped = withHeaders(shaped, { "X-Big": "y".repeat(fault.big_header) })
  return fault.headers === undefined ? shaped : withHeaders(shaped, { ...fault.headers })
}

function withoutType(answer: Answer): Answer {
  const kept = Object.entries(answer.headers).filter(([name]) => name.toLowerCase() !== "content-type")
  return { ...answer, headers: Object.fromEntries(kept) }
}

const coders: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  "gzip": gzipSync,
  "x-gzip": gzipSync,
  "deflate": deflateSync,
  "br": brotliCompressSync,
}

function coded(bytes: Buffer, codings: string): Buffer {
  return codings.split(",").reduce((plain, name) => {
    const code = coders[name.trim().toLowerCase()]
    if (code === undefined) throw new FaultMistake(`"coding" knows no ${name}`)
    return code(plain)
  }, bytes)
}

const hopHeaders = {
  "Connection": "x-hop-secret",
  "x-hop-secret": "for the next hop only",
  "Keep-Alive": "timeout=5",
  "Proxy-Authenticate": 'Basic realm="simulator"',
  "Set-Cookie": ["one=1; Path=/; HttpOnly", "two=2; Path=/; Secure"],
  "Access-Control-Allow-Origin": "https://upstream.example",
  "Server-Timing": "upstream;dur=12.3",
}

function reshapeBody(body: Body, fault: Fault): Body {
  const padding = fault.huge_bytes ?? 0
  if (body.kind === "events") return { kind: "events", events: reshapeEvents(body.events, fault, padding) }
  if (padding === 0 || body.kind === "empty") return body
  if (body.kind === "whole") return { kind: "whole", bytes: padBytes(body.bytes, padding) }
  return { kind: "chunks", chunks: withExtraChunk(body.chunks, padding) }
}

const eventBeforeError = 3
const paddedEvent = 1

function* reshapeEvents(events: Iterable<SseEvent>, fault: Fault, padding: number): Generator<SseEvent> {
  const framed = (text: string): SseEvent => {
    if (fault.crlf === true) return { text: text.replaceAll("\n", "\r\n") }
    return { text: fault.lone_cr === true ? text.replaceAll("\n", "\r") : text }
  }
  let at = 0
  for (const event of events) {
    if (fault.error_event === true && (at === eventBeforeError || event.last)) {
      yield framed(errorEvent(event.text.startsWith("event:")))
      return
    }
    if (fault.no_done === true && event.last) return
    yield framed(at === paddedEvent && padding > 0 ? padJson(event.text, padding) : event.text)
    at += 1
  }
}

function errorEvent(typed: boolean): string {
  const message = "The model stopped unexpectedly."
  if (!typed) {
    return `data: ${JSON.stringify({ error: { code: 500, message, type: "Internal Server Error" } })}\n\n`
  }
  return `event: error\ndata: ${JSON.stringify({ type: "error", error: { type: "api_error", message } })}\n\n`
}

/** Padding goes into a member of its own, so that the JSON stays valid and the rest of it stays the same. */
function padJson(source: string, padding: number): string {
  return source.replace("{", `{"padding":"${"x".repeat(padding)}",`)
}

function padBytes(bytes: Buffer, padding: number): Buffer {
  const source = bytes.subarray(0, 2).toString("latin1")
  if (source.startsWith('{"')) return Buffer.from(padJson(bytes.toString("utf8"), padding))
  return Buffer.concat([bytes, Buffer.alloc(padding, "x")])
}

async function* withExtraChunk(chunks: Chunks, padding: number): AsyncGenerator<Uint8Array> {
  yield* chunks
  yield Buffer.alloc(padding, "x")
}

export async function* piecesOf(body: Body): AsyncGenerator<Uint8Array> {
  if (body.kind === "whole") yield body.bytes
  else if (body.kind === "chunks") yield* body.chunks
  else if (body.kind === "events") { for (const event of body.events) yield Buffer.from(event.text) }
}

async function bytesOf(body: Body): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const piece of piecesOf(body)) parts.push(piece)
  return Buffer.concat(parts)
}

/** A stream stays a stream (no Content-Length), in a single chunk. */
async function joined(body: Body): Promise<Body> {
  if (body.kind === "whole" || body.kind === "empty") return body
  return { kind: "chunks", chunks: [await bytesOf(body)] }
}
