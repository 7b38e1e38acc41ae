/**
 * The stored form of an answer, and its replay.
 *
 * Its bytes: a version, the length of the head (32 bits, big-endian), the head as JSON, the body.
 *
 * @module
 */
import { HeaderFields } from "../headers/header-fields.ts"

/** An answer, whole. */
export interface CachedAnswer {
  readonly status: number
  readonly statusText: string
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: Uint8Array<ArrayBuffer>
  /** When it was stored, in milliseconds since 1970. */
  readonly storedAt: number
}

interface Head extends Omit<CachedAnswer, "body"> {
  /** The body's length in bytes: an entry that was cut short is not an answer. */
  readonly length: number
}

/** The headers of an answer replayed at `now`, in milliseconds since 1970, with its `Age` (RFC 9111 §5.1). */
export const replayHeaders = ({ headers, body, storedAt }: CachedAnswer, now: number): HeaderFields => {
  const replayed = HeaderFields.from(headers)
  // A clock that was set back must not make a negative age.
  replayed.set("age", String(Math.max(0, Math.floor((now - storedAt) / 1000))))
  replayed.set("content-length", String(body.byteLength))
  return replayed
}

const version = 1
const headStart = 5

/** An answer as bytes. */
export const encodeAnswer = ({ body, ...rest }: CachedAnswer): Uint8Array<ArrayBuffer> => {
  const head: Head = { ...rest, length: body.byteLength }
  const headBytes = new TextEncoder().encode(JSON.stringify(head))
  const bytes = new Uint8Array(headStart + headBytes.byteLength + body.byteLength)
  bytes[0] = version
  new DataView(bytes.buffer).setUint32(1, headBytes.byteLength)
  bytes.set(headBytes, headStart)
  bytes.set(body, headStart + headBytes.byteLength)
  return bytes
}

const isPair = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "string")

const isHead = (value: unknown): value is Head => {
  if (typeof value !== "object" || value === null) return false
  const { status, statusText, headers, storedAt, length } = value as Partial<Record<keyof Head, unknown>>
  return typeof status === "number" && typeof statusText === "string" && typeof storedAt === "number" &&
    typeof length === "number" && Array.isArray(headers) && headers.every(isPair)
}

/**
 * Decodes the bytes of `encodeAnswer`; `undefined` if they are others, truncated or corrupt.
 *
 * The body is a view of the given bytes: neither may be changed.
 */
export const decodeAnswer = (bytes: Uint8Array<ArrayBuffer>): CachedAnswer | undefined => {
  if (bytes.byteLength < headStart || bytes[0] !== version) return undefined
  const headEnd = headStart + new DataView(bytes.buffer, bytes.byteOffset).getUint32(1)
  try {
    const head: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(headStart, headEnd)))
    if (!isHead(head) || headEnd + head.length !== bytes.byteLength) return undefined
    const { status, statusText, headers, storedAt } = head
    const answer = { status, statusText, headers, body: bytes.subarray(headEnd), storedAt }
    // Throws if it cannot be a response: a status out of range, a name that is not a token.
    new Response(null, { status, statusText, headers: replayHeaders(answer, storedAt).toInit() })
    return answer
  } catch {
    return undefined
  }
}
