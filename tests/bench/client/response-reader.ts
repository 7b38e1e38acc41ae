/**
 * Reads HTTP/1.1 answers off a connection that is kept alive, at the least cost: it counts bytes and keeps none.
 *
 * @module
 */
import { Buffer } from "node:buffer"

/** What is told of an answer, in this order. */
export interface AnswerEvents {
  readonly head: (status: number) => void
  /** So many more bytes of the body, chunked framing not counted. */
  readonly body: (bytes: number) => void
  readonly end: () => void
}

const blankLine = Buffer.from("\r\n\r\n")
const lineEnd = Buffer.from("\r\n")

/**
 * @returns takes what the connection has brought
 *
 * The function throws where a head names neither a length nor chunks: such a body ends with its connection, which
 * no server under test should do. Trailers are not understood.
 */
export const responseReader = ({ head, body, end }: AnswerEvents): (bytes: Buffer) => void => {
  let state: "head" | "length" | "size" | "chunk" = "head"
  let left = 0
  let rest: Buffer | undefined

  const readHead = (text: string): void => {
    head(Number(text.slice(9, 12)))
    const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1]
    if (length !== undefined) {
      state = "length"
      left = Number(length)
      if (left === 0) finish()
    } else if (/\r\ntransfer-encoding: *chunked/i.test(text)) state = "size"
    else throw new Error(`an answer without a length: ${text}`)
  }

  const readSize = (text: string): void => {
    const size = parseInt(text, 16)
    if (Number.isNaN(size)) throw new Error(`not the size of a chunk: ${text}`)
    state = "chunk"
    // The line's end that follows a chunk; after the last one it stands for absent trailers.
    left = size + 2
    last = size === 0
  }
  let last = false

  const finish = (): void => {
    state = "head"
    end()
  }

  const skipBody = (available: number): number => {
    const taken = Math.min(left, available)
    const content = state === "length" ? taken : Math.max(0, Math.min(taken, left - 2))
    left -= taken
    if (content > 0) body(content)
    if (left > 0) return taken
    if (state === "length" || last) finish()
    else state = "size"
    return taken
  }

  return (bytes) => {
    const all = rest === undefined ? bytes : Buffer.concat([rest, bytes])
    rest = undefined
    let at = 0
    while (at < all.length) {
      if (state === "length" || state === "chunk") {
        at += skipBody(all.length - at)
        continue
      }
      const mark = state === "head" ? blankLine : lineEnd
      const found = all.indexOf(mark, at)
      if (found < 0) {
        rest = Buffer.from(all.subarray(at))
        return
      }
      const text = all.toString("latin1", at, found)
      at = found + mark.length
      if (state === "head") readHead(text)
      else readSize(text)
    }
  }
}
