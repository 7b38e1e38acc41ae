/**
 * The configuration of a workerd that serves `dist/worker.js` (workerd.capnp, text form).
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { createRequire } from "node:module"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { urlHost } from "../runtime/process.ts"

/** The package exports the path of its binary as a CommonJS `default`. */
const workerdBinary = (createRequire(import.meta.url)("workerd") as { readonly default: string }).default

const forwarded = /^(BASETEN_|BASEGATE_|OTEL_|LOG_LEVEL$)/

/** The variables that settings refer to, whatever their names. */
const referred = (settings = ""): ReadonlySet<string | undefined> =>
  new Set([...settings.matchAll(/"env:(\w+)"/g)].map(([, name]) => name))

/** @param onLoopback whether the listener is bound to a loopback address, which a Worker cannot know */
export const workerdConfig = (
  env: Readonly<Record<string, string | undefined>>,
  host: string,
  port: number,
  onLoopback: boolean,
): string => {
  const secrets = referred(env["BASEGATE_CONFIG"])
  const variables = Object.entries({ ...env, BASEGATE_ON_LOOPBACK: String(onLoopback) })
    .filter(([name, value]) => (forwarded.test(name) || secrets.has(name)) && value !== undefined)
  const bindings = [
    ...variables.map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`),
    '(name = "ASSETS", service = "console")',
  ]
  const worker = readFileSync("dist/worker.js", "utf8")
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .gateway),
    (name = "console", disk = (path = ${JSON.stringify(resolve("dist/console"))})),
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", address = "${urlHost(host)}:${port}", http = (), service = "main")]
);
const gateway :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = ${JSON.stringify(worker)})],
  bindings = [${bindings.join(", ")}],
  compatibilityDate = "2026-05-01",
  compatibilityFlags = ["enable_request_signal"],
);
`
}

/**
 * Serves `dist/worker.js`. workerd takes a text configuration from a file only (2026-11): one that only its
 * owner may read, since it holds the variables, and that is removed when workerd exits.
 */
export const spawnWorkerd = (config: string, stdout: "inherit" | "pipe"): ChildProcess => {
  const folder = mkdtempSync(join(tmpdir(), "basegate-"))
  const file = join(folder, "config.capnp")
  writeFileSync(file, config, { mode: 0o600 })
  const workerd = spawn(workerdBinary, ["serve", file], { stdio: ["ignore", stdout, "inherit"] })
  workerd.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  return workerd
}
