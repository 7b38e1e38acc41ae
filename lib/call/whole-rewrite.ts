/**
 * Answers that the gateway reads whole and rewrites.
 *
 * @module
 */
import type { HeaderFields } from "../headers/header-fields.ts"

/** How an answer is rewritten. */
export interface WholeRewrite {
  /** Whether it is rewritten even in a content coding that cannot be read. */
  readonly isRequired: boolean
  /** The new body; `headers` are those of the answer, to be changed with it. */
  readonly rewrite: (bytes: Uint8Array<ArrayBuffer>, headers: HeaderFields) => Uint8Array<ArrayBuffer>
}

/** Describes a rewritten body, which is JSON, in its headers. */
export const describeRewritten = (headers: HeaderFields): void => {
  headers.set("content-type", "application/json")
  headers.delete("content-length")
  headers.delete("content-encoding")
  headers.delete("etag")
}
