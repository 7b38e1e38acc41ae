/**
 * What the processes that this one has started, and those that they started, have taken of the processors.
 *
 * @module
 */
import { readFileSync } from "node:fs"

/** A second of the kernel's clock, which is a hundred of its ticks on all that Node runs on. */
const tick = 10

const ofChildren = (): number => {
  try {
    // The name, in brackets, may hold spaces. Then: state, 11 others, utime, stime, and the same of what was waited for.
    const [, fields = ""] = readFileSync("/proc/self/stat", "utf8").split(/\) (?=[^)]*$)/)
    const [user = 0, system = 0] = fields.split(" ").slice(13, 15).map(Number)
    return (user + system) * tick
  } catch {
    return 0
  }
}

let before = 0

/** Since it was asked last, in milliseconds, of processes that have ended; 0 where there is no /proc. */
export const processorTime = (): number => {
  const now = ofChildren()
  const since = now - before
  before = now
  return since
}
