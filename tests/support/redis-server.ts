/** A real Redis, or Valkey, on a free port of loopback, for as long as a test needs it. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { createConnection } from "node:net"
import { freePort } from "./spawn-gateway.ts"

const programs = ["redis-server", "valkey-server"] as const

const find = (): string | undefined =>
  programs.find((program) => {
    try {
      execFileSync(program, ["--version"], { stdio: "ignore" })
      return true
    } catch {
      return false
    }
  })

/** The server that is on this machine. */
export const redisProgram = find()

/** Why tests that need one are skipped, which counts as failed; `false` if there is one. */
export const withoutRedis: string | false = redisProgram === undefined &&
  "there is no redis-server or valkey-server: apt-get install -y redis-server"

/** A server that runs. */
export interface RedisServer {
  readonly port: number
  readonly url: string
  /** SIGKILL, in the middle of whatever it does. */
  readonly kill: () => Promise<void>
  /** Starts it again on the same port, with nothing in it unless it was to keep what it had. */
  readonly start: () => Promise<void>
  /** SIGSTOP and SIGCONT: it keeps its connections, and answers nothing. */
  readonly freeze: () => void
  readonly thaw: () => void
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1")
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once("connect", () => socket.write("PING\r\n"))
    socket.once("data", (data) => end(data.toString().startsWith("+PONG")))
    socket.once("error", () => end(false))
  })

/**
 * Starts a server.
 *
 * @param options its own, beside those that keep it on loopback and off the disk
 */
export const startRedis = async (options: ReadonlyArray<string> = []): Promise<RedisServer> => {
  const port = await freePort()
  const fixed = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--daemonize", "no"]
  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    child = spawn(redisProgram ?? "redis-server", [...fixed, ...options], { stdio: "ignore" })
    for (let tries = 0; !await answers(port); tries++) {
      if (tries > 200) throw new Error("the Redis of the test does not start")
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  await start()
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    start,
    kill: () =>
      new Promise((resolve) => {
        if (child === undefined || child.exitCode !== null || child.signalCode !== null) return resolve()
        child.once("exit", () => resolve())
        child.kill("SIGKILL")
      }),
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
  }
}
