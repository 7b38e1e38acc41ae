/**
 * The relay of one body: pulled by its reader, observed as it passes, ended once.
 *
 * @module
 */
import { concatBytes } from "../bytes/concat.ts"
import type { Member } from "../bytes/roster.ts"
import type { Ending } from "../record/request-record.ts"
import { isPolicyCut } from "../errors/policy-errors.ts"
import type { ChunkRead } from "../upstream/body-reader.ts"
import type { CutListener, Interruption } from "../upstream/cut.ts"
import { startRuntimeTimer, type StartTimer } from "../time/Timer.ts"
import { type BodyCut, CutShort, cutShortBy, type GuardedBody } from "../upstream/guarded-body.ts"
import { endingAtCut, endingAtEnd } from "./ending.ts"
import { KeepAlive, keepAliveComment } from "./keep-alive.ts"
import { type Flow, type Sink, streamOf } from "./body-flow.ts"
import type { RelayInput } from "./relay-input.ts"

/** A body on its way to the client, by either `body` or `into`. */
export interface BodyRelay extends Member, CutListener {
  /**
   * As a stream, which is created at the first call. Not a getter: V8 creates a long-lived hidden class for every
   * object whose literal has one, and everything that its closures refer to outlives the request (a fifth of the CPU
   * of a call on Node 20).
   */
  readonly body: () => ReadableStream<Uint8Array>
  /** Without a stream, for a host that can do without. */
  readonly into: (sink: Sink) => Flow
  /**
   * Passes a body of known length to `use` if it comes in one piece, and is then relayed; otherwise passes
   * `undefined`, and `body` has all of it. Must be called at most once and before `body`, on a relay that does not
   * read on after a disconnect, and whose observer removes nothing. It saves a short answer the stream, a third of
   * the cost of its relay on Bun and half of it on Node.
   */
  readonly whole: <A>(use: (bytes: Uint8Array | undefined) => A) => Promise<A>
  /** Ends the relay from outside. Does nothing once it has ended. */
  readonly cut: (ending: BodyCut) => void
}

/**
 * Starts to relay a body. Nothing is read before the client asks for it.
 *
 * @param onEnded called with the relay itself, just before `input.onEnd`
 */
export const relayBody = (
  input: RelayInput,
  onEnded?: (relay: BodyRelay) => void,
  startTimer: StartTimer = startRuntimeTimer,
): BodyRelay => {
  const { keepAliveAfter } = input
  const keepAlive = keepAliveAfter === undefined ? undefined : new KeepAlive(keepAliveAfter, startTimer)
  const relay = new Relay(input, onEnded, keepAlive)
  input.body.onCutShort = cutting(relay)
  return relay
}

/** A function of its own: see "What V8 keeps" in lib/README.md. */
const cutting = (relay: BodyRelay): GuardedBody["onCutShort"] => ({ ending }) => relay.cut(ending)

const none = new Uint8Array(0)

/** Shows the end of a body to its client. */
type Shown = (sink: Sink) => void

const closed: Shown = (sink) => sink.close()

/** One relay, in one of three states. A class, since each answer has one: its shape is fixed, its methods are shared. */
class Relay implements BodyRelay, Flow {
  place = -1
  readonly #input: RelayInput
  readonly #onEnded: ((relay: BodyRelay) => void) | undefined
  readonly #keepAlive: KeepAlive | undefined
  /**
   * - `relaying`: bytes are passed on.
   * - `draining`: the client has left, and the body is read to its end for its observers.
   * - `ended`: nothing is read any more.
   */
  #state: "relaying" | "draining" | "ended" = "relaying"
  #sink: Sink | undefined = undefined
  /** How the body ended before there was a sink to show it to. */
  #unshown: Shown | undefined = undefined
  #isReading = false
  /** A read whose result has not been relayed yet. */
  #ahead: Promise<ChunkRead> | undefined = undefined
  #received = 0
  #stream: ReadableStream<Uint8Array> | undefined = undefined

  constructor(
    input: RelayInput,
    onEnded: ((relay: BodyRelay) => void) | undefined,
    keepAlive: KeepAlive | undefined,
  ) {
    this.#input = input
    this.#onEnded = onEnded
    this.#keepAlive = keepAlive
  }

  body(): ReadableStream<Uint8Array> {
    return this.#stream ??= streamOf((sink) => this.into(sink))
  }

  into(sink: Sink): Flow {
    this.#sink = sink
    this.#unshown?.(sink)
    return this
  }

  whole<A>(use: (bytes: Uint8Array | undefined) => A): Promise<A> {
    const { length } = this.#input
    if (length === undefined || this.#state !== "relaying") return Promise.resolve(use(undefined))
    // Whatever cuts the relay cancels the body, and so ends the read.
    const ahead = this.#ahead = this.#read(length)
    return ahead.then(({ value }) => use(this.#tookWhole(value)), (cause: unknown) => {
      this.cut(cutShortBy(cause).ending)
      return use(undefined)
    })
  }

  #tookWhole(value: Uint8Array | undefined): Uint8Array | undefined {
    const { body, length } = this.#input
    if (value === undefined || this.#state !== "relaying" || value.byteLength !== length) return undefined
    try {
      this.#take(value)
      this.#input.onPassed?.(value)
      this.#end("complete", true)
      body.settle()
      return value
    } catch (cause) {
      this.cut(cutShortBy(cause).ending)
      return undefined
    }
  }

  async pull(): Promise<void> {
    const { body, length } = this.#input
    try {
      while (this.#state === "relaying") {
        const read = this.#read()
        const result = this.#keepAlive === undefined ? await read : await this.#keepAlive.unlessSilent(read)
        this.#isReading = false
        if (result === undefined) this.#putOff(read)
        if (this.#isEnded()) return
        if (result === undefined) return this.#isDraining() ? await this.#readOn() : this.#comment()
        const { done, value } = result
        if (done) return this.#endOfSource()
        const rest = this.#take(value)
        if (this.#isDraining()) return await this.#readOn()
        const passed = this.#pass(rest)
        if (this.#received === length) {
          body.settle()
          return this.#endOfSource()
        }
        if (passed) return
      }
    } catch (cause) {
      if (this.#isDraining()) this.#endDraining()
      else this.cut(cutShortBy(cause).ending)
    }
  }

  /** The client has stopped reading. */
  cancel(): void {
    if (this.#state !== "relaying") return
    const { body, observer, readsOnAfterDisconnect } = this.#input
    const ending = endingAtCut(observer, "client_left")
    if (readsOnAfterDisconnect === true && ending !== "complete") return this.#drain()
    this.#end(ending)
    body.cancel()
  }

  interrupted(reason: Interruption): void {
    this.cut(reason)
  }

  cut(cut: BodyCut): void {
    const { body, observer, readsOnAfterDisconnect } = this.#input
    if (this.#state === "ended") return
    if (this.#state === "draining") return cut === "client_left" ? undefined : this.#endDraining()
    const ending = endingAtCut(observer, cut)
    if (ending === "client_left" && readsOnAfterDisconnect === true) {
      this.#drain()
      return this.#show(closed)
    }
    this.#end(ending)
    // Abort first, then show the client: a paused client must not keep Baseten busy.
    body.cancel()
    if (ending === "complete") return this.#show(closedAfter(this.#last(observer?.finish())))
    // The client is gone: close without an error, which Deno would log as a server error.
    if (ending === "client_left") return this.#show(closed)
    const closing = this.#input.isUpstreamOfBroadcast === true ? undefined : observer?.closing(ending)
    if (closing === undefined) return this.#show((sink) => sink.error(new CutShort(ending)))
    // Drops what the observer still holds, the beginning of an incomplete event, so that the client sees the error
    // event.
    this.#show(closedAfter(this.#last(closing)))
  }

  // Methods, since TypeScript would assume that a state it has narrowed stays the same across an `await`.
  #isEnded(): boolean {
    return this.#state === "ended"
  }
  #isDraining(): boolean {
    return this.#state === "draining"
  }

  #read(expected?: number): Promise<ChunkRead> {
    this.#isReading = true
    const read = this.#ahead ?? this.#input.body.read(expected)
    this.#ahead = undefined
    return read
  }
  /** Observes a chunk, and returns the part to pass on. */
  #take(chunk: Uint8Array): Uint8Array {
    const input = this.#input
    this.#received += chunk.byteLength
    const rest = input.observer === undefined ? chunk : input.observer.push(chunk)
    input.onChunk(chunk)
    return rest
  }
  #pass(chunk: Uint8Array): boolean {
    if (chunk.byteLength === 0) return false
    const { onPassed, outlet } = this.#input
    onPassed?.call(this.#input, chunk)
    const given = outlet === undefined ? chunk : outlet.push(chunk)
    if (given.byteLength === 0) return false
    this.#keepAlive?.passed(given)
    this.#sink?.enqueue(given)
    return true
  }
  /** Leaves a pending read to the next pull. Until then, its failure has to be handled here. */
  #putOff(read: Promise<ChunkRead>): void {
    this.#ahead = read
    read.catch((cause: unknown) => {
      if (this.#ahead === read) this.cut(cutShortBy(cause).ending)
    })
  }
  #comment(): void {
    this.#sink?.enqueue(keepAliveComment)
  }
  /** The last bytes that the client gets. */
  #last(bytes: Uint8Array | undefined): Uint8Array | undefined {
    const { outlet } = this.#input
    if (outlet === undefined) return bytes
    const passed = bytes === undefined ? none : outlet.push(bytes)
    const rest = outlet.finish()
    return concatBytes([passed, rest], passed.length + rest.length)
  }
  #show(how: Shown): void {
    if (this.#sink === undefined) this.#unshown = how
    else how(this.#sink)
  }
  #end(ending: Ending | BodyCut, whole = false): void {
    this.#state = "ended"
    this.#onEnded?.(this)
    if (isPolicyCut(ending)) this.#input.onEnd("blocked", whole, ending)
    else this.#input.onEnd(ending, whole)
  }
  /** The source has ended. */
  #endOfSource(): void {
    const { length, observer, outlet } = this.#input
    if (this.#state === "draining") return this.#endDrained()
    const ending = endingAtEnd(observer, length)
    if (ending !== "complete") return this.cut(ending)
    if (observer !== undefined) this.#pass(observer.finish())
    const rest = outlet?.finish() ?? none
    if (rest.length > 0) this.#sink?.enqueue(rest)
    this.#end("complete", true)
    this.#sink?.close()
  }
  #drain(): void {
    this.#state = "draining"
    // A pull that waits for a read continues with its result.
    if (!this.#isReading) void this.#readOn()
  }
  async #readOn(): Promise<void> {
    try {
      while (this.#state === "draining") {
        const { done, value } = await this.#read()
        if (this.#isEnded()) return
        if (done) return this.#endDrained()
        this.#take(value)
      }
    } catch {
      if (!this.#isEnded()) this.#endDraining()
    }
  }
  #endDraining(): void {
    this.#end("client_left")
    this.#input.body.cancel()
  }
  #endDrained(): void {
    const { length, observer } = this.#input
    this.#end("client_left", endingAtEnd(observer, length) === "complete")
  }
}

const closedAfter = (bytes: Uint8Array | undefined): Shown => (sink) => {
  if (bytes !== undefined && bytes.byteLength > 0) sink.enqueue(bytes)
  sink.close()
}
