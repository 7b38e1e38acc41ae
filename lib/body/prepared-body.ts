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
  /** Whether it may ask for a model, and does not tell for which. */
  readonly isOpaque: boolean
  /** The content coding of its bytes; `undefined` if they have none, or it was undone. */
  readonly coding: string | undefined
  /** Whose it is, if a compat body says so. */
  readonly provider: string | undefined
  /** How many bytes the client sends, if that is known. */
  readonly received: number | undefined
}

/** The request has no body. */
export interface NoBody extends Inspected {
  readonly kind: "none"
}

/** A body that is held whole, so that it can be sent again. */
export interface PreparedBytes extends Inspected {
  readonly kind: "bytes"
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** A body that is streamed up as it comes. */
export interface PreparedStream extends Inspected {
  readonly kind: "stream"
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>
  /** Its length in bytes, if it is known. */
  readonly length: number | undefined
  /** Aborts when it breaks off; its reason is the `GatewayError` that says why. */
  readonly broken: AbortSignal
}

/** The body for a provider. */
export type PreparedBody = NoBody | PreparedBytes | PreparedStream

const noBytes = new Uint8Array(0)

/** The bytes of a body; none if they are not held. */
export const heldBytes = (body: PreparedBody): Uint8Array<ArrayBuffer> =>
  body.kind === "bytes" ? body.bytes : noBytes

/** The length of a body in bytes; `undefined` if it is not known, or there is no body. */
export const lengthOf = (body: PreparedBody): number | undefined =>
  body.kind === "bytes" ? body.bytes.byteLength : body.kind === "stream" ? body.length : undefined

/** How many bytes of JSON a body has, as far as they are known: decoded, for one that came in a content coding. */
export const jsonLength = (body: PreparedBody): number => body.view.bytes ?? lengthOf(body) ?? 0
