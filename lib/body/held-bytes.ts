/**
 * How many bytes of request bodies are held.
 *
 * Bytes that are never released are forgotten after a while: a host may drop a request without notice (Workers do, half a
 * minute after its client has left), and its share must not be lost for ever.
 *
 * @module
 */
import { monotonicNow } from "../time/monotonic.ts"

/** Bytes of bodies that are still arriving, and of those that have arrived whole. */
export interface HeldBytes {
  arriving: number
  held: number
}

/** The bytes of all bodies. */
export interface AllHeld {
  /** The count to which a body that arrives now is added, and from which it is later subtracted. */
  readonly now: () => HeldBytes
  /** The bytes of bodies that are still arriving. */
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
