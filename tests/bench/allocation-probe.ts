/**
 * Loaded into a server on Node before anything else: tells on standard error, at each SIGUSR2, how much of V8's heap is
 * used before and after a collection.
 *
 * @module
 */
import process from "node:process"
import { PerformanceObserver } from "node:perf_hooks"
import { getHeapStatistics } from "node:v8"
import type { Reading } from "./measures/allocation.ts"

/** Exposed by Node's flag `--expose-gc`. */
declare const gc: () => void

let collections = 0
new PerformanceObserver((list) => collections += list.getEntries().length).observe({ entryTypes: ["gc"] })

const used = (): number => getHeapStatistics().used_heap_size

process.on("SIGUSR2", () => {
  const before = used()
  // Collections are told of in a turn of their own: those so far first, and the forced one before the next reading.
  setTimeout(() => {
    const told = collections
    gc()
    const after = used()
    setTimeout(() => {
      collections = 0
      const reading: Reading = { before, after, collections: told }
      process.stderr.write(`${JSON.stringify(reading)}\n`)
    }, 50)
  }, 50)
})
