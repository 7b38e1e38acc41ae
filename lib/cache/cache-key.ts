/**
 * The key under which an answer is kept: equal for equal requests of one caller, and for no others.
 *
 * @module
 */
import { hex } from "../bytes/hex.ts"
import { sha256 } from "../redaction/digest.ts"

/** What distinguishes requests: Cloudflare's key, and the gateway, its tokens and stored keys. */
export interface RequestParts {
  readonly kind: "request"
  /** `account/gateway`. */
  readonly gateway: string
  /** Identifies the caller without revealing its secrets. */
  readonly caller: string
  readonly method: string
  readonly provider: string
  /** The path below the provider. */
  readonly endpoint: string
  /** The query, as it goes up. */
  readonly query: string
  /** The body as it was received; empty if there is none. */
  readonly body: Uint8Array<ArrayBuffer>
}

/** A caller's own key (`cf-aig-cache-key`), which stands for everything else in the request. */
export interface CustomParts {
  readonly kind: "custom"
  readonly gateway: string
  readonly key: string
  /** Identifies the caller without revealing its secrets; `undefined` if all callers of the gateway share the answer. */
  readonly caller: string | undefined
}

const lengthBytes = 4

/** Fields in sequence, each prefixed with its length: no two lists of fields have the same bytes. */
const joined = (fields: ReadonlyArray<string | Uint8Array>): Uint8Array<ArrayBuffer> => {
  const encoder = new TextEncoder()
  const parts = fields.map((field) => typeof field === "string" ? encoder.encode(field) : field)
  const bytes = new Uint8Array(parts.reduce((size, part) => size + lengthBytes + part.byteLength, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const part of parts) {
    view.setUint32(at, part.byteLength)
    bytes.set(part, at + lengthBytes)
    at += lengthBytes + part.byteLength
  }
  return bytes
}

const hexDigest = async (fields: ReadonlyArray<string | Uint8Array>): Promise<string> =>
  hex(await sha256(joined(fields)))

/** The key of a request, or of the caller's own key: a SHA-256 in hex. */
export const cacheKey = async (parts: RequestParts | CustomParts): Promise<string> => {
  if (parts.kind === "custom") {
    const { gateway, key, caller } = parts
    return hexDigest(
      caller === undefined ? ["custom, shared", gateway, key] : ["custom", gateway, key, caller],
    )
  }
  const { gateway, caller, method, provider, endpoint, query, body } = parts
  // The body's digest stands for it, so that a large body is not copied.
  return hexDigest(["request", gateway, caller, method, provider, endpoint, query, await sha256(body)])
}

/** The key of an answer's variant for these values of the headers by which it varies (RFC 9111 §4.1). */
export const variantKey = (key: string, values: ReadonlyArray<string>): Promise<string> =>
  hexDigest(["variant", key, ...values])
