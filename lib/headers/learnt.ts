/**
 * What is known of header names, found out once for each.
 *
 * @module
 */

/** How many names are remembered, and the longest of them in characters: callers choose both. */
const maxNames = 512
const maxLength = 64

/**
 * Remembers what a pure function gives for a name. Nearly all messages have the same few names, however many there could be.
 *
 * @param judge depends on the name alone
 */
export const learnt = <A>(judge: (name: string) => A): (name: string) => A => {
  const known = new Map<string, A>()
  return (name) => {
    const before = known.get(name)
    if (before !== undefined) return before
    const judged = judge(name)
    if (name.length <= maxLength) {
      // Not the oldest alone: that takes longer on every name of a flood, and the usual names come back at once.
      if (known.size >= maxNames) known.clear()
      known.set(name, judged)
    }
    return judged
  }
}
