/**
 * Bodies of answers that are checked while they stream.
 *
 * @module
 */
import type { BodyRewriter } from "../dlp/body-rewriter.ts"
import type { ChunkRead } from "../upstream/body-reader.ts"
import { ResumedBody, RewrittenBody } from "../upstream/derived-body.ts"
import { CutShort, cutShortBy, type GuardedBody } from "../upstream/guarded-body.ts"

/** A body of which a part has been read, followed by the rest, or by an early end. */
export const brokenBody = (
  cut: CutShort | undefined,
  chunks: ReadonlyArray<Uint8Array>,
  rest: GuardedBody,
): GuardedBody => new ResumedBody(chunks, rest, cut && rejected(cut))

const rejected = (cut: CutShort): Promise<ChunkRead> => {
  const read = Promise.reject(cut)
  // It may never be read, and its rejection must not count as unhandled.
  read.catch(() => {})
  return read
}

/** A body whose chunks go through a rewriter. */
export class DlpBody extends RewrittenBody {
  readonly #rewriter: BodyRewriter
  readonly #isBlocked: () => boolean
  #ended: ChunkRead | CutShort | undefined

  /** @param isBlocked called after each chunk; a blocked body ends, and its source is cancelled */
  constructor(origin: GuardedBody, rewriter: BodyRewriter, isBlocked: () => boolean) {
    super(origin)
    this.#rewriter = rewriter
    this.#isBlocked = isBlocked
  }

  async read(): Promise<ChunkRead> {
    for (;;) {
      if (this.#ended instanceof CutShort) throw this.#ended
      if (this.#ended !== undefined) return this.#ended
      const value = await this.#next()
      if (this.#isBlocked()) {
        this.#ended = new CutShort("blocked")
        this.origin.cancel()
      } else if (value.length > 0) return { done: false, value }
    }
  }

  /** The part of the next chunk that is passed on; at the end, what the rewriter still holds. */
  async #next(): Promise<Uint8Array> {
    try {
      const { done, value } = await this.origin.read()
      if (!done) return this.#rewriter.push(value)
      this.#ended = { done: true }
    } catch (cause) {
      if (cause instanceof RangeError) this.origin.cancel()
      this.#ended = cutShortBy(cause)
    }
    return this.#rewriter.finish()
  }
}
