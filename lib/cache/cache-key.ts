/**
 * The key under which an answer is kept: equal for equal requests of one caller, and for no others.
 *
 * @module
 */
import { hex, sha256 } from "../redaction/digest.ts"

/** What tells requests apart, after Cloudflare's key; the gateway, its tokens and stored keys are our additions. */
export interface RequestParts {
  readonly kind: "request"
  /** `account/gateway`. */
  readonly gateway: string
  /** A name for the caller that tells nothing of its secrets. */
  readonly caller: string
  readonly method: string
  readonly provider: string
  /** The path below the provider. */
  readonly endpoint: string
  /** The query, as it goes up. */
  readonly query: string
  /** The body, as it came; empty where there is none. */
  readonly body: Uint8Array<ArrayBuffer>
}

/** A key of the caller's own (`cf-aig-cache-key`): nothing of the request but these counts. */
export interface CustomParts {
  readonly kind: "custom"
  readonly gateway: string
  readonly key: string
  /** A name for the caller that tells nothing of its secrets; nothing where all callers of the gateway are to share the answer. */
  readonly caller: string | undefined
}

const lengthBytes = 4

/** Fields one after another, each behind its length: no two lists of fields give the same bytes. */
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

/** The key of that variant of an answer that suits such values of the headers by which it varies (RFC 9111 §4.1). */
export const variantKey = (key: string, values: ReadonlyArray<string>): Promise<string> =>
  hexDigest(["variant", key, ...values])
