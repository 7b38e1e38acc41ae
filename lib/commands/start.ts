/**
 * `basegate start`: runs the gateway on the runtime of the command.
 *
 * @module
 */
import process from "node:process"
import { expectedWorkers, isWorkers } from "../config/variables.ts"
import { type Command, exitCode, Misuse } from "./command.ts"
import { hasSqlite, usualLogFile } from "./log-file.ts"
import { givenOptions } from "./options.ts"

const help = `Serves, on the runtime that runs this: Node, Bun or Deno.

  basegate start [options]

  --host <address>       where to listen; 127.0.0.1 if not said (HOST)
  --port <number>        8787 if not said; 0 for any that is free (PORT)
  --config <file>        the settings (BASEGATE_CONFIG_FILE); basegate.yaml of this folder, if it is there
  --db <file or url>     the request log (BASEGATE_DB): a SQLite file, or postgres://…; basegate.db of this folder if
                         not said
  --workers <n>          how many processes share the port, or auto for one a core (BASEGATE_WORKERS)
  --store <url>          where limits are counted with other processes and machines, a Redis (BASEGATE_STORE)
  --help                 this

Examples

  basegate start --port 9000
  BASETEN_API_KEY=… basegate start --config gateways.yaml --db /var/lib/basegate/log.db

Options go before variables. All other settings are variables and settings of the file: basegate check tells what holds.
SIGTERM and SIGINT let running requests end (BASEGATE_DRAIN_SECONDS).`

const known = {
  host: { type: "string" },
  port: { type: "string" },
  config: { type: "string" },
  db: { type: "string" },
  store: { type: "string" },
  workers: { type: "string" },
} as const

/** The variable that an option stands for. */
const variables = {
  host: "HOST",
  port: "PORT",
  config: "BASEGATE_CONFIG_FILE",
  db: "BASEGATE_DB",
  store: "BASEGATE_STORE",
  workers: "BASEGATE_WORKERS",
} as const

/** Other variables that set the same thing. */
const others: Readonly<Record<string, ReadonlyArray<string>>> = {
  HOST: ["HOST_FILE"],
  PORT: ["PORT_FILE"],
  BASEGATE_CONFIG_FILE: ["BASEGATE_CONFIG"],
  BASEGATE_DB: ["BASEGATE_DB_FILE"],
  BASEGATE_STORE: ["BASEGATE_STORE_FILE"],
  BASEGATE_WORKERS: ["BASEGATE_WORKERS_FILE"],
}

const set = (name: string, value: string): void => {
  for (const other of others[name] ?? []) delete process.env[other]
  process.env[name] = value
}

/** Listens, until a signal ends the process. */
export const start: Command = async ({ args, env, say }) => {
  const { options } = givenOptions(args, known)
  if (options.has("help")) {
    say(help)
    return exitCode.ok
  }
  if (!isWorkers(options.get("workers") ?? "1")) throw new Misuse(`--workers takes ${expectedWorkers}`)
  for (const [option, variable] of Object.entries(variables)) {
    const value = options.get(option)
    if (value !== undefined) set(variable, value)
  }
  // A server must not stop because nobody reads its output.
  process.stdout.removeAllListeners("error").on("error", () => {})
  // Without SQLite the log is in memory, which needs a warning only if a file was requested.
  if (env["BASEGATE_DB"] === undefined && env["BASEGATE_DB_FILE"] === undefined && hasSqlite()) {
    set("BASEGATE_DB", usualLogFile)
  }
  if ("Bun" in globalThis) await import("../runtime/bun.ts")
  else if ("Deno" in globalThis) await import("../runtime/deno-run.ts")
  else await import("../runtime/node.ts")
  return undefined
}
