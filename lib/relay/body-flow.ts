/**
 * The flow of a body to its reader.
 *
 * @module
 */

/** Takes a body, as a stream's controller does. */
export interface Sink {
  readonly enqueue: (chunk: Uint8Array) => void
  /** The body has ended regularly. */
  readonly close: () => void
  /** It broke off, which the client must see. */
  readonly error: (cause: unknown) => void
}

/** A body that flows into a sink. */
export interface Flow {
  /** Asks for a chunk. Resolves when the sink has been given one, or the end; never rejects. */
  readonly pull: () => Promise<void>
  /** The client has stopped reading. */
  readonly cancel: () => void
}

/** A flow as a stream. */
export const streamOf = (into: (sink: Sink) => Flow): ReadableStream<Uint8Array> => {
  let flow: Flow
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      flow = into(controller)
    },
    pull: () => flow.pull(),
    cancel: () => flow.cancel(),
  }, { highWaterMark: 0 })
}
