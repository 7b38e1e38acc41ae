/**
 * Guesses the name that was meant by a misspelt one.
 *
 * @module
 */

/**
 * How many letters must be inserted, deleted, substituted or swapped with their neighbour to turn one text into another
 * (Damerau–Levenshtein distance, optimal string alignment).
 */
const distance = (a: string, b: string): number => {
  let before: ReadonlyArray<number> = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const exchanged = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swaps = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = swaps ? (before[j - 2] ?? 0) + 1 : Infinity
      next.push(Math.min(exchanged, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}

/** The known name nearest to an unknown one; `undefined` if none is close. Names longer than 64 are close to none. */
export const nearestName = (name: string, known: ReadonlyArray<string>): string | undefined => {
  if (name.length > 64) return undefined
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "")
  const distances = known.map((candidate) => ({ candidate, of: distance(plain(name), plain(candidate)) }))
  const [nearest] = distances.sort((a, b) => a.of - b.of)
  return nearest !== undefined && nearest.of <= name.length / 3 ? nearest.candidate : undefined
}
