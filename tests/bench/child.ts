/**
 * Processes that the bench starts, and ends with itself.
 *
 * @module
 */
import { type ChildProcess, spawn, type StdioOptions } from "node:child_process"
import { connect, createServer } from "node:net"
import process from "node:process"
import { setTimeout as sleep } from "node:timers/promises"

/** A process that runs. */
export interface Child {
  readonly process: ChildProcess
  readonly pid: number
  /** What it has said on standard error. */
  readonly said: () => string
  /** Ends it, by SIGTERM first, and waits until it has gone. */
  readonly stop: () => Promise<void>
}

const running = new Set<ChildProcess>()
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL")
})
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1))

/** What a process needs of the environment of this one; nothing of it configures a gateway. */
const inherited = (): Record<string, string> =>
  Object.fromEntries(
    ["PATH", "HOME", "DENO_DIR"].flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )

/** @param output where its standard output goes: nowhere (/dev/null), or here */
export const startChild = (
  command: string,
  args: ReadonlyArray<string>,
  { cwd, env, output }: {
    readonly cwd: string
    readonly env: Readonly<Record<string, string>>
    readonly output: "ignore" | "pipe"
  },
): Child => {
  const stdio: StdioOptions = [output, output, "pipe"]
  const child = spawn(command, args, { cwd, env: { ...inherited(), ...env }, stdio })
  running.add(child)
  let said = ""
  child.stderr?.setEncoding("utf8").on("data", (text: string) => said += text)
  const gone = new Promise<void>((resolve) =>
    child.once("close", () => {
      running.delete(child)
      resolve()
    })
  )
  child.once("error", (cause) => said += cause.message)
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM")
    const force = setTimeout(() => child.kill("SIGKILL"), 1000)
    await gone
    clearTimeout(force)
  }
  return { process: child, pid: child.pid ?? 0, said: () => said, stop }
}

/** A port that nothing listens on. */
export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** Whether something listens on a port. */
export const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false))
    socket.once("connect", () => socket.destroy())
  })

/** Waits until a process listens on a port; fails after 20 s. */
export const untilListens = async (child: Child, port: number): Promise<void> => {
  for (let tries = 0; !await listens(port); tries++) {
    if (tries > 2000 || child.process.exitCode !== null) {
      throw new Error(`${child.process.spawnargs.join(" ")} did not start: ${child.said()}`)
    }
    await sleep(10)
  }
}
