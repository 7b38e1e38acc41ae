/**
 * What waits for the collector: bounded, whatever the collector does.
 *
 * @module
 */

/** The most text that waits, and the most that goes in one request, in characters; a collector takes 20 MiB or less. */
const bounds = { waiting: 8 * 1024 * 1024, batch: 2 * 1024 * 1024 }

/** Items as JSON text, in the order they came. */
export interface ExportQueue {
  /** Takes an item; `false` where there is no room for it. */
  readonly push: (item: string) => boolean
  /** Takes the next batch out. */
  readonly take: () => ReadonlyArray<string>
  readonly size: () => number
  /** Whether a batch is full. */
  readonly isDue: () => boolean
}

/** @param queue the most items that wait, and `batch` the most that are taken at once */
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
