/**
 * The body of an answer that guards itself: it runs its timeouts while it is read, ends the request that brings it, and
 * says how it was cut short.
 *
 * @module
 */
import type { ChunkRead, ChunkReader } from "./body-reader.ts"
import type { PolicyCut } from "../errors/policy-errors.ts"
import type { Interruption } from "./cut.ts"
import type { TimeoutKind } from "./timeouts.ts"

/** How a call was cut short, named as the ending of a record. */
export type CallCut = Interruption | TimeoutKind | "upstream_cut"

/** How a body was: by a policy as well, which the ending of a record does not tell apart. */
export type BodyCut = CallCut | PolicyCut

/** A body that did not come to its own end. */
export class CutShort extends Error {
  readonly #ending: BodyCut
  constructor(ending: BodyCut) {
    super(`The answer is not complete: ${ending}`)
    this.#ending = ending
    // Deno (2.9) prints what ends an answer's stream: it is no defect whose place anybody would look for.
    this.stack = `CutShort: ${this.message}`
  }
  get ending(): BodyCut {
    return this.#ending
  }
}

/** `cause` itself if it says how a body was cut short; else the source broke off. */
export const cutShortBy = (cause: unknown): CutShort =>
  cause instanceof CutShort ? cause : new CutShort("upstream_cut")

/** A body with one owner, who reads it to its end or ends it. */
export interface GuardedBody {
  /**
   * The next chunk, or the end of the body. One read at a time.
   *
   * Rejects with `CutShort` if a timeout expires, the source breaks off, or the body is cancelled meanwhile.
   *
   * @param expected how many bytes are still to come, if known
   */
  readonly read: (expected?: number) => Promise<ChunkRead>
  /** Ends the body and what brings it. Does nothing once the body has ended. */
  readonly cancel: () => void
  /**
   * Declares the body complete before its end was read: all bytes that it was to have are there. Timeouts stop, and the
   * end is read in the background so that the runtime returns the connection to its pool.
   */
  readonly settle: () => void
  /** Called at most once, when the body is cut short while no read is pending. The next read rejects as well. */
  onCutShort: ((cut: CutShort) => void) | undefined
}

/** What a guarded body needs of the call that brings it. */
export interface BodyGuard {
  readonly readStarted: () => void
  readonly chunkReceived: () => void
  /** The body is complete: stops the timeouts, and leaves the connection to its pool. */
  readonly settled: () => void
  /** The body is not wanted, or broken: stops the timeouts and aborts the request. */
  readonly aborted: () => void
}

type Settle = (read: ChunkRead) => void

const nothing = (): void => {}

/** The body of a transport's answer. */
export class UpstreamBody implements GuardedBody {
  onCutShort: ((cut: CutShort) => void) | undefined = undefined
  readonly #source: ChunkReader
  readonly #guard: BodyGuard
  #state: "open" | "complete" | CutShort = "open"
  #resolve: Settle | undefined = undefined
  #reject: ((cause: CutShort) => void) | undefined = undefined
  // Not made anew for each chunk, and not in the constructor: see "What V8 keeps" in lib/README.md.
  readonly #awaitRead = (resolve: Settle, reject: (cause: CutShort) => void): void => {
    this.#resolve = resolve
    this.#reject = reject
  }
  readonly #took: Settle = (read) => this.#take(read)
  readonly #broke = (cause: unknown): void => this.#end(cutShortBy(cause))

  constructor(source: ChunkReader, guard: BodyGuard) {
    this.#source = source
    this.#guard = guard
  }
  // Not left to the source to settle the read: whatever it does, a timeout ends it.
  read(expected?: number): Promise<ChunkRead> {
    if (this.#state === "complete") return Promise.resolve({ done: true })
    if (this.#state !== "open") return Promise.reject(this.#state)
    this.#guard.readStarted()
    const read = new Promise(this.#awaitRead)
    try {
      this.#source.read(expected).then(this.#took, this.#broke)
    } catch (cause) {
      this.#broke(cause)
    }
    return read
  }
  cancel(): void {
    if (this.#state === "open") this.#end(new CutShort("client_left"))
  }
  settle(): void {
    if (this.#state !== "open") return
    this.#state = "complete"
    this.#guard.settled()
    const source = this.#source
    if (source.settle === undefined) source.read(1).catch(nothing)
    else source.settle()
  }
  /** Ends the body from outside: a timeout expired, or the request's own body broke off. */
  cutShort(ending: BodyCut): void {
    if (this.#state !== "open") return
    const cut = new CutShort(ending)
    const isBeingRead = this.#reject !== undefined
    this.#end(cut)
    if (!isBeingRead) this.onCutShort?.(cut)
  }
  #take(read: ChunkRead): void {
    const resolve = this.#resolve
    // Cut short meanwhile.
    if (resolve === undefined) return
    this.#resolve = this.#reject = undefined
    if (read.done) {
      this.#state = "complete"
      this.#guard.settled()
    } else this.#guard.chunkReceived()
    resolve(read)
  }
  #end(cut: CutShort): void {
    if (this.#state !== "open") return
    this.#state = cut
    const reject = this.#reject
    this.#resolve = this.#reject = undefined
    // Abort first, then show the client: showing may wait for a client that is paused.
    this.#guard.aborted()
    this.#source.cancel().catch(() => {})
    reject?.(cut)
  }
}
