/**
 * Facts about header names, computed once for each name.
 *
 * @module
 */

/** The most names remembered, and the longest, in characters: callers choose both. */
const maxNames = 512
const maxLength = 64

/**
 * Memoizes a pure function of a name. Nearly all messages use the same few names.
 *
 * @param judge depends on the name alone
 */
export const memoizeByName = <A>(judge: (name: string) => A): (name: string) => A => {
  const known = new Map<string, A>()
  return (name) => {
    const before = known.get(name)
    if (before !== undefined) return before
    const judged = judge(name)
    if (name.length <= maxLength) {
      // All, not the oldest alone: evicting one by one costs more under a flood, and the usual names are back at once.
      if (known.size >= maxNames) known.clear()
      known.set(name, judged)
    }
    return judged
  }
}
