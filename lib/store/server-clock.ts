/**
 * The clock of a server that counts, as far as its answers tell.
 *
 * @module
 */

/** How often a question is repeated with the server's time, which then lies in another period. */
const mostMisses = 3

/** A server's clock. */
export interface ServerClock {
  /** Its time as far as it is known, in milliseconds since 1970. */
  readonly now: () => number
  /** Asks until the periods are those of the server: the first number of an answer is -1 if they are not, the second its time. */
  readonly within: (
    ask: (now: number) => Promise<ReadonlyArray<number>>,
  ) => Promise<ReadonlyArray<number>>
}

/**
 * Makes the clock.
 *
 * @param wall this process's, by which the server's is known: how far they are apart is learnt from each answer
 * @param problem what is thrown where the two never agree
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
