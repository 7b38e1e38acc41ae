/**
 * Relays a WebSocket message by message, if the runtime implements the protocol on at least one side.
 *
 * @module
 */
import type { Ending } from "../record/request-record.ts"
import type { StartTimer } from "../time/Timer.ts"
import { closeCodes, type Closing, isSendable } from "../websocket/close-codes.ts"
import { closeProblem } from "../websocket/frame-rules.ts"
import type { SocketMessage } from "../websocket/message-reader.ts"
import type { OpenSocket, SocketEnd, SocketListener } from "../websocket/open-socket.ts"
import { endingOfSocket } from "./ending.ts"
import {
  afterFlood,
  afterLoss,
  complaintOf,
  mostHeld,
  mostWaiting,
  type Side,
  type SocketRelay,
  type SocketWatch,
} from "./socket-watch.ts"

/** How long to wait before polling again what a side has read, in milliseconds: longer each time. */
const longestPause = 250

const otherSide: Record<Side, Side> = { client: "provider", provider: "client" }

const sizeOf = (message: SocketMessage): number => {
  if (typeof message !== "string") return message.byteLength
  // ASCII text, which nearly all of it is, has as many bytes as characters.
  return /^[\0-\x7f]*$/.test(message) ? message.length : new TextEncoder().encode(message).byteLength
}

/** Relays between two sockets until one of them ends. */
export const relayMessages = (
  client: OpenSocket,
  provider: OpenSocket,
  watch: SocketWatch,
  startTimer: StartTimer,
): SocketRelay => new MessageRelay(watch, startTimer).begun(client, provider)

class MessageRelay implements SocketRelay {
  readonly #watch: SocketWatch
  readonly #startTimer: StartTimer
  readonly #ends: { client?: SocketEnd; provider?: SocketEnd } = {}
  /** Checks whether a side has read again; `undefined` for a side that keeps up. */
  readonly #held: { client?: () => void; provider?: () => void } = {}
  #isOver = false

  constructor(watch: SocketWatch, startTimer: StartTimer) {
    this.#watch = watch
    this.#startTimer = startTimer
  }
  begun(client: OpenSocket, provider: OpenSocket): this {
    this.#ends.client = client.listen(this.#listener("client"))
    this.#ends.provider = provider.listen(this.#listener("provider"))
    return this
  }
  end(ending: Ending, closing: Closing): void {
    if (!this.#finish(ending, null)) return
    this.#ends.client?.close(closing)
    this.#ends.provider?.close(closing)
  }

  #listener(from: Side): SocketListener {
    return {
      message: (message) => this.#took(from, message),
      alive: () => this.#watch.alive(),
      drained: () => this.#held[from]?.(),
      closed: (closing) => this.#closed(from, closing),
    }
  }
  #took(from: Side, message: SocketMessage): void {
    if (this.#isOver) return
    this.#watch.passed(from, sizeOf(message), 1)
    const to = otherSide[from]
    const end = this.#ends[to]
    end?.send(message)
    const waiting = end?.buffered?.() ?? 0
    if (waiting > mostHeld && this.#ends[from]?.pause === undefined) {
      return this.end(to === "client" ? "client_left" : "upstream_cut", afterFlood[from])
    }
    if (waiting > mostWaiting) this.#hold(to)
  }
  /** Pauses reading from the other side until this one has read. */
  #hold(to: Side): void {
    if (this.#held[to] !== undefined) return
    const from = otherSide[to]
    let pause = 1
    let stop = (): void => {}
    const look = (): void => {
      stop()
      if (!this.#isOver && (this.#ends[to]?.buffered?.() ?? 0) > mostWaiting / 2) {
        stop = this.#startTimer(pause, look)
        pause = Math.min(2 * pause, longestPause)
        return
      }
      delete this.#held[to]
      this.#ends[from]?.resume?.()
    }
    this.#held[to] = look
    this.#ends[from]?.pause?.()
    stop = this.#startTimer(pause, look)
  }
  #closed(from: Side, told: Closing): void {
    // workerd hands on codes that no close frame may have.
    const isSound = isSendable(told.code) || told.code === closeCodes.none ||
      told.code === closeCodes.abnormal
    this.#end(from, isSound ? told : { code: closeCodes.abnormal, reason: closeProblem })
  }
  #end(from: Side, closing: Closing): void {
    if (!this.#finish(endingOfSocket(from, closing), complaintOf(from, closing))) return
    const { code, reason } = closing
    const isLost = code === closeCodes.abnormal
    const shown = isLost && reason !== ""
      ? { ...afterLoss[from], reason }
      : isLost
      ? afterLoss[from]
      : closing
    this.#ends[otherSide[from]]?.close(shown)
  }
  #finish(ending: Ending, error: string | null): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#held.client?.()
    this.#held.provider?.()
    this.#watch.ended(ending, error)
    return true
  }
}
