/**
 * Leaves out of JSON lines what only the gateway asked for: the usage.
 *
 * @module
 */
import { concatBytes } from "../bytes/concat.ts"
import { jsonSkeleton } from "../json/outline.ts"
import { usageCut } from "./usage-cut.ts"

/** JSON lines being filtered. */
export interface LineFilter {
  /** Takes the next bytes, and gives those to hand on. The chunk is neither changed nor kept. */
  readonly push: (chunk: Uint8Array) => Uint8Array
  /** What is still held when the body has ended, or was cut: filtered too, if it is all of a line but its end. */
  readonly finish: () => Uint8Array
}

const LF = 0x0a
/** The most bytes that a line may have to be looked at; a longer one is handed on as it comes. */
const longestLine = 1_048_576
const none = new Uint8Array(0)

const withoutUsage = (line: Uint8Array): ReadonlyArray<Uint8Array> => {
  const cut = usageCut(line, 0, line.length)
  if (cut === undefined) return [line]
  return cut === "all" ? [] : [line.subarray(0, cut.start), line.subarray(cut.end)]
}

const sizeOf = (pieces: ReadonlyArray<Uint8Array>): number =>
  pieces.reduce((size, piece) => size + piece.length, 0)

/**
 * Starts to filter JSON. The first line is handed on as it is: it may be all of an answer that is not a stream, whose
 * usage is the server's own. Only if it is whole JSON by itself are the lines behind it looked at.
 */
export const jsonLineFilter = (): LineFilter => {
  const firstLine = jsonSkeleton(() => {})
  let state: "first" | "lines" | "plain" = "first"
  /** The line under way as far as it came; no longer held once it is too long. */
  let held: Array<Uint8Array> = []
  let length = 0
  let isTooLong = false

  const release = (): Array<Uint8Array> => {
    const pieces = held
    held = []
    length = 0
    return pieces
  }

  /** Takes bytes of the first line, and says where those behind it begin. */
  const takeFirst = (chunk: Uint8Array): number => {
    const end = chunk.indexOf(LF) + 1
    firstLine.push(end === 0 ? chunk : chunk.subarray(0, end))
    if (end === 0) return chunk.length
    state = firstLine.isWhole() ? "lines" : "plain"
    return end
  }

  /** Takes bytes of one line, and gives those to hand on. */
  const take = (piece: Uint8Array, isEnd: boolean): ReadonlyArray<Uint8Array> => {
    if (isTooLong) {
      isTooLong = !isEnd
      return [piece]
    }
    if (isEnd && length === 0) return withoutUsage(piece)
    // A copy: the chunk is not to be kept.
    held.push(piece.slice())
    length += piece.length
    if (isEnd) {
      const size = length
      return withoutUsage(concatBytes(release(), size))
    }
    isTooLong = length > longestLine
    return isTooLong ? release() : []
  }

  return {
    push: (chunk) => {
      const start = state === "first" ? takeFirst(chunk) : 0
      if (state !== "lines") return chunk
      const kept = [chunk.subarray(0, start)]
      for (let at = start; at < chunk.length;) {
        const end = chunk.indexOf(LF, at) + 1
        const piece = chunk.subarray(at, end === 0 ? chunk.length : end)
        kept.push(...take(piece, end > 0))
        at += piece.length
      }
      return concatBytes(kept, sizeOf(kept))
    },
    finish: () => {
      const size = length
      const rest = size === 0 ? [] : withoutUsage(concatBytes(release(), size))
      return rest.length === 0 ? none : concatBytes(rest, sizeOf(rest))
    },
  }
}
