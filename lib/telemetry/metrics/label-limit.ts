/**
 * Caps the cardinality of metric labels that callers choose: each distinct one costs memory here and in every collector.
 *
 * @module
 */

/** The label of all names beyond the limit. */
const overflowLabel = "other"

/**
 * Creates a function that returns a name if it is among the first `limit` that were confirmed to exist, else `other`.
 *
 * A name that occurs only in failing requests is not confirmed: otherwise a caller could use up the limit with
 * invented names.
 *
 * @param isKnown whether a name needs no confirmation and does not count
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
