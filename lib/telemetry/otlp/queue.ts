/**
 * The queue for the collector, bounded whatever the collector does.
 *
 * @module
 */

/** The most text that is queued, and the most in one request, in characters; collectors accept at most 20 MiB. */
const bounds = { waiting: 8 * 1024 * 1024, batch: 2 * 1024 * 1024 }

/** Items as JSON text, in the order they came. */
export interface ExportQueue {
  /** Adds an item; `false` if there is no room for it. */
  readonly push: (item: string) => boolean
  /** Removes the next batch. */
  readonly take: () => ReadonlyArray<string>
  readonly size: () => number
  /** Whether a batch is full. */
  readonly isDue: () => boolean
}

/** @param queue the most items that are queued, and `batch` the most in one batch */
export const exportQueue = (
  { queue, batch }: { readonly queue: number; readonly batch: number },
): ExportQueue => {
  let items: Array<string> = []
  let length = 0
  return {
    push: (item) => {
      if (items.length >= queue || length + item.length > bounds.waiting) return false
      items.push(item)
      length += item.length
      return true
    },
    take: () => {
      let count = 0
      let taken = 0
      while (count < Math.min(batch, items.length)) {
        const next = items[count]?.length ?? 0
        if (count > 0 && taken + next > bounds.batch) break
        taken += next
        count++
      }
      const first = items.slice(0, count)
      items = items.slice(count)
      length -= taken
      return first
    },
    size: () => items.length,
    isDue: () => items.length >= batch || length >= bounds.batch,
  }
}
