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

type Variables = Readonly<Record<string, string | undefined>>

/**
 * The configuration, in which every variable is a binding, as elsewhere: settings may refer to any, also those that are
 * written later. workerd takes their values from its own environment, so none of them is in a file.
 *
 * @param env the environment that workerd will have
 * @param onLoopback whether the listener is bound to a loopback address, which a Worker cannot know
 */
export const workerdConfig = (env: Variables, host: string, port: number, onLoopback: boolean): string => {
  const own = {
    ASSETS: 'service = "console"',
    BASEGATE_ON_LOOPBACK: `text = "${onLoopback}"`,
  }
  const variables = Object.keys(env).filter((name) => env[name] !== undefined && !Object.hasOwn(own, name))
  const bindings = [
    ...variables.map((name) => `(name = ${JSON.stringify(name)}, fromEnvironment = ${JSON.stringify(name)})`),
    ...Object.entries(own).map(([name, value]) => `(name = "${name}", ${value})`),
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
 * Serves `dist/worker.js`. workerd takes a text configuration from a file only (2026-11), which is removed when it exits.
 *
 * @param env that of which the configuration was made
 */
export const spawnWorkerd = (config: string, env: Variables, stdout: "inherit" | "pipe"): ChildProcess => {
  const folder = mkdtempSync(join(tmpdir(), "basegate-"))
  const file = join(folder, "config.capnp")
  writeFileSync(file, config)
  const workerd = spawn(workerdBinary, ["serve", file], { env, stdio: ["ignore", stdout, "inherit"] })
  workerd.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  return workerd
}
