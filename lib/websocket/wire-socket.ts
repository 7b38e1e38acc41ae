/**
 * A WebSocket over a connection of the gateway's own: its messages, its pongs, its closing (RFC 6455).
 *
 * @module
 */
import { closeCodes, closePayload, type Closing } from "./close-codes.ts"
import { encodeFrame } from "./encode-frame.ts"
import { opcodes } from "./frame-scanner.ts"
import { MessageReader, type SocketMessage } from "./message-reader.ts"
import type { OpenSocket, SocketEnd, SocketListener } from "./open-socket.ts"
import type { Wire } from "./wire.ts"

/** How the gateway takes part in a socket. */
export interface WireRole {
  /** Whether the gateway is its client, which masks what it sends. */
  readonly isClient: boolean
  /** The longest message that is taken, in bytes. */
  readonly longest: number
}

/** How long a peer may take to read what was sent, and to close, in milliseconds. */
const patience = { server: 30_000, client: 5_000 }

/** How much may wait for a peer that only pings, in bytes: pongs are not worth more. */
const mostOfPongs = 1_048_576

const encoder = new TextEncoder()

/** The socket over a connection whose handshake is done. */
export const socketOver = (wire: Wire, role: WireRole): OpenSocket => ({
  wire,
  listen: (listener) => new WireSocket(wire, role, listener).begun(),
  discard: () => wire.destroy(),
})

class WireSocket implements SocketEnd {
  readonly #wire: Wire
  readonly #role: WireRole
  readonly #listener: SocketListener
  readonly #reader: MessageReader
  #hasClosed = false
  #hasHeard = false

  constructor(wire: Wire, role: WireRole, listener: SocketListener) {
    this.#wire = wire
    this.#role = role
    this.#listener = listener
    this.#reader = new MessageReader({ isMasked: !role.isClient, longest: role.longest }, {
      message: (message) => this.#hasClosed || listener.message(message),
      ping: (payload) => this.#pinged(payload),
      pong: () => listener.alive(),
      close: (closing) => this.#ended(closing, closing),
      broken: (closing) => this.#ended({ code: closeCodes.abnormal, reason: closing.reason }, closing),
    })
  }
  begun(): this {
    this.#wire.listen({
      data: (chunk) => this.#reader.push(chunk),
      drained: () => this.#listener.drained(),
      ended: () => this.#ended({ code: closeCodes.abnormal, reason: "" }),
    })
    return this
  }

  // Not methods: what uses a socket may take them out of the object.
  readonly send = (message: SocketMessage): void => {
    if (this.#hasClosed) return
    if (typeof message === "string") this.#write(opcodes.text, encoder.encode(message))
    else this.#write(opcodes.binary, message)
  }
  readonly close = (closing: Closing): void => {
    if (!this.#sendClose(closing)) return
    if (this.#hasHeard) this.#end()
    // Its close frame is awaited, but not for ever.
    else this.#wire.expire(this.#patience)
  }
  readonly buffered = (): number => this.#wire.buffered()
  readonly pause = (): void => this.#wire.pause()
  readonly resume = (): void => this.#wire.resume()

  get #patience(): number {
    return this.#role.isClient ? patience.client : patience.server
  }
  #write(opcode: number, payload: Uint8Array): void {
    for (const piece of encodeFrame(opcode, payload, this.#role.isClient)) this.#wire.write(piece)
  }
  #pinged(payload: Uint8Array): void {
    this.#listener.alive()
    if (!this.#hasClosed && this.#wire.buffered() < mostOfPongs) this.#write(opcodes.pong, payload)
  }
  #sendClose(closing: Closing): boolean {
    if (this.#hasClosed) return false
    this.#hasClosed = true
    this.#write(opcodes.close, closePayload(closing))
    return true
  }
  #ended(heard: Closing, answer?: Closing): void {
    if (this.#hasHeard) return
    this.#hasHeard = true
    if (answer !== undefined) this.#sendClose(answer)
    this.#end()
    this.#listener.closed(heard)
  }
  #end(): void {
    this.#wire.end()
    this.#wire.expire(this.#patience)
  }
}
