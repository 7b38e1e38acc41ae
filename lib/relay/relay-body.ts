/**
 * The relay of one body: pulled by its reader, watched as it passes, ended once.
 *
 * @module
 */
import type { Ending } from "../telemetry/request-record.ts"
import type { SseTap } from "./sse-tap.ts"

/** A body to relay, and who wants to know about it. */
export interface RelayInput {
  readonly source: ReadableStream<Uint8Array>
  /** Watches for the end of a framed stream; nothing where the end of the body is the end. */
  readonly tap: SseTap | undefined
  /** Whether other relays read the body: how it was cut is then an error, which each of them shows to its client. */
  readonly isSource?: boolean
  /** The client waits for bytes. */
  readonly onWaiting: () => void
  /** Bytes are about to be handed on. */
  readonly onChunk: (chunk: Uint8Array) => void
  /**
   * The body has ended. Called once.
   *
   * @param whole whether the source came to its own end; where it did not, its request is to be ended
   */
  readonly onEnd: (ending: Ending, whole: boolean) => void
}

/** A body on its way to the client. */
export interface BodyRelay {
  readonly body: ReadableStream<Uint8Array>
  /** Ends it from outside. Does nothing once it has ended. */
  readonly cut: (ending: Ending) => void
}

class CutShort extends Error {
  readonly ending: Ending
  constructor(ending: Ending) {
    super(`The answer is not complete: ${ending}`)
    this.ending = ending
  }
}

/** Starts to relay a body. Nothing is read before the client asks for it. */
export const relayBody = (
  { source, tap, isSource = false, onWaiting, onChunk, onEnd }: RelayInput,
): BodyRelay => {
  const reader = source.getReader()
  let controller: ReadableStreamDefaultController<Uint8Array>
  let ended = false

  const end = (ending: Ending, whole = false): void => {
    ended = true
    onEnd(ending, whole)
  }
  // Abort first, then show the client: a paused client must not keep Baseten busy.
  const cut = (ending: Ending): void => {
    if (ended) return
    if (tap?.isComplete()) {
      end("complete")
      return controller.close()
    }
    end(ending)
    reader.cancel().catch(() => {})
    // Nobody reads any more, and a failed body would be logged by Deno as an error of the server's.
    if (ending === "client_left") return controller.close()
    if (tap === undefined || isSource) return controller.error(new CutShort(ending))
    const closing = tap.closing(ending)
    if (closing !== undefined) controller.enqueue(closing)
    controller.close()
  }

  const body = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given
    },
    pull: async () => {
      onWaiting()
      try {
        const { done, value } = await reader.read()
        if (ended) return
        if (!done) {
          tap?.push(value)
          onChunk(value)
          controller.enqueue(value)
        } else if (tap === undefined || tap.isComplete()) {
          end("complete", true)
          controller.close()
        } else {
          cut("upstream_cut")
        }
      } catch (error) {
        cut(error instanceof CutShort ? error.ending : "upstream_cut")
      }
    },
    cancel: () => {
      if (ended) return
      // A client that stops reading after the end mark has its whole answer.
      end(tap?.isComplete() ? "complete" : "client_left")
      return reader.cancel().catch(() => {})
    },
  }, { highWaterMark: 0 })

  return { body, cut }
}
