/**
 * Sets of UTF-16 code units.
 *
 * @module
 */

const highest = 0xffff
/** In a larger set, which has nearly all letters anyway, only ASCII letters are made case-insensitive. */
const mostCased = 4000

/** A set, as sorted ranges whose bounds are inclusive. */
export class CharSet {
  /** The lowest and the highest unit of each range, alternating. */
  readonly ranges: ReadonlyArray<number>

  private constructor(ranges: ReadonlyArray<number>) {
    this.ranges = ranges
  }

  /** The empty set. */
  static readonly none = new CharSet([])

  /** @param ranges the lowest and the highest unit of each range, in any order */
  static of(ranges: ReadonlyArray<number>): CharSet {
    const pairs: Array<readonly [number, number]> = []
    for (let at = 0; at < ranges.length; at += 2) pairs.push([ranges[at] ?? 0, ranges[at + 1] ?? 0])
    pairs.sort(([one], [other]) => one - other)
    const merged: Array<number> = []
    for (const [low, high] of pairs) {
      const last = merged.at(-1)
      if (last !== undefined && low <= last + 1) merged[merged.length - 1] = Math.max(last, high)
      else merged.push(low, high)
    }
    return new CharSet(merged)
  }

  /** The units with a Unicode property (`L`, `Script=Greek`); `undefined` if there is no such property. */
  static ofProperty(name: string): CharSet | undefined {
    let pattern: RegExp
    try {
      pattern = new RegExp(`\\p{${name}}`, "u")
    } catch {
      return undefined
    }
    const ranges: Array<number> = []
    for (let unit = 0; unit <= highest; unit++) {
      if (unit >= 0xd800 && unit <= 0xdfff) continue
      if (!pattern.test(String.fromCharCode(unit))) continue
      if (ranges.at(-1) === unit - 1) ranges[ranges.length - 1] = unit
      else ranges.push(unit, unit)
    }
    return new CharSet(ranges)
  }

  with(other: CharSet): CharSet {
    return CharSet.of([...this.ranges, ...other.ranges])
  }

  negated(): CharSet {
    const rest: Array<number> = []
    let from = 0
    for (let at = 0; at < this.ranges.length; at += 2) {
      const low = this.ranges[at] ?? 0
      if (low > from) rest.push(from, low - 1)
      from = (this.ranges[at + 1] ?? 0) + 1
    }
    if (from <= highest) rest.push(from, highest)
    return new CharSet(rest)
  }

  /** The set with each letter in both upper and lower case. */
  caseless(): CharSet {
    let size = 0
    for (let at = 0; at < this.ranges.length; at += 2) {
      size += (this.ranges[at + 1] ?? 0) - (this.ranges[at] ?? 0) + 1
    }
    const more: Array<number> = []
    const add = (letter: string): void => {
      const unit = letter.charCodeAt(0)
      if (letter.length === 1) more.push(unit, unit)
    }
    for (let at = 0; at < this.ranges.length; at += 2) {
      const last = Math.min(this.ranges[at + 1] ?? 0, size > mostCased ? 0x7f : highest)
      for (let unit = this.ranges[at] ?? 0; unit <= last; unit++) {
        const letter = String.fromCharCode(unit)
        add(letter.toLowerCase())
        add(letter.toUpperCase())
      }
    }
    return CharSet.of([...this.ranges, ...more])
  }

  has(unit: number): boolean {
    const { ranges } = this
    for (let at = 0; at < ranges.length; at += 2) {
      if (unit < (ranges[at] ?? 0)) return false
      if (unit <= (ranges[at + 1] ?? 0)) return true
    }
    return false
  }
}
