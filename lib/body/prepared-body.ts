/**
 * The body that goes to a provider, and what was seen of it.
 *
 * @module
 */
import type { BodyView } from "./body-view.ts"

/** What is known of a body, whatever form it has. */
interface Inspected {
  /** What was seen of it. */
  readonly view: BodyView
  /** Whether it may ask for a model that the gateway could not read. */
  readonly isOpaque: boolean
  /** The content coding of its bytes; `undefined` if they have none, or were decoded. */
  readonly coding: string | undefined
  /** The provider that a compat body names. */
  readonly provider: string | undefined
  /** How many bytes the client sends, if known. */
  readonly received: number | undefined
}

/** The request has no body. */
export interface NoBody extends Inspected {
  readonly kind: "none"
}

/** A body that is held whole, and so can be sent again. */
export interface PreparedBytes extends Inspected {
  readonly kind: "bytes"
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** A body that is streamed up as it arrives. */
export interface PreparedStream extends Inspected {
  readonly kind: "stream"
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>
  /** Its length in bytes, if known. */
  readonly length: number | undefined
  /** Aborts when it breaks off; its reason is the `GatewayError` that says why. */
  readonly broken: AbortSignal
}

/** The body for a provider. */
export type PreparedBody = NoBody | PreparedBytes | PreparedStream

const noBytes = new Uint8Array(0)

/** The bytes of a body; empty if they are not held. */
export const heldBytes = (body: PreparedBody): Uint8Array<ArrayBuffer> =>
  body.kind === "bytes" ? body.bytes : noBytes

/** The length of a body in bytes; `undefined` if it is not known, or there is no body. */
export const lengthOf = (body: PreparedBody): number | undefined =>
  body.kind === "bytes" ? body.bytes.byteLength : body.kind === "stream" ? body.length : undefined

/** How many bytes of JSON a body has, as far as known: after decoding, if it arrived in a content coding. */
export const jsonLength = (body: PreparedBody): number => body.view.bytes ?? lengthOf(body) ?? 0
