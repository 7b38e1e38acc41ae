/**
 * How many bytes of request bodies are held.
 *
 * What is never released is forgotten after a while: a host may drop a request without notice (Workers do, half a minute
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

/** The bytes of all bodies. */
export interface AllHeld {
  /** Where the bytes of a body that comes now are counted in and, whenever that is, out again. */
  readonly now: () => HeldBytes
  /** The bytes of bodies that have not come whole. */
  readonly arriving: () => number
  /** The bytes of all. */
  readonly total: () => number
}

/** A body counts for this long at least, in milliseconds, and for twice as long at most. */
const generation = 3_600_000

const none = (): HeldBytes => ({ arriving: 0, held: 0 })

/** Starts with nothing held. */
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
    arriving: () => current.arriving + previous.arriving,
    total: () => current.arriving + previous.arriving + current.held + previous.held,
  }
}
