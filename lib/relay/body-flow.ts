/**
 * How a body flows to those who read it.
 *
 * @module
 */
import type { Ending } from "../record/request-record.ts"

/** Takes a body: what a stream's controller does. */
export interface Sink {
  readonly enqueue: (chunk: Uint8Array) => void
  /** The body has ended as it should. */
  readonly close: () => void
  /** It broke off, which the client must see. */
  readonly error: (cause: unknown) => void
}

/** A body that flows into a sink. */
export interface Flow {
  /** Asks for a chunk. Resolves when there was one, or the sink was told of the end; never rejects. */
  readonly pull: () => Promise<void>
  /** The client reads no more. */
  readonly cancel: () => Promise<unknown> | undefined
}

/** How a body that others relay was cut. */
export class CutShort extends Error {
  readonly ending: Ending
  constructor(ending: Ending) {
    super(`The answer is not complete: ${ending}`)
    this.ending = ending
  }
}

/** A flow as a stream. */
export const streamOf = (into: (sink: Sink) => Flow): ReadableStream<Uint8Array> => {
  let flow: Flow
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      flow = into(controller)
    },
    pull: () => flow.pull(),
    cancel: async () => void await flow.cancel(),
  }, { highWaterMark: 0 })
}
