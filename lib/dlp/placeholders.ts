/**
 * What stands in place of what was masked in one call: `[EMAIL_1]`, numbered by kind in order of appearance.
 *
 * @module
 */

/** Looks like one of them. */
const placeholder = /\[[A-Z]+_\d{1,9}\]/g

/** The placeholders of one call. */
export class Placeholders {
  readonly #names = new Map<string, string>()
  /** What those stand for that the answer gets back. */
  readonly #values = new Map<string, string>()
  readonly #counts = new Map<string, number>()
  /** Written by the caller: they stand for themselves. */
  readonly #taken = new Set<string>()

  /** Notes what the caller has written itself. */
  reserve(text: string): void {
    for (const [name] of text.matchAll(placeholder)) this.#taken.add(name)
  }

  /**
   * The placeholder of a value, the same for the same value.
   *
   * @param isRestored whether the answer gets the value back
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

  /** The placeholders that the answer gets back, and their values. */
  get restorable(): ReadonlyMap<string, string> {
    return this.#values
  }
}
