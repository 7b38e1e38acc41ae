/**
 * How many bytes of request bodies are held.
 *
 * What is never let go of is forgotten after a while: a host may drop a request without a word (Workers do, half a minute
 * after its client has left), and its room must not be lost for ever.
 *
 * @module
 */
import { monotonicNow } from "../time/monotonic.ts"

/** Bytes of bodies that have not come whole, and of those that have. */
export interface HeldBytes {
  arriving: number
  held: number
}

/** The bytes of all. */
export interface AllHeld {
  /** Where the bytes of a body that comes now are counted in and, whenever that is, out again. */
  readonly now: () => HeldBytes
  /** All that count. */
  readonly sum: () => Readonly<HeldBytes>
}

/** So long at least a body counts, in milliseconds, and twice as long at most. */
const generation = 3_600_000

const none = (): HeldBytes => ({ arriving: 0, held: 0 })

/** Nothing is held yet. */
export const nothingHeld = (clock: () => number = monotonicNow): AllHeld => {
  let began = clock()
  let current = none()
  let previous = none()
  const turn = (): void => {
    const past = Math.floor((clock() - began) / generation)
    if (past < 1) return
    previous = past === 1 ? current : none()
    current = none()
    began += past * generation
  }
  return {
    now: () => {
      turn()
      return current
    },
    sum: () => ({ arriving: current.arriving + previous.arriving, held: current.held + previous.held }),
  }
}
