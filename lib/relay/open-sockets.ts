/**
 * Counts the WebSockets of each gateway that are open or being opened.
 *
 * @module
 */

/** The counts of one process. */
export class OpenSockets {
  readonly #counts = new Map<string, number>()

  /**
   * Takes a place, if one is left.
   *
   * @returns a function that gives the place back, once; `undefined` if no place is left
   */
  enter(gateway: string, most: number): (() => void) | undefined {
    const before = this.#counts.get(gateway) ?? 0
    if (before >= most) return undefined
    this.#counts.set(gateway, before + 1)
    let isIn = true
    return () => {
      if (!isIn) return
      isIn = false
      const now = (this.#counts.get(gateway) ?? 1) - 1
      if (now > 0) this.#counts.set(gateway, now)
      else this.#counts.delete(gateway)
    }
  }
}
