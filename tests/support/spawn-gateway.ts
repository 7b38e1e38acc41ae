/**
 * Starts the gateway as a process of its own on each runtime, as its users do.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { spreadOver } from "./spread.ts"
import { spawnWorkerd, workerdConfig } from "../../lib/commands/workerd-config.ts"

/** The runtimes that the contract is proven on. */
export const runtimes = ["bun", "deno", "node", "workerd"] as const
/** One of them. */
export type Runtime = typeof runtimes[number]

/** A gateway that runs. */
export interface SpawnedGateway {
  readonly url: string
  readonly pid: number
  /** What it has written to standard output. */
  readonly output: () => string
  /** The lines of JSON it has logged, parsed. */
  readonly records: () => ReadonlyArray<Record<string, unknown>>
  /** The last of a request. */
  readonly recordOf: (requestId: string) => Record<string, unknown> | undefined
  /** Sends SIGTERM and, if it goes on for `patience` milliseconds, SIGKILL. */
  readonly stop: (patience?: number) => Promise<void>
  /** Sends SIGKILL. */
  readonly kill: () => Promise<void>
  readonly signal: (signal: NodeJS.Signals) => void
  /** Resolves with its exit code, or with the signal that ended it. */
  readonly exited: Promise<number | string>
  /** What it has written to standard error, where that is piped. */
  readonly errors: () => string
}

/** A port that nobody listens on. */
export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

const bin = (name: string): string => `node_modules/.bin/${name}`

/** `npm test` sets it: what is started is what was just built, which takes a fifth of the time of compiling the sources. */
const built = process.env["TEST_BUILT"] === "1"

/** The module that serves on a runtime, as a path from the project's folder. */
export const serverOn = (runtime: Exclude<Runtime, "workerd">): string =>
  built ? `dist/${runtime}.mjs` : `lib/runtime/${runtime}.ts`

/** What Node needs before a module of `serverOn`. */
export const nodeLoads: ReadonlyArray<string> = built ? [] : ["--import", "tsx"]

const start = (runtime: Runtime, env: Record<string, string>, port: number): ChildProcess => {
  const stdio: ["ignore", "pipe", "inherit"] = ["ignore", "pipe", "inherit"]
  switch (runtime) {
    case "bun":
      return spawn(bin("bun"), [serverOn("bun")], {
        env: { ...env, BUN_CONFIG_MAX_HTTP_REQUESTS: "65535" },
        stdio,
      })
    case "deno": {
      const serve = ["serve", "-A", "--node-modules-dir=manual", "--host", "127.0.0.1", "--port", `${port}`]
      return spawn(bin("deno"), [...serve, serverOn("deno")], { env, stdio })
    }
    case "node":
      return spawn(process.execPath, [...nodeLoads, serverOn("node")], { env, stdio })
    case "workerd": {
      const { TEST_OBJECTS: ports, ...bindings } = env
      const objects = ports === undefined ? undefined : {
        folder: mkdtempSync(join(tmpdir(), "basegate-objects-")),
        ports: JSON.parse(ports) as Array<number>,
      }
      const config = workerdConfig(bindings, "127.0.0.1", port, true, objects)
      const workerd = spawnWorkerd(config, bindings, "pipe")
      if (objects !== undefined) {
        workerd.once("exit", () => rmSync(objects.folder, { recursive: true, force: true }))
      }
      return workerd
    }
  }
}

const answers = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/livez`)).ok
  } catch {
    return false
  }
}

const parsed = (line: string): Record<string, unknown> | undefined => {
  try {
    return line.startsWith("{") ? JSON.parse(line) as Record<string, unknown> : undefined
  } catch {
    return undefined
  }
}

/** What a process inherits here. */
export const inherited = Object.fromEntries(
  ["PATH", "HOME", "DENO_DIR"].flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]]
  ),
) as Record<string, string>

/** Starts a gateway and waits until it answers; fails after a minute. */
export const spawnGateway = async (
  runtime: Runtime,
  variables: Readonly<Record<string, string>>,
): Promise<SpawnedGateway> => {
  const port = await freePort()
  const env = { ...inherited, ...variables, HOST: "127.0.0.1", PORT: `${port}` }
  if (variables["TEST_OBJECTS"] !== "spread") {
    return await untilItAnswers(runtime, start(runtime, env, port), port)
  }
  const others = [await freePort(), await freePort()]
  const child = start(runtime, { ...env, TEST_OBJECTS: JSON.stringify(others) }, port)
  const gateway = await untilItAnswers(runtime, child, port)
  const { url, close } = await spreadOver([port, ...others])
  void gateway.exited.then(close)
  return { ...gateway, url }
}

/** A gateway in a process that is about to listen on a port. */
export const untilItAnswers = async (
  name: string,
  child: ChildProcess,
  port: number,
): Promise<SpawnedGateway> => {
  let output = ""
  let unended = ""
  const records: Array<Record<string, unknown>> = []
  const byRequest = new Map<unknown, Record<string, unknown>>()
  let errors = ""
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text
    const lines = (unended + text).split("\n")
    unended = lines.pop() ?? ""
    for (const line of lines) {
      const record = parsed(line)
      if (record === undefined) continue
      records.push(record)
      byRequest.set(record["request_id"], record)
    }
  })
  child.stderr?.setEncoding("utf8").on("data", (text: string) => errors += text)
  const exited = new Promise<number | string>((resolve) =>
    child.once("exit", (code, signal) => resolve(code ?? signal ?? "nothing"))
  )
  const url = `http://127.0.0.1:${port}`
  let hasExited = false
  void exited.then(() => hasExited = true)
  for (let tries = 0; !await answers(url); tries++) {
    if (tries > 600 || hasExited) {
      child.kill("SIGKILL")
      throw new Error(`${name} did not start: ${output}${errors}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return {
    url,
    pid: child.pid ?? 0,
    output: () => output,
    records: () => records,
    recordOf: (requestId) => byRequest.get(requestId),
    stop: async (patience = 3000) => {
      child.kill("SIGTERM")
      // workerd waits for requests whose clients have left unseen (flags.ts), for ever.
      const force = setTimeout(() => child.kill("SIGKILL"), patience)
      await exited
      clearTimeout(force)
    },
    kill: async () => {
      child.kill("SIGKILL")
      await exited
    },
    signal: (signal) => void child.kill(signal),
    exited,
    errors: () => errors,
  }
}
