/**
 * The placeholders of masked values in one call: `[EMAIL_1]`, numbered by kind in order of appearance.
 *
 * @module
 */

/** The form of a placeholder. */
const placeholder = /\[[A-Z]+_\d{1,9}\]/g

/** The placeholders of one call. */
export class Placeholders {
  readonly #names = new Map<string, string>()
  /** The values that are restored in the answer, by placeholder. */
  readonly #values = new Map<string, string>()
  readonly #counts = new Map<string, number>()
  /** Placeholders in the caller's own text, which must not be given to a value. */
  readonly #taken = new Set<string>()

  /** Reserves the placeholders that occur in the caller's text. */
  reserve(text: string): void {
    for (const [name] of text.matchAll(placeholder)) this.#taken.add(name)
  }

  /**
   * The placeholder of a value; equal values have the same one.
   *
   * @param isRestored whether the value is restored in the answer
   */
  of(kind: string, value: string, isRestored: boolean): string {
    const key = `${kind} ${value}`
    let name = this.#names.get(key)
    if (name === undefined) {
      let count = this.#counts.get(kind) ?? 0
      do name = `[${kind}_${++count}]`
      while (this.#taken.has(name))
      this.#counts.set(kind, count)
      this.#names.set(key, name)
    }
    if (isRestored) this.#values.set(name, value)
    return name
  }

  /** The values to restore in the answer, by placeholder. */
  get restorable(): ReadonlyMap<string, string> {
    return this.#values
  }
}
