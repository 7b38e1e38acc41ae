/** A real Postgres on a free port of loopback, for as long as tests need it. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { createConnection } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import * as Redacted from "effect/Redacted"
import { connectPostgres } from "../../lib/postgres/connect.ts"
import { freePort } from "./spawn-gateway.ts"

/** Debian keeps its programs off the PATH. */
const folders = (): ReadonlyArray<string> => {
  const debian = "/usr/lib/postgresql"
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  return [
    ...(process.env["PATH"] ?? "").split(":"),
    ...versions.map((version) => join(debian, version, "bin")),
  ]
}

const folder = folders().find((each) => ["postgres", "initdb"].every((name) => existsSync(join(each, name))))

/** A server that runs already: `DATABASE_URL` names it, and may make databases in it. */
const given = process.env["DATABASE_URL"]

/** Why tests that need one are skipped, which counts as failed; `false` if there is one. */
export const withoutPostgres: string | false = given === undefined && folder === undefined &&
  "there is no Postgres: apt-get install -y postgresql"

/** Postgres refuses to run as root. */
const owner = ((): { readonly uid: number; readonly gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const idOf = (flag: string): number => {
    for (const user of ["postgres", "nobody"]) {
      try {
        return Number(
          execFileSync("id", [flag, user], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
        )
      } catch { /* the next one */ }
    }
    throw new Error("there is neither a user postgres nor nobody to run Postgres as")
  }
  return { uid: idOf("-u"), gid: idOf("-g") }
})()

/** A server that runs. */
export interface PostgresServer {
  readonly port: number
  /** The URL of an empty database, which is made. */
  readonly newDatabase: () => Promise<string>
  /** SIGKILL of all its processes, in the middle of whatever they do. */
  readonly kill: () => Promise<void>
  /** Starts it again on the same port, with what it had. */
  readonly start: () => Promise<void>
  /** SIGSTOP and SIGCONT: it keeps its connections, and answers nothing. */
  readonly freeze: () => void
  readonly thaw: () => void
  /** Ends it, and removes what it had. */
  readonly close: () => Promise<void>
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1")
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    // A request for TLS, which is answered by one byte once the server takes connections.
    socket.once("connect", () => socket.write(Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47)))
    socket.once("data", () => end(true))
    socket.once("error", () => end(false))
  })

const childrenOf = (pid: number): ReadonlyArray<number> => {
  try {
    return execFileSync("pgrep", ["-P", `${pid}`], { encoding: "utf8" }).trim().split("\n").map(Number)
  } catch {
    return []
  }
}

let databases = 0

const makeDatabase = async (url: string): Promise<string> => {
  const database = connectPostgres(Redacted.make(url))
  const name = `basegate_${process.pid}_${Date.now()}_${++databases}`
  try {
    await database.query(`CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`)
  } finally {
    await database.close()
  }
  const made = new URL(url)
  made.pathname = `/${name}`
  return made.href
}

const settings = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
  "shared_buffers=128MB",
  "log_min_messages=panic",
  "max_connections=100",
]

/**
 * Starts a server of its own.
 *
 * @param options its settings, beside those that keep it on loopback
 */
export const startPostgres = async (
  options: ReadonlyArray<string> = ["fsync=off"],
): Promise<PostgresServer> => {
  if (folder === undefined) throw new Error("there is no Postgres on this machine")
  const data = mkdtempSync(join(tmpdir(), "basegate-postgres-"))
  chmodSync(data, 0o700)
  if (owner !== undefined) chownSync(data, owner.uid, owner.gid)
  const as = { ...owner, cwd: "/", env: { PATH: `${folder}:${process.env["PATH"] ?? ""}`, LC_ALL: "C" } }
  execFileSync(
    join(folder, "initdb"),
    ["-D", data, "-A", "trust", "-U", "basegate", "-E", "UTF8", "--locale=C", "--no-sync"],
    { ...as, stdio: "ignore" },
  )
  const port = await freePort()
  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    const args = [...settings, ...options].flatMap((setting) => ["-c", setting])
    child = spawn(join(folder, "postgres"), ["-D", data, "-p", `${port}`, ...args], {
      ...as,
      stdio: "ignore",
    })
    for (let tries = 0; !await isOpen(port); tries++) {
      if (tries > 1200) throw new Error("the Postgres of the test does not start")
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }
  /** Each connection has a process, in a session of its own. */
  const signal = (name: NodeJS.Signals): void => {
    if (child?.pid === undefined) return
    const ofChild = childrenOf(child.pid)
    for (const pid of [child.pid, ...ofChild]) {
      try {
        process.kill(pid, name)
      } catch { /* it has ended */ }
    }
  }
  const kill = (): Promise<void> =>
    new Promise((resolve) => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return resolve()
      child.once("exit", () => resolve())
      signal("SIGKILL")
    })
  await start()
  const removed = (): void => rmSync(data, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  const onExit = (): void => {
    signal("SIGKILL")
    removed()
  }
  process.once("exit", onExit)
  return {
    port,
    newDatabase: () => makeDatabase(`postgres://basegate@127.0.0.1:${port}/postgres`),
    kill,
    start,
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    close: async () => {
      await kill()
      process.off("exit", onExit)
      removed()
    },
  }
}

/** A server for tests that need no faults of it: the one that runs already, else one of their own. */
export const anyPostgres = async (): Promise<Pick<PostgresServer, "newDatabase" | "close">> =>
  given === undefined
    ? await startPostgres()
    : { newDatabase: () => makeDatabase(given), close: async () => {} }
