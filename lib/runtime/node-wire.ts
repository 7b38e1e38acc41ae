/**
 * A connection of `node:net` that has been switched to WebSocket. Bun and Deno provide the same.
 *
 * @module
 */
import type { Socket } from "node:net"
import type { Wire, WireListener } from "../websocket/wire.ts"

/** How long a connection may be silent before the operating system probes the peer, in milliseconds. */
const silence = 30_000

const nothing = (): void => {}

/**
 * Takes a connection over from HTTP.
 *
 * @param head the bytes that have arrived already
 */
export const takeOverSocket = (socket: Socket, head: Uint8Array): Wire => new NodeWire(socket, head)

/** The most bytes that are buffered before there is a listener; more are not read until then. */
const mostEarly = 65_536

class NodeWire implements Wire {
  readonly #socket: Socket
  /** What has arrived before there is a listener. It is read, since the peer's end could not be seen otherwise. */
  #early: Array<Uint8Array> = []
  #earlySize = 0
  #listener: WireListener | undefined = undefined
  #hasEnded = false

  constructor(socket: Socket, head: Uint8Array) {
    this.#socket = socket
    socket.setTimeout(0)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, silence)
    if (head.byteLength > 0) this.#came(head)
    socket.on("data", (chunk: Uint8Array) => this.#came(chunk))
    socket.on("drain", () => this.#listener?.drained())
    socket.on("error", nothing)
    socket.on("end", this.#ended)
    socket.on("close", this.#ended)
    socket.resume()
  }

  // Not methods: a user of a wire may take them out of the object.
  readonly listen = (listener: WireListener): void => {
    const early = this.#early
    this.#early = []
    this.#socket.resume()
    this.#listener = listener
    // After the listener has set itself up.
    queueMicrotask(() => {
      for (const chunk of early) listener.data(chunk)
      if (this.#hasEnded) listener.ended()
    })
  }
  readonly write = (bytes: Uint8Array): boolean => {
    const { destroyed, writableEnded } = this.#socket
    return destroyed || writableEnded || this.#socket.write(bytes)
  }
  readonly buffered = (): number => this.#socket.writableLength
  readonly pause = (): void => void this.#socket.pause()
  readonly resume = (): void => void this.#socket.resume()
  readonly end = (): void => {
    this.#socket.end()
    // Its end must be seen, whatever still comes.
    this.#socket.resume()
  }
  readonly expire = (milliseconds: number): void => {
    const timer = setTimeout(this.destroy, milliseconds)
    this.#socket.once("close", () => clearTimeout(timer))
  }
  readonly destroy = (): void => void this.#socket.destroy()

  #came(chunk: Uint8Array): void {
    if (this.#listener !== undefined) return this.#listener.data(chunk)
    this.#early.push(chunk)
    this.#earlySize += chunk.byteLength
    if (this.#earlySize > mostEarly) this.#socket.pause()
  }
  readonly #ended = (): void => {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#listener?.ended()
  }
}
