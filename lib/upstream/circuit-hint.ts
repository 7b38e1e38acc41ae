/**
 * The hint that an instance leaves for others when it opens a circuit: when, and until when, by the store's clock.
 *
 * @module
 */
import { hex } from "../bytes/hex.ts"
import { parseOrUndefined } from "../json/parse.ts"
import { sha256Now } from "../redaction/sha256.ts"

/** Times in milliseconds since 1970. */
export interface CircuitHint {
  readonly opened: number
  readonly until: number
}

/** Under which key the hint of a host is kept: callers choose model ids, and so hosts. */
export const hintKey = (host: string): string => `circuit:${hex(sha256Now(host))}`

/** A hint in bytes. */
export const encodeHint = ({ opened, until }: CircuitHint): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(JSON.stringify([opened, until]))

/** The hint in bytes; `undefined` if they are something else, since others write to the store as well. */
export const decodeHint = (bytes: Uint8Array): CircuitHint | undefined => {
  const value = parseOrUndefined(new TextDecoder().decode(bytes.subarray(0, 100)))
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [opened, until] = value as ReadonlyArray<unknown>
  return typeof opened === "number" && typeof until === "number" && until > opened
    ? { opened, until }
    : undefined
}
