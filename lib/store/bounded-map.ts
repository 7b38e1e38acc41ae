/**
 * A map that stays small: entries expire, and the least recently used make room for new ones.
 *
 * Needs no timer and never scans all entries at once: each `set` also checks the next two entries of a round through
 * all of them. A round ends after fewer `set`s than there are entries, so expired entries are removed even if they
 * are never read. The order of use is a linked list of its own: repeatedly taking the first key of a JavaScript `Map`
 * gets slow, since engines step over the slots of deleted keys.
 *
 * @module
 */

interface Entry<V> {
  readonly key: string
  readonly value: V
  readonly weight: number
  readonly expires: number
  older: Entry<V> | undefined
  newer: Entry<V> | undefined
}

/** A bounded map. Times are milliseconds of one clock. */
export interface BoundedMap<V> {
  /** The value of a key, unless it expired. Counts as a use. */
  readonly get: (key: string, now: number) => V | undefined
  /** Keeps a value until `expires`. `weight` counts against the capacity. */
  readonly set: (key: string, value: V, weight: number, expires: number, now: number) => void
  /** Removes a key. */
  readonly delete: (key: string) => void
  /** All entries, including expired ones that were not removed yet. Does not count as a use. */
  readonly items: () => ReadonlyArray<readonly [key: string, value: V]>
  /** The number of entries, including expired ones that were not removed yet. */
  readonly size: () => number
  /** The total weight of the entries; never more than the capacity. */
  readonly weight: () => number
}

/** Creates an empty map for entries of up to `capacity` in total weight. A heavier single entry is not kept. */
export const boundedMap = <V>(capacity: number): BoundedMap<V> => {
  const entries = new Map<string, Entry<V>>()
  let oldest: Entry<V> | undefined
  let newest: Entry<V> | undefined
  let atRound: Entry<V> | undefined
  let total = 0

  const unlink = (entry: Entry<V>): void => {
    if (atRound === entry) atRound = entry.newer
    if (entry.older === undefined) oldest = entry.newer
    else entry.older.newer = entry.newer
    if (entry.newer === undefined) newest = entry.older
    else entry.newer.older = entry.older
  }
  const append = (entry: Entry<V>): void => {
    entry.older = newest
    entry.newer = undefined
    if (newest === undefined) oldest = entry
    else newest.newer = entry
    newest = entry
  }
  const remove = (entry: Entry<V>): void => {
    unlink(entry)
    entries.delete(entry.key)
    total -= entry.weight
  }
  const lookAtNext = (now: number): void => {
    const entry = atRound ?? oldest
    if (entry === undefined) return
    atRound = entry.newer
    if (entry.expires <= now) remove(entry)
  }
  const removeKey = (key: string): void => {
    const entry = entries.get(key)
    if (entry !== undefined) remove(entry)
  }

  return {
    get: (key, now) => {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      if (entry.expires <= now) {
        remove(entry)
        return undefined
      }
      if (entry !== newest) {
        unlink(entry)
        append(entry)
      }
      return entry.value
    },
    set: (key, value, weight, expires, now) => {
      removeKey(key)
      lookAtNext(now)
      lookAtNext(now)
      if (weight > capacity) return
      while (oldest !== undefined && total + weight > capacity) remove(oldest)
      const entry = { key, value, weight, expires, older: undefined, newer: undefined }
      entries.set(key, entry)
      append(entry)
      total += weight
    },
    delete: removeKey,
    items: () => [...entries.values()].map(({ key, value }) => [key, value] as const),
    size: () => entries.size,
    weight: () => total,
  }
}
