/**
 * The relay of one body: pulled by its reader, watched as it passes, ended once.
 *
 * @module
 */
import type { Ending } from "../telemetry/request-record.ts"
import { type OpenReader, readChunks } from "./chunk-reader.ts"
import type { SseTap } from "./sse-tap.ts"

/** Leaves a part of a body out as it passes. */
export interface BodyFilter {
  /** What is to go on once these bytes have come; it may hold some of them back. */
  readonly push: (chunk: Uint8Array) => Uint8Array
  /** What is still held back when the body has come to its own end. */
  readonly finish: () => Uint8Array
}

/** A body to relay, and who wants to know about it. */
export interface RelayInput {
  readonly source: ReadableStream<Uint8Array>
  /** Watches for the end of a framed stream; nothing where the end of the body is the end. */
  readonly tap: SseTap | undefined
  /** Whether other relays read the body: how it was cut is then an error, which each of them shows to its client. */
  readonly isSource?: boolean
  readonly filter?: BodyFilter | undefined
  /** Whether the body is read to its end when the client has left: those who watch it want to know the rest. */
  readonly drains?: boolean
  /** The client waits for bytes. */
  readonly onWaiting: () => void
  /** Bytes have come. */
  readonly onChunk: (chunk: Uint8Array) => void
  /** Bytes are about to be handed on. */
  readonly onPassed?: (chunk: Uint8Array) => void
  /**
   * The body has ended. Called once.
   *
   * @param whole whether the source came to its own end; where it did not, its request is to be ended
   */
  readonly onEnd: (ending: Ending, whole: boolean) => void
}

/** A body on its way to the client. */
export interface BodyRelay {
  /** Made when it is asked for. */
  readonly body: ReadableStream<Uint8Array>
  /**
   * The whole of a body that comes in one piece of the given length, which is relayed then; nothing where it does not,
   * and `body` brings it. To be asked at most once and before `body`, of a relay that neither drains nor filters:
   * it spares a short answer the stream, a third of what its relay costs on Bun and half of that on Node.
   */
  readonly whole: (length: number) => Promise<Uint8Array | undefined>
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
  { source, tap, isSource = false, filter, drains = false, onWaiting, onChunk, onPassed, onEnd }: RelayInput,
  openReader: OpenReader = readChunks,
): BodyRelay => {
  const reader = openReader(source)
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  /** How the body ended before it was asked for. */
  let fate: ((controller: ReadableStreamDefaultController<Uint8Array>) => void) | undefined
  /** A read whose result is yet to be relayed. */
  let ahead: ReturnType<typeof reader.read> | undefined
  let ended = false
  let reading = false
  /** The client has left, and the body is read on. */
  let left = false

  const end = (ending: Ending, whole = false): void => {
    ended = true
    onEnd(ending, whole)
  }
  const show = (how: NonNullable<typeof fate>): void => {
    if (controller === undefined) fate = how
    else how(controller)
  }
  const next = (): ReturnType<typeof reader.read> => {
    onWaiting()
    reading = true
    const read = ahead ?? reader.read()
    ahead = undefined
    return read
  }
  const take = (chunk: Uint8Array): void => {
    tap?.push(chunk)
    onChunk(chunk)
  }
  const pass = (chunk: Uint8Array): boolean => {
    if (chunk.byteLength === 0) return false
    onPassed?.(chunk)
    controller?.enqueue(chunk)
    return true
  }
  const endLeft = (): void => end("client_left", tap === undefined || tap.isComplete())
  const readOn = async (): Promise<void> => {
    try {
      for (;;) {
        const { done, value } = await next()
        if (ended) return
        if (done) return endLeft()
        take(value)
      }
    } catch {
      if (!ended) end("client_left")
    }
  }
  const leave = (): void => {
    left = true
    if (!reading) void readOn()
  }
  // Abort first, then show the client: a paused client must not keep Baseten busy.
  const cut = (ending: Ending): void => {
    if (ended) return
    if (left) {
      if (ending === "client_left") return
      end("client_left")
      return void reader.cancel().catch(() => {})
    }
    if (tap?.isComplete()) {
      end("complete")
      return show((_) => _.close())
    }
    if (drains && ending === "client_left") {
      leave()
      return show((_) => _.close())
    }
    end(ending)
    reader.cancel().catch(() => {})
    // Nobody reads any more, and a failed body would be logged by Deno as an error of the server's.
    if (ending === "client_left") return show((_) => _.close())
    if (tap === undefined || isSource) return show((_) => _.error(new CutShort(ending)))
    // What a filter still holds is the beginning of an event that never came: its client must get to the error.
    const closing = tap.closing(ending)
    show((_) => {
      if (closing !== undefined) _.enqueue(closing)
      _.close()
    })
  }

  const open = () =>
    new ReadableStream<Uint8Array>({
      start: (given) => {
        controller = given
        fate?.(given)
      },
      pull: async () => {
        try {
          for (;;) {
            const { done, value } = await next()
            reading = false
            if (ended) return
            if (done) break
            take(value)
            if (left) return await readOn()
            if (pass(filter === undefined ? value : filter.push(value))) return
          }
          if (left) return endLeft()
          if (tap !== undefined && !tap.isComplete()) return cut("upstream_cut")
          if (filter !== undefined) pass(filter.finish())
          end("complete", true)
          controller?.close()
        } catch (error) {
          cut(error instanceof CutShort ? error.ending : "upstream_cut")
        }
      },
      cancel: () => {
        if (ended || left) return
        const complete = tap?.isComplete() ?? false
        if (drains && !complete) return leave()
        // A client that stops reading after the end mark has its whole answer.
        end(complete ? "complete" : "client_left")
        return reader.cancel().catch(() => {})
      },
    }, { highWaterMark: 0 })

  const whole = async (length: number): Promise<Uint8Array | undefined> => {
    const first = next()
    ahead = first
    const { done, value } = await first.catch(() => ({ done: true, value: undefined }) as const)
    if (ended || done || value.byteLength !== length) return undefined
    take(value)
    onPassed?.(value)
    end("complete", true)
    // The runtime lets go of the connection when somebody has seen the end.
    reader.read().catch(() => {})
    return value
  }

  let body: ReadableStream<Uint8Array> | undefined
  return {
    get body() {
      return body ??= open()
    },
    whole,
    cut,
  }
}
