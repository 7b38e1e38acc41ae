/**
 * What a process and its children take of the machine, from /proc. NaN where there is none (Linux only).
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs"
import process from "node:process"

/** Clock ticks of a second in /proc/…/stat: the same on every Linux that Node runs on. */
const ticks = 100

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

/** The fields of /proc/…/stat from the third on: the second, a name in brackets, may hold spaces. */
const fieldsOf = (pid: number): ReadonlyArray<string> =>
  read(`/proc/${pid}/stat`).replace(/^.*\) /s, "").trim().split(" ")

const threads = (pid: number): ReadonlyArray<string> => {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

/** A process and those that it has started. */
const family = (pid: number): ReadonlyArray<number> => [
  pid,
  ...threads(pid)
    .flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).match(/\d+/g) ?? [])
    .flatMap((child) => family(Number(child))),
]

const total = (pid: number, of: (pid: number) => number): number =>
  process.platform === "linux" ? family(pid).map(of).reduce((sum, value) => sum + value, 0) : NaN

/** CPU time used so far, user and system, in seconds. Its steps are 10 ms. */
export const cpuSeconds = (pid: number): number =>
  total(pid, (one) => (Number(fieldsOf(one)[11] ?? 0) + Number(fieldsOf(one)[12] ?? 0)) / ticks)

/** Memory that is resident, in MiB. */
export const residentMebibytes = (pid: number): number =>
  total(pid, (one) => Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${one}/status`))?.[1] ?? 0) / 1024)
