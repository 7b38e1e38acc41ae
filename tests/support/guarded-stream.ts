import { type BodyGuard, UpstreamBody } from "../../lib/upstream/guarded-body.ts"

/** For bodies that no call brings. */
export const unguarded: BodyGuard = {
  readStarted: () => {},
  chunkReceived: () => {},
  settled: () => {},
  aborted: () => {},
}

/** A stream as the body of an answer, without timeouts. */
export const guardedStream = (source: ReadableStream<Uint8Array>): UpstreamBody =>
  new UpstreamBody(source.getReader(), unguarded)
