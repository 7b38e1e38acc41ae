/**
 * One body for several readers, each of which gets all of it.
 *
 * The source is pulled only while a reader waits for bytes that have not arrived yet. Bytes are held for readers that are
 * behind, and for those that may still subscribe: up to `limit` bytes in all. A body that grows longer accepts no more
 * readers, and drops what every reader has passed.
 *
 * A reader that pauses does not hold up the others until they are `limit` bytes ahead. Then they wait for the slowest:
 * holding more would let one client fill the memory, and cutting the slowest off would fail a sound answer. They go on
 * when the slowest reads on or leaves.
 *
 * @module
 */
import type { ChunkRead, ChunkReader } from "../upstream/body-reader.ts"
import { CutShort, cutShortBy, type GuardedBody } from "../upstream/guarded-body.ts"

/** The bound of a broadcast, and its callbacks. */
export interface BroadcastOptions {
  /**
   * How many bytes are held beyond the slowest reader, at least 1. One chunk may exceed it: its length is known only once
   * it has been read.
   */
  readonly limit: number
  /** The last reader has left before the end; the source is being cancelled. Called at most once. */
  readonly onAllLeft: () => void
  /** From now on `subscribe()` returns `undefined`. Called at most once. */
  readonly onClosed?: () => void
}

/** A body with several readers. */
export interface BodyBroadcast {
  /**
   * Adds a reader of the whole body; `undefined` if its beginning is no longer held, all readers have left, or the source
   * has failed. Readers share the chunk objects and must not change them.
   *
   * @param onLeave called once, when the reader has reached the end, or has left
   */
  readonly subscribe: (onLeave?: () => void) => GuardedBody | undefined
}

/** Starts to broadcast a body. Nothing is read before a reader pulls. */
export const broadcastBody = (source: ChunkReader, options: BroadcastOptions): BodyBroadcast =>
  new Broadcast(source, options)

/** A body for the first subscriber alone. */
export const singleReaderBody = (source: ChunkReader): BodyBroadcast => {
  const broadcast = new Broadcast(source, { limit: 1, onAllLeft: () => {} })
  let isTaken = false
  return {
    subscribe: (onLeave) => {
      if (isTaken) return undefined
      isTaken = true
      return broadcast.subscribe(onLeave)
    },
  }
}

const end: ChunkRead = { done: true }

class Broadcast implements BodyBroadcast {
  readonly #source: ChunkReader
  readonly #options: BroadcastOptions
  readonly #members = new Set<Member>()
  readonly #waiting = new Set<Member>()
  /** The chunks from number `#dropped` on. */
  readonly #held: Array<Uint8Array> = []
  #dropped = 0
  #total = 0
  #isOpen = true
  #isReading = false
  /** How the source has ended: cut short, or complete. */
  #ended: CutShort | "complete" | undefined = undefined

  constructor(source: ChunkReader, options: BroadcastOptions) {
    this.#source = source
    this.#options = options
  }
  subscribe(onLeave?: () => void): GuardedBody | undefined {
    if (!this.#isOpen) return undefined
    const member = new Member(this, onLeave)
    this.#members.add(member)
    return member
  }
  pull(member: Member): void {
    this.#serve(member)
    this.#dropPassed()
    this.#read()
  }
  leave(member: Member): void {
    this.#members.delete(member)
    this.#waiting.delete(member)
    this.#dropPassed()
    if (this.#ended !== undefined) return
    if (this.#members.size > 0) return this.#read()
    this.#ended = "complete"
    this.#close()
    this.#dropPassed()
    this.#options.onAllLeft()
    this.#source.cancel().catch(() => {})
  }

  /** Gives a reader the next chunk or the end; if there is neither, the reader waits. */
  #serve(member: Member): void {
    const chunk = this.#held[member.chunks - this.#dropped]
    if (chunk !== undefined) {
      member.chunks++
      member.bytes += chunk.byteLength
      member.give({ done: false, value: chunk })
    } else if (this.#ended !== undefined) {
      this.#members.delete(member)
      member.end(this.#ended)
    } else {
      this.#waiting.add(member)
    }
  }
  #serveWaiting(): void {
    const ready = [...this.#waiting]
    this.#waiting.clear()
    for (const member of ready) this.#serve(member)
    this.#dropPassed()
  }
  #read(): void {
    if (this.#isReading || this.#ended !== undefined || this.#waiting.size === 0) return
    const { limit } = this.#options
    if (this.#total >= limit && this.#total - this.#slowest("bytes") >= limit) return
    this.#isReading = true
    this.#source.read().then(this.#took, this.#broke)
  }
  readonly #took = ({ done, value }: ChunkRead): void => {
    this.#isReading = false
    if (this.#ended !== undefined) return
    if (done) {
      this.#ended = "complete"
    } else {
      this.#held.push(value)
      this.#total += value.byteLength
      if (this.#total > this.#options.limit) this.#close()
    }
    this.#serveWaiting()
    this.#read()
  }
  readonly #broke = (cause: unknown): void => {
    if (this.#ended !== undefined) return
    this.#ended = cutShortBy(cause)
    this.#close()
    this.#serveWaiting()
  }
  #close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#options.onClosed?.()
  }
  #slowest(unit: "chunks" | "bytes"): number {
    let least = Infinity
    for (const member of this.#members) least = Math.min(least, member[unit])
    return least
  }
  #dropPassed(): void {
    if (this.#isOpen) return
    const passed = Math.min(this.#slowest("chunks") - this.#dropped, this.#held.length)
    if (passed <= 0) return
    this.#held.splice(0, passed)
    this.#dropped += passed
  }
}

/** One reader's body. The source has the timeouts. */
class Member implements GuardedBody {
  onCutShort: GuardedBody["onCutShort"] = undefined
  /** How many chunks and bytes the reader has received. */
  chunks = 0
  bytes = 0
  readonly #broadcast: Broadcast
  #onLeave: (() => void) | undefined
  #ended: CutShort | "complete" | undefined = undefined
  #resolve: ((read: ChunkRead) => void) | undefined = undefined
  #reject: ((cut: CutShort) => void) | undefined = undefined

  constructor(broadcast: Broadcast, onLeave: (() => void) | undefined) {
    this.#broadcast = broadcast
    this.#onLeave = onLeave
  }
  read(): Promise<ChunkRead> {
    if (this.#ended === "complete") return Promise.resolve(end)
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#broadcast.pull(this)
    })
  }
  cancel(): void {
    this.#leave(new CutShort("client_left"))
  }
  /** All of its bytes have arrived, but the source may have to be read to its end for others. */
  settle(): void {
    this.read().catch(() => {})
  }
  give(read: ChunkRead): void {
    const resolve = this.#resolve
    this.#resolve = this.#reject = undefined
    resolve?.(read)
  }
  end(ended: CutShort | "complete"): void {
    if (this.#ended !== undefined) return
    this.#ended = ended
    const reject = this.#reject
    if (ended === "complete") this.give(end)
    else {
      this.#resolve = this.#reject = undefined
      reject?.(ended)
    }
    this.#onLeave?.()
    this.#onLeave = undefined
  }
  #leave(cut: CutShort): void {
    if (this.#ended !== undefined) return
    this.#broadcast.leave(this)
    this.end(cut)
  }
}
