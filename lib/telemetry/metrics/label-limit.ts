/**
 * Names that callers choose, made fit for labels: every distinct one costs memory here and in every collector.
 *
 * @module
 */

/** What stands for names that are not told apart. */
export const overflowLabel = "other"

/**
 * Makes a function that gives a name back if it is among the first `limit` that were confirmed to exist, and else `other`.
 *
 * A name that only failing requests bear takes no place: otherwise a caller could fill all of them with inventions.
 *
 * @param isKnown names that need no confirmation and take no place
 */
export const limitLabels = (
  limit: number,
  isKnown: (name: string) => boolean = () => false,
): (name: string, confirmed: boolean) => string => {
  const seen = new Set<string>()
  return (name, confirmed) => {
    if (seen.has(name) || isKnown(name)) return name
    if (!confirmed || seen.size >= limit) return overflowLabel
    seen.add(name)
    return name
  }
}
