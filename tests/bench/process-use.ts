/**
 * What a process and its children take of the machine, from /proc. NaN where there is none (Linux only).
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs"
import process from "node:process"

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

/** The folders of a process's threads. */
const threadsOf = (pid: number): ReadonlyArray<string> => {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`)
  } catch {
    return []
  }
}

/** A process and those that it has started. */
const family = (pid: number): ReadonlyArray<number> => [
  pid,
  ...threadsOf(pid)
    .flatMap((thread) => read(`${thread}/children`).match(/\d+/g) ?? [])
    .flatMap((child) => family(Number(child))),
]

/** Nanoseconds that each thread has run, by the scheduler's count (the first field of schedstat). */
const threadTimes = (pid: number): ReadonlyMap<string, number> =>
  new Map(
    family(pid).flatMap(threadsOf).flatMap((thread) => {
      const text = read(`${thread}/schedstat`)
      // A thread may end between the listing and the reading.
      return text === "" ? [] : [[thread, Number(text.split(" ")[0])] as const]
    }),
  )

/**
 * Counts CPU time, user and system, of all threads. A thread that runs is up to date to a tick of the scheduler, one
 * that sleeps to the nanosecond; one that ends takes with it what it had run.
 *
 * @returns microseconds since the call
 */
export const cpuMeter = (pid: number): () => number => {
  const before = threadTimes(pid)
  return () => {
    const after = threadTimes(pid)
    if (after.size === 0) return NaN
    return [...after].reduce((sum, [thread, time]) => sum + time - (before.get(thread) ?? 0), 0) / 1000
  }
}

/** Memory that is resident, in MiB. */
export const residentMebibytes = (pid: number): number =>
  process.platform === "linux"
    ? family(pid).reduce(
      (sum, one) => sum + Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${one}/status`))?.[1] ?? 0) / 1024,
      0,
    )
    : NaN

/** Files, sockets and pipes that are open. */
export const openDescriptors = (pid: number): number =>
  process.platform === "linux"
    ? family(pid).reduce((sum, one) => {
      try {
        return sum + readdirSync(`/proc/${one}/fd`).length
      } catch {
        return sum
      }
    }, 0)
    : NaN
