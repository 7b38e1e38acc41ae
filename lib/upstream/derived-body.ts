/**
 * Guarded bodies made of others: what is left of them is guarded as before.
 *
 * @module
 */
import type { ChunkRead } from "./body-reader.ts"
import { type CutShort, cutShortBy, type GuardedBody } from "./guarded-body.ts"

type Bytes = Uint8Array<ArrayBuffer>

const end: ChunkRead = { done: true }

/** A body that is held whole already. */
export const bodyOfBytes = (bytes: Uint8Array): GuardedBody => new ResumedBody([bytes])

/** A body of which some has been read, to be read again from its beginning. */
export class ResumedBody implements GuardedBody {
  readonly #chunks: Array<Uint8Array>
  #pending: Promise<ChunkRead> | undefined
  readonly #rest: GuardedBody | undefined

  /**
   * @param chunks what has been read
   * @param rest what follows; `undefined` if that was all
   * @param pending a read of it whose result has not been taken
   */
  constructor(chunks: ReadonlyArray<Uint8Array>, rest?: GuardedBody, pending?: Promise<ChunkRead>) {
    this.#chunks = [...chunks]
    this.#rest = rest
    this.#pending = pending
  }
  get onCutShort(): GuardedBody["onCutShort"] {
    return this.#rest?.onCutShort
  }
  set onCutShort(callback: GuardedBody["onCutShort"]) {
    if (this.#rest !== undefined) this.#rest.onCutShort = callback
  }
  read(expected?: number): Promise<ChunkRead> {
    const value = this.#chunks.shift()
    if (value !== undefined) return Promise.resolve({ done: false, value })
    const pending = this.#pending
    this.#pending = undefined
    return pending ?? this.#rest?.read(expected) ?? Promise.resolve(end)
  }
  cancel(): void {
    this.#rest?.cancel()
  }
  settle(): void {
    this.#rest?.settle()
  }
}

/** A body that is read from another one: both are cut short, cancelled and settled together. */
export abstract class RewrittenBody implements GuardedBody {
  protected readonly origin: GuardedBody

  constructor(origin: GuardedBody) {
    this.origin = origin
  }
  get onCutShort(): GuardedBody["onCutShort"] {
    return this.origin.onCutShort
  }
  set onCutShort(callback: GuardedBody["onCutShort"]) {
    this.origin.onCutShort = callback
  }
  abstract read(): Promise<ChunkRead>
  cancel(): void {
    this.origin.cancel()
  }
  settle(): void {
    this.origin.settle()
  }
}

/** A body as a stream, which it is the guard of. */
export const streamOfBody = (body: GuardedBody): ReadableStream<Bytes> =>
  new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await body.read()
      if (done) controller.close()
      else controller.enqueue(value as Bytes)
    },
    cancel: () => body.cancel(),
  }, { highWaterMark: 0 })

/** A body that a stream makes of another one, such as a decoded one. */
export class TransformedBody implements GuardedBody {
  onCutShort: GuardedBody["onCutShort"] = undefined
  readonly #origin: GuardedBody
  readonly #reader: ReadableStreamDefaultReader<Bytes>
  #isBeingRead = false
  /** How the origin was cut short: runtimes differ in what a transform makes of its source's error. */
  #cut: CutShort | undefined = undefined

  constructor(origin: GuardedBody, transform: (body: ReadableStream<Bytes>) => ReadableStream<Bytes>) {
    this.#origin = origin
    origin.onCutShort = (cut) => {
      this.#cut = cut
      if (!this.#isBeingRead) this.onCutShort?.(cut)
    }
    this.#reader = transform(streamOfBody({
      read: (expected) =>
        origin.read(expected).catch((cause) => {
          this.#cut = cutShortBy(cause)
          throw cause
        }),
      cancel: () => origin.cancel(),
      settle: () => origin.settle(),
      onCutShort: undefined,
    })).getReader()
  }
  async read(): Promise<ChunkRead> {
    this.#isBeingRead = true
    try {
      return await this.#reader.read()
    } catch (cause) {
      throw this.#cut ?? cutShortBy(cause)
    } finally {
      this.#isBeingRead = false
    }
  }
  cancel(): void {
    this.#origin.cancel()
    this.#reader.cancel().catch(() => {})
  }
  settle(): void {
    this.#reader.read().catch(() => {})
  }
}
