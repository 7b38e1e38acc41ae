/**
 * A queue from whose middle items may be removed, in amortised constant time, and without being retained.
 *
 * @module
 */

/** An item that can be removed. */
export interface Leaving {
  /** Whether it was removed from every queue that it was in. */
  gone: boolean
}

/** A queue, first in, first out. */
export interface Fifo<T extends Leaving> {
  readonly push: (item: T) => void
  /** The first item that is not gone. */
  readonly first: () => T | undefined
  /** The first items that are not gone. */
  readonly take: (count: number) => ReadonlyArray<T>
  /** Must be called after an item's `gone` was set. */
  readonly left: () => void
  readonly size: () => number
  readonly items: () => ReadonlyArray<T>
}

/** Makes an empty queue. */
export const fifo = <T extends Leaving>(): Fifo<T> => {
  let items: Array<T> = []
  let head = 0
  let gone = 0
  const first = (): T | undefined => {
    while (items[head]?.gone) head++
    return items[head]
  }
  return {
    push: (item) => void items.push(item),
    first,
    take: (count) => {
      const taken: Array<T> = []
      first()
      for (let index = head; index < items.length && taken.length < count; index++) {
        const item = items[index]
        if (item !== undefined && !item.gone) taken.push(item)
      }
      return taken
    },
    left: () => {
      gone++
      if (gone <= 32 || gone < items.length / 2) return
      items = items.filter((item) => !item.gone)
      head = 0
      gone = 0
    },
    size: () => items.length - gone,
    items: () => items.filter((item) => !item.gone),
  }
}
