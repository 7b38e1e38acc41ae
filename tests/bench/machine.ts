/**
 * The machine that figures were taken on, and whether it is quiet enough to take any.
 *
 * @module
 */
import { execFileSync } from "node:child_process"
import { cpus, loadavg, release, totalmem } from "node:os"
import process from "node:process"
import { setTimeout as sleep } from "node:timers/promises"

const spent = (): { readonly busy: number; readonly all: number } => {
  const times = cpus().map((cpu) => cpu.times)
  const idle = times.reduce((sum, time) => sum + time.idle, 0)
  const all = times.reduce((sum, time) => sum + time.idle + time.user + time.sys + time.nice + time.irq, 0)
  return { busy: all - idle, all }
}

/** Why figures taken now would be worth little: other work on the machine. Takes two seconds. */
export const disturbance = async (): Promise<string | undefined> => {
  const [minute = 0] = loadavg()
  const before = spent()
  await sleep(2000)
  const after = spent()
  const busy = (after.busy - before.busy) / (after.all - before.all)
  if (busy > 0.1) return `${(busy * 100).toFixed(0)} % of the processors are in use`
  const limit = cpus().length * 0.4
  return minute > limit
    ? `the load average is ${minute.toFixed(1)}, above ${limit.toFixed(1)}: wait a minute`
    : undefined
}

const versionOf = (command: string): string =>
  /\d+[.-]\d+[.-]\d+\S*/.exec(
    execFileSync(`node_modules/.bin/${command}`, ["--version"], { encoding: "utf8" }),
  )
    ?.[0] ??
    "unknown"

const commit = (): string => {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim()
  } catch {
    return "unknown"
  }
}

/** What to say beside the figures. */
export const machine = () => ({
  date: new Date().toISOString(),
  commit: commit(),
  command: `npm run bench -- ${process.argv.slice(2).join(" ")}`.trim(),
  processors: `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`,
  memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  kernel: release(),
  versions: {
    bun: versionOf("bun"),
    deno: versionOf("deno"),
    node: process.versions.node,
    workerd: versionOf("workerd"),
  },
})
