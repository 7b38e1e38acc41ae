/** Time that stands still until a test moves it. */
import type { PlainClock } from "../../lib/time/clock.ts"

export interface VirtualClock extends PlainClock {
  /** Lets so many milliseconds pass. */
  readonly pass: (milliseconds: number) => void
}

/** Starts at 0, as long as nobody has moved it. */
export const virtualClock = (): VirtualClock => {
  let time = 0
  return {
    now: () => time,
    wall: () => time,
    pass: (milliseconds) => {
      time += milliseconds
    },
  }
}
