/**
 * An answer that is no `Response` yet: some hosts are better served without one.
 *
 * @module
 */
import type { BodyRelay } from "./relay-body.ts"

/** A body that is being relayed: as a stream, or without one. */
export type RelayedBody = Pick<BodyRelay, "body" | "into">

/** What a request is answered with. */
export interface Answer {
  readonly status: number
  readonly statusText: string
  readonly headers: Headers
  readonly body: RelayedBody | Uint8Array | null
}

/** The answer as a `Response`. */
export const toResponse = ({ status, statusText, headers, body }: Answer): Response =>
  new Response((body instanceof Uint8Array ? body : body?.body() ?? null) as BodyInit | null, {
    status,
    statusText,
    headers,
  })
