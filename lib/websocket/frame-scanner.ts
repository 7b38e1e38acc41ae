/**
 * Finds the frames in the bytes of a WebSocket (RFC 6455 §5.2), however they are cut.
 *
 * @module
 */

/** What frames are. */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** The head of a frame. */
export interface FrameHead {
  readonly opcode: number
  /** Whether it ends its message. */
  readonly isLast: boolean
  /** Whether a reserved bit is set, which no extension that the gateway agrees to gives a meaning. */
  readonly isReserved: boolean
  /** How many bytes its payload has. */
  readonly length: number
  /** What its payload is masked with; `undefined` for a frame of a server. */
  readonly mask: Uint8Array | undefined
}

/** Takes what a scanner finds. */
export interface FrameSink {
  readonly head: (head: FrameHead) => void
  /** A part of the payload, as it came: a view that is valid during the call alone. */
  readonly payload: (bytes: Uint8Array) => void
  /** The frame has ended. */
  readonly tail: () => void
}

/** The longest head: two bytes, a length of eight, a mask of four. */
const longestHead = 14

/** Control frames are at most so long (§5.5). */
export const longestControl = 125

/** Whether a frame is about the connection, and not part of a message. */
export const isControl = (opcode: number): boolean => opcode >= opcodes.close

/** How long a head is, as far as its first two bytes say. */
const headLength = (second: number): number => {
  const length = second & 0x7f
  return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + (second & 0x80 ? 4 : 0)
}

/** A frame longer than any number can say. */
export class FrameTooLong extends Error {}

const readHead = (bytes: Uint8Array, size: number): FrameHead => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, size)
  const first = view.getUint8(0)
  const second = view.getUint8(1)
  const short = second & 0x7f
  let length = short
  if (short === 126) length = view.getUint16(2)
  else if (short === 127) {
    const high = view.getUint32(2)
    if (high > 0x1f_ffff) throw new FrameTooLong("The frame is longer than 2^53 bytes")
    length = high * 0x1_0000_0000 + view.getUint32(6)
  }
  return {
    opcode: first & 0x0f,
    isLast: (first & 0x80) !== 0,
    isReserved: (first & 0x70) !== 0,
    length,
    mask: second & 0x80 ? bytes.slice(size - 4, size) : undefined,
  }
}

/** Scans the bytes of one direction. Holds at most the head of one frame. */
export class FrameScanner {
  readonly #sink: FrameSink
  readonly #head = new Uint8Array(longestHead)
  #held = 0
  #left = 0
  #isWithin = false
  #hasStopped = false

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** Whether all that came are whole frames: another one could be put in here. */
  get isBetween(): boolean {
    return !this.#isWithin && this.#held === 0
  }

  /**
   * Takes the next bytes. Throws `FrameTooLong`, and whatever its sink throws.
   *
   * @returns how many it has taken: all, unless it was stopped
   */
  push(chunk: Uint8Array): number {
    let at = 0
    while (at < chunk.byteLength && !this.#hasStopped) {
      if (this.#isWithin) at = this.#pass(chunk, at)
      else at = this.#collect(chunk, at)
    }
    return at
  }

  /** Takes nothing more: to be called by its sink, at the end of a frame. */
  stop(): void {
    this.#hasStopped = true
  }

  #pass(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.byteLength, at + this.#left)
    this.#left -= end - at
    this.#sink.payload(chunk.subarray(at, end))
    if (this.#left === 0) this.#end()
    return end
  }

  #collect(chunk: Uint8Array, from: number): number {
    let at = from
    const needed = (): number => this.#held < 2 ? 2 : headLength(this.#head[1] as number)
    while (this.#held < needed() && at < chunk.byteLength) this.#head[this.#held++] = chunk[at++] as number
    const size = needed()
    if (this.#held < 2 || this.#held < size) return at
    const head = readHead(this.#head, size)
    this.#held = 0
    this.#isWithin = true
    this.#left = head.length
    this.#sink.head(head)
    if (head.length === 0) this.#end()
    return at
  }

  #end(): void {
    this.#isWithin = false
    this.#sink.tail()
  }
}
