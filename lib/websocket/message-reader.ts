/**
 * Reads the messages of a WebSocket out of its bytes (RFC 6455 §5 and §8.1).
 *
 * @module
 */
import { concatBytes } from "../bytes/concat.ts"
import { closeCodes, type Closing, readClosing } from "./close-codes.ts"
import { closeProblem, headProblem } from "./frame-rules.ts"
import { type FrameHead, FrameScanner, FrameTooLong, isControl, opcodes } from "./frame-scanner.ts"
import { applyMask } from "./frame-mask.ts"

/** A message: text, or bytes. */
export type SocketMessage = string | Uint8Array<ArrayBuffer>

/** Takes what a reader reads. */
export interface MessageSink {
  readonly message: (message: SocketMessage) => void
  readonly ping: (payload: Uint8Array) => void
  readonly pong: () => void
  /** The peer closes. Nothing follows. */
  readonly close: (closing: Closing) => void
  /** The peer violates the protocol, and must be closed with this code. Nothing follows. */
  readonly broken: (closing: Closing) => void
}

/** What a reader expects. */
export interface MessageRules {
  /** Whether the peer is a client, whose frames are masked. */
  readonly isMasked: boolean
  /** The longest message, in bytes. */
  readonly longest: number
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

class Broken extends Error {
  readonly closing: Closing
  constructor(code: number, reason: string) {
    super(reason)
    this.closing = { code, reason }
  }
}

/** Reads the messages of one peer. */
export class MessageReader {
  readonly #rules: MessageRules
  readonly #sink: MessageSink
  readonly #scanner: FrameScanner
  #head: FrameHead | undefined = undefined
  /** The type and the parts of the message that is being read. */
  #kind: number | undefined = undefined
  #parts: Array<Uint8Array> = []
  #size = 0
  /** The control frame that is being read, which may come within a message. */
  #control: Array<Uint8Array> = []
  #seen = 0
  #isOver = false

  constructor(rules: MessageRules, sink: MessageSink) {
    this.#rules = rules
    this.#sink = sink
    this.#scanner = new FrameScanner({
      head: (head) => this.#began(head),
      payload: (bytes) => this.#took(bytes),
      tail: () => this.#ended(),
    })
  }

  /** Takes the next bytes; what follows an end is dropped. */
  push(chunk: Uint8Array): void {
    if (this.#isOver) return
    try {
      this.#scanner.push(chunk)
    } catch (cause) {
      if (cause instanceof Over) return
      const closing = cause instanceof Broken
        ? cause.closing
        : cause instanceof FrameTooLong
        ? { code: closeCodes.tooBig, reason: "A frame is too long" }
        : undefined
      if (closing === undefined) throw cause
      this.#isOver = true
      this.#parts = []
      this.#sink.broken(closing)
    }
  }

  #began(head: FrameHead): void {
    const problem = headProblem(head, this.#rules.isMasked, this.#kind !== undefined)
    if (problem !== undefined) throw new Broken(closeCodes.protocolError, problem)
    this.#head = head
    this.#seen = 0
    const { opcode, length } = head
    if (isControl(opcode)) return
    this.#kind ??= opcode
    if (this.#size + length > this.#rules.longest) {
      throw new Broken(closeCodes.tooBig, `A message is larger than ${this.#rules.longest} bytes`)
    }
  }

  #took(bytes: Uint8Array): void {
    const { mask, opcode } = this.#head as FrameHead
    // A copy if it has to be unmasked; else the runtime made the chunk for this reader.
    let own = bytes
    if (mask !== undefined) {
      own = bytes.slice()
      applyMask(own, mask, this.#seen)
    }
    this.#seen += bytes.byteLength
    if (isControl(opcode)) this.#control.push(own)
    else {
      this.#parts.push(own)
      this.#size += own.byteLength
    }
  }

  #ended(): void {
    const { opcode, isLast } = this.#head as FrameHead
    if (isControl(opcode)) return this.#controlled(opcode)
    if (!isLast) return
    const bytes = concatBytes(this.#parts, this.#size)
    const isText = this.#kind === opcodes.text
    this.#parts = []
    this.#size = 0
    this.#kind = undefined
    this.#sink.message(isText ? textOf(bytes) : bytes)
  }

  #controlled(opcode: number): void {
    const payload = concatBytes(
      this.#control,
      this.#control.reduce((sum, { byteLength }) => sum + byteLength, 0),
    )
    this.#control = []
    if (opcode === opcodes.ping) return this.#sink.ping(payload)
    if (opcode === opcodes.pong) return this.#sink.pong()
    const closing = readClosing(payload)
    if (closing === undefined) throw new Broken(closeCodes.protocolError, closeProblem)
    this.#isOver = true
    this.#sink.close(closing)
    throw new Over()
  }
}

/** Stops the scan: nothing is read after a close frame. */
class Over extends Error {}

const textOf = (bytes: Uint8Array): string => {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new Broken(closeCodes.notUtf8, "A text is not UTF-8")
  }
}
