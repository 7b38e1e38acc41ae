/**
 * The relay of one body: pulled by its reader, watched as it passes, ended once.
 *
 * @module
 */
import type { Ending } from "../record/request-record.ts"
import type { AnswerWatch } from "../answer/answer-watch.ts"
import { CutShort, type Flow, type Sink, streamOf } from "./body-flow.ts"
import type { ChunkReader } from "../upstream/body-reader.ts"

/** Leaves a part of a body out as it passes. */
export interface BodyFilter {
  /** What is to go on once these bytes have come; it may hold some of them back. */
  readonly push: (chunk: Uint8Array) => Uint8Array
  /** What is still held back when the body has come to its own end. */
  readonly finish: () => Uint8Array
}

/** A body to relay, and who wants to know about it. */
export interface RelayInput {
  readonly reader: ChunkReader
  /**
   * How many bytes it has, where that is known: it ends with the last of them, and not when the reader sees so. A client
   * that counts may ask again before that, for what is to be kept by then.
   */
  readonly length?: number | undefined
  /** Watches for the end that the body's form has; nothing where the end of the body is the end. */
  readonly watch: AnswerWatch | undefined
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

/** A body on its way to the client, who gets it by one of `body` and `into`. */
export interface BodyRelay {
  /**
   * As a stream, which is made when it is first asked for. No getter: V8 makes a hidden class of its own, which lives
   * long, for every object whose literal has one, and all that its closures hold outlives the request (a fifth of the
   * CPU of a call on Node 20).
   */
  readonly body: () => ReadableStream<Uint8Array>
  /** Without a stream, for a host that can do without. */
  readonly into: (sink: Sink) => Flow
  /**
   * The whole of a body of known length that comes in one piece, which is relayed then; nothing where it does not, and
   * `body` brings it. To be asked at most once and before `body`, of a relay that neither drains nor filters:
   * it spares a short answer the stream, a third of what its relay costs on Bun and half of that on Node.
   */
  readonly whole: () => Promise<Uint8Array | undefined>
  /** Ends it from outside. Does nothing once it has ended. */
  readonly cut: (ending: Ending) => void
}

/** Starts to relay a body. Nothing is read before the client asks for it. */
export const relayBody = (
  { reader, length, watch, isSource = false, filter, drains = false, onWaiting, onChunk, onPassed, onEnd }:
    RelayInput,
): BodyRelay => {
  let sink: Sink | undefined
  /** How the body ended before it was asked for. */
  let fate: ((sink: Sink) => void) | undefined
  /** A read whose result is yet to be relayed. */
  let ahead: ReturnType<typeof reader.read> | undefined
  let received = 0
  let ended = false
  let reading = false
  /** The client has left, and the body is read on. */
  let left = false
  let giveUp = (): void => {}

  const end = (ending: Ending, whole = false): void => {
    ended = true
    onEnd(ending, whole)
    // The read that it waits for may never come to anything.
    giveUp()
  }
  const show = (how: NonNullable<typeof fate>): void => {
    if (sink === undefined) fate = how
    else how(sink)
  }
  const next = (expected?: number): ReturnType<typeof reader.read> => {
    onWaiting()
    reading = true
    const read = ahead ?? reader.read(expected)
    ahead = undefined
    return read
  }
  const take = (chunk: Uint8Array): void => {
    received += chunk.byteLength
    watch?.push(chunk)
    onChunk(chunk)
  }
  const pass = (chunk: Uint8Array): boolean => {
    if (chunk.byteLength === 0) return false
    onPassed?.(chunk)
    sink?.enqueue(chunk)
    return true
  }
  /** The runtime lets go of the connection when somebody has seen the end. */
  const seeEnd = (): void => void reader.read(1).catch(() => {})
  const endLeft = (): void =>
    end("client_left", watch === undefined || length !== undefined || watch.mayEnd())
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
    if (watch?.isComplete()) {
      end("complete")
      const rest = filter?.finish()
      return show((_) => {
        if (rest !== undefined && rest.byteLength > 0) _.enqueue(rest)
        _.close()
      })
    }
    if (drains && ending === "client_left") {
      leave()
      return show((_) => _.close())
    }
    end(ending)
    reader.cancel().catch(() => {})
    // Nobody reads any more, and a failed body would be logged by Deno as an error of the server's.
    if (ending === "client_left") return show((_) => _.close())
    const closing = isSource ? undefined : watch?.closing(ending)
    if (closing === undefined) return show((_) => _.error(new CutShort(ending)))
    // What a filter still holds is the beginning of an event that never came: its client must get to the error.
    show((_) => {
      if (closing.byteLength > 0) _.enqueue(closing)
      _.close()
    })
  }

  const pull = async (): Promise<void> => {
    try {
      for (;;) {
        const { done, value } = await next()
        reading = false
        if (ended) return
        if (done) break
        take(value)
        if (left) return await readOn()
        const passed = pass(filter === undefined ? value : filter.push(value))
        if (received === length) {
          seeEnd()
          break
        }
        if (passed) return
      }
      if (left) return endLeft()
      if (length === undefined && watch !== undefined && !watch.mayEnd()) return cut("upstream_cut")
      if (filter !== undefined) pass(filter.finish())
      end("complete", true)
      sink?.close()
    } catch (error) {
      cut(error instanceof CutShort ? error.ending : "upstream_cut")
    }
  }
  const cancel = (): Promise<unknown> | undefined => {
    if (ended || left) return undefined
    const complete = watch?.isComplete() ?? false
    if (drains && !complete) {
      leave()
      return undefined
    }
    // A client that stops reading after the end mark has its whole answer.
    end(complete ? "complete" : "client_left")
    return reader.cancel().catch(() => {})
  }
  const into = (given: Sink): Flow => {
    sink = given
    fate?.(given)
    return { pull, cancel }
  }

  const whole = (): Promise<Uint8Array | undefined> =>
    new Promise((resolve) => {
      if (length === undefined || ended) return resolve(undefined)
      giveUp = () => resolve(undefined)
      ahead = next(length)
      ahead.then(({ value }) => {
        if (ended || value?.byteLength !== length) return giveUp()
        take(value)
        onPassed?.(value)
        resolve(value)
        end("complete", true)
        seeEnd()
      }, giveUp)
    })

  let body: ReadableStream<Uint8Array> | undefined
  return {
    body: () => body ??= streamOf(into),
    into,
    whole,
    cut,
  }
}
