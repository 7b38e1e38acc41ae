/**
 * Starts this program again, as a worker, on Bun and on Deno: the system shares the port among those that listen on it.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import type { StartWorker, Worker, WorkerEvents } from "./worker-pool.ts"
import type { Report } from "./worker-messages.ts"
import { seatVariable } from "./worker-seat.ts"

/** The variables of a worker. */
export const seatOf = (port: number, count: number): Record<string, string> => ({
  [seatVariable]: `${process.pid}:${port}:${count}`,
})

/** What a child process says, as a worker's events. */
export const workerOfChild = (child: ChildProcess, { onReport, onEnd }: WorkerEvents): Worker => {
  child.on("message", (report) => onReport(report as Report))
  let hasEnded = false
  const end = (how: string): void => {
    if (hasEnded) return
    hasEnded = true
    onEnd(how)
  }
  child.once("exit", (code, signal) => end(signal ?? `exit code ${code}`))
  child.once("error", ({ message }) => end(message))
  return {
    pid: child.pid,
    // It may end at any time, which its own event reports.
    send: (order) => void (child.connected && child.send(order, () => {})),
    kill: () => void child.kill("SIGKILL"),
  }
}

/** Deno's flags that are about listening, or about one process. */
const own = /^--(?:host|port|parallel|open|watch|inspect)/

/** How Deno was started, without what only `deno serve` takes; Deno itself does not say. */
const denoArguments = (mainModule: string): ReadonlyArray<string> => {
  let given: ReadonlyArray<string>
  try {
    given = readFileSync("/proc/self/cmdline", "utf8").split("\0").slice(1, -1)
  } catch {
    throw new Error(
      "on Deno BASEGATE_WORKERS needs Linux, and --allow-all (-A) to look up how it was started",
    )
  }
  const main = mainModule.startsWith("file:") ? fileURLToPath(mainModule) : mainModule
  const isMain = (word: string): boolean => [word, resolve(word)].includes(main) || word === mainModule
  const flags: Array<string> = []
  for (let index = 0; index < given.length; index++) {
    const flag = given[index] ?? ""
    if (flag.startsWith("-")) {
      if (/^--(?:host|port)$/.test(flag)) index++
      else if (!own.test(flag)) flags.push(flag)
    } else if (isMain(flag)) break
    else if (flag !== "serve" && flag !== "run") flags.push(flag)
  }
  // What `deno serve` serves would be run with a warning that it should be served.
  const program = main.replace(/(?<=lib\/runtime\/)deno\.ts$/, "deno-run.ts")
  return ["run", ...flags, "--unstable-net", program, ...process.argv.slice(2)]
}

/** Starts a number of workers that listen on a port. */
export const startAgain = (port: number, count: number): StartWorker => {
  const { Deno } = globalThis as { readonly Deno?: { readonly mainModule: string } }
  const given = Deno === undefined
    ? [...process.execArgv, ...process.argv.slice(1)]
    : denoArguments(Deno.mainModule)
  return (events) => {
    const child = spawn(process.execPath, given, {
      env: { ...process.env, ...seatOf(port, count) },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    })
    return workerOfChild(child, events)
  }
}
