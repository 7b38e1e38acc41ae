/**
 * The clock of a server that counts, derived from its answers.
 *
 * @module
 */

/** How often an operation is repeated because the server's time is in another period. */
const mostMisses = 3

/** A server's clock. */
export interface ServerClock {
  /** Its time, as far as it is known, in milliseconds since 1970. */
  readonly now: () => number
  /**
   * Repeats an operation until its periods are the server's current ones. The first number of an answer is -1 if they
   * are not, the second is the server's time.
   */
  readonly within: (
    ask: (now: number) => Promise<ReadonlyArray<number>>,
  ) => Promise<ReadonlyArray<number>>
}

/**
 * Creates the clock.
 *
 * @param wall this process's clock; each answer tells its offset from the server's
 * @param problem creates the error for when the two never agree
 */
export const makeServerClock = (wall: () => number, problem: (what: string) => Error): ServerClock => {
  let ahead = 0
  const now = (): number => wall() + ahead
  return {
    now,
    within: async (ask) => {
      let time = now()
      for (let misses = 0;; misses++) {
        const numbers = await ask(time)
        time = numbers[1] ?? time
        ahead = time - wall()
        if (numbers[0] !== -1) return numbers
        if (misses === mostMisses) throw problem("the server's clock does not stand still")
      }
    },
  }
}
