/**
 * Relays a WebSocket byte by byte, if both connections are the gateway's own: frames are counted as they pass, and
 * neither parsed further nor buffered.
 *
 * @module
 */
import type { Ending } from "../record/request-record.ts"
import { closeCodes, closePayload, type Closing, readClosing } from "../websocket/close-codes.ts"
import { encodeFrame } from "../websocket/encode-frame.ts"
import { applyMask } from "../websocket/frame-mask.ts"
import { closeProblem, headProblem } from "../websocket/frame-rules.ts"
import { type FrameHead, FrameScanner, isControl, opcodes } from "../websocket/frame-scanner.ts"
import type { Wire } from "../websocket/wire.ts"
import { endingOfSocket } from "./ending.ts"
import {
  afterLoss,
  complaintOf,
  mostWaiting,
  type Side,
  type SocketRelay,
  type SocketWatch,
} from "./socket-watch.ts"

/** How long a side may take to read what was sent and to close, in milliseconds. */
const patience: Record<Side, number> = { client: 30_000, provider: 5_000 }

/** A frame that neither side may send here. */
class Malformed extends Error {}

/** Counts the frames of one side, and sees its close frame. */
class Tally {
  readonly scanner: FrameScanner
  /** The contents of its close frame. */
  closing: Closing | undefined = undefined
  bytes = 0
  messages = 0
  #head: FrameHead | undefined = undefined
  /** Whether a message has begun that is not complete. */
  #isWithin = false
  #control = new Uint8Array(0)

  /** @param isMasked whether its frames have to be masked: those of clients are, those of servers are not */
  constructor(isMasked: boolean) {
    this.scanner = new FrameScanner({
      head: (head) => {
        const problem = headProblem(head, isMasked, this.#isWithin)
        if (problem !== undefined) throw new Malformed(problem)
        this.#head = head
        this.#control = new Uint8Array(0)
      },
      payload: (bytes) => this.#took(bytes),
      tail: () => this.#ended(),
    })
  }
  #took(bytes: Uint8Array): void {
    const { opcode } = this.#head as FrameHead
    if (!isControl(opcode)) this.bytes += bytes.byteLength
    else if (opcode === opcodes.close) {
      const both = new Uint8Array(this.#control.byteLength + bytes.byteLength)
      both.set(this.#control)
      both.set(bytes, this.#control.byteLength)
      this.#control = both
    }
  }
  #ended(): void {
    const { opcode, isLast, mask } = this.#head as FrameHead
    if (!isControl(opcode)) {
      this.#isWithin = !isLast
      if (isLast) this.messages++
      return
    }
    if (opcode !== opcodes.close || this.closing !== undefined) return
    if (mask !== undefined) applyMask(this.#control, mask)
    this.scanner.stop()
    const closing = readClosing(this.#control)
    if (closing === undefined) throw new Malformed(closeProblem)
    this.closing = closing
  }
}

/** One side of the relay, and what it sends to the other. */
interface Lane {
  readonly side: Side
  readonly wire: Wire
  readonly tally: Tally
  /** Whether its connection has ended. */
  hasEnded: boolean
  /** Whether reading is paused until the other side has read. */
  isHeld: boolean
  /** Whether the gateway itself has sent it a close frame. */
  isTold: boolean
}

const laneOf = (side: Side, wire: Wire): Lane => ({
  side,
  wire,
  tally: new Tally(side === "client"),
  hasEnded: false,
  isHeld: false,
  isTold: false,
})

/** Relays between two connections until one of them ends. */
export const relayFrames = (client: Wire, provider: Wire, watch: SocketWatch): SocketRelay =>
  new FrameRelay(client, provider, watch).begun()

class FrameRelay implements SocketRelay {
  readonly #client: Lane
  readonly #provider: Lane
  readonly #watch: SocketWatch
  #isOver = false

  constructor(client: Wire, provider: Wire, watch: SocketWatch) {
    this.#client = laneOf("client", client)
    this.#provider = laneOf("provider", provider)
    this.#watch = watch
  }
  begun(): this {
    this.#listen(this.#client, this.#provider)
    this.#listen(this.#provider, this.#client)
    return this
  }
  end(ending: Ending, closing: Closing): void {
    if (!this.#finish(ending, null)) return
    this.#tell(this.#client, this.#provider, closing)
    this.#tell(this.#provider, this.#client, closing)
  }

  #listen(from: Lane, to: Lane): void {
    from.wire.listen({
      data: (chunk) => this.#took(from, to, chunk),
      drained: () => {
        if (!to.isHeld) return
        to.isHeld = false
        to.wire.resume()
      },
      ended: () => this.#ended(from, to),
    })
  }
  #took(from: Lane, to: Lane, chunk: Uint8Array): void {
    const { tally } = from
    // Nothing may follow a close frame, including the gateway's own.
    if (to.isTold || tally.closing !== undefined) return
    const { bytes, messages } = tally
    const { isBetween } = tally.scanner
    let taken
    try {
      taken = tally.scanner.push(chunk)
    } catch (cause) {
      return this.#broke(
        from,
        to,
        isBetween,
        cause instanceof Malformed ? cause.message : "A frame is too long",
      )
    }
    if (tally.bytes > bytes || tally.messages > messages) {
      this.#watch.passed(from.side, tally.bytes - bytes, tally.messages - messages)
    } else this.#watch.alive()
    const passed = taken === chunk.byteLength ? chunk : chunk.subarray(0, taken)
    if (!to.wire.write(passed) && to.wire.buffered() > mostWaiting && !to.hasEnded) {
      from.isHeld = true
      from.wire.pause()
    }
    if (tally.closing !== undefined) this.#closing(from, to, tally.closing)
  }
  /** A side has violated the protocol: nothing of that is passed on. */
  #broke(from: Lane, to: Lane, isBetween: boolean, reason: string): void {
    const lost = { code: closeCodes.abnormal, reason }
    if (!this.#finish(endingOfSocket(from.side, lost), null)) return
    this.#tell(from, to, { code: closeCodes.protocolError, reason })
    this.#tell(to, from, { ...afterLoss[from.side], reason }, isBetween)
  }
  /** A close frame has passed, which the other side should answer. */
  #closing(from: Lane, to: Lane, closing: Closing): void {
    this.#finish(endingOfSocket(from.side, closing), complaintOf(from.side, closing))
    // The server closes its connection first, which ends the client's (RFC 6455 §7.1.1).
    if (to.tally.closing !== undefined) this.#provider.wire.end()
    from.wire.expire(patience[from.side])
    to.wire.expire(patience[to.side])
  }
  #ended(from: Lane, to: Lane): void {
    from.hasEnded = true
    if (to.isHeld) to.wire.resume()
    const lost = { code: closeCodes.abnormal, reason: "" }
    if (from.tally.closing === undefined && this.#finish(endingOfSocket(from.side, lost), null)) {
      this.#tell(to, from, afterLoss[from.side])
    }
    from.wire.end()
    from.wire.expire(patience[from.side])
    to.wire.end()
    to.wire.expire(patience[to.side])
  }
  /**
   * Closes one side if everything sent to it was complete frames; otherwise its connection is broken off, so that it
   * notices.
   */
  #tell(lane: Lane, other: Lane, closing: Closing, isBetween = other.tally.scanner.isBetween): void {
    if (lane.isTold || lane.hasEnded) return
    lane.isTold = true
    if (other.tally.closing === undefined) {
      if (!isBetween) return lane.wire.destroy()
      const pieces = encodeFrame(opcodes.close, closePayload(closing), lane.side === "provider")
      for (const piece of pieces) lane.wire.write(piece)
    }
    lane.wire.end()
    lane.wire.expire(patience[lane.side])
  }
  #finish(ending: Ending, error: string | null): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#watch.ended(ending, error)
    return true
  }
}
