/**
 * A queue whose items may also leave from the middle: in amortised constant time, and without being retained.
 *
 * @module
 */

/** Something that can leave. */
export interface Leaving {
  /** Whether it has left every queue that it is in. */
  gone: boolean
}

/** A queue in the order of arrival. */
export interface Fifo<T extends Leaving> {
  readonly push: (item: T) => void
  /** The first item that has not left. */
  readonly first: () => T | undefined
  /** The first few items that have not left. */
  readonly take: (count: number) => ReadonlyArray<T>
  /** To be called after an item's `gone` was set. */
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
