/**
 * The configuration of a workerd that serves the Worker (workerd.capnp, text form).
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
export const workerdBinary =
  (createRequire(import.meta.url)("workerd") as { readonly default: string }).default

type Variables = Readonly<Record<string, string | undefined>>

/** The Durable Objects of a workerd. */
export interface LocalObjects {
  /** An existing folder; workerd's in-memory objects have no SQLite (2026-10). */
  readonly folder: string
  /** Ports of further isolates that share them. */
  readonly ports?: ReadonlyArray<number>
}

/** The configuration of the objects: one isolate has their class, and the others are bound to it. */
const objectsOf = (objects: LocalObjects | undefined) => {
  if (objects === undefined) return { services: [], own: "", binding: [], otherBinding: [] }
  const bound = (
    designator: string,
  ) => [`(name = "BASEGATE_OBJECTS", durableObjectNamespace = ${designator})`]
  return {
    services: [
      `(name = "objects", disk = (path = ${JSON.stringify(resolve(objects.folder))}, writable = true))`,
    ],
    own:
      `durableObjectNamespaces = [(className = "BasegateObject", uniqueKey = "basegate", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),`,
    binding: bound('"BasegateObject"'),
    otherBinding: bound('(className = "BasegateObject", serviceName = "main")'),
  }
}

/**
 * The configuration. Every variable is a binding, as on other runtimes, since settings may refer to any of them,
 * including settings written later. workerd takes the values from its own environment, so none of them is in a file.
 *
 * @param env workerd's environment
 * @param onLoopback whether the listener is bound to a loopback address, which a Worker cannot know
 * @param objects serves `dist/cloudflare.js` with Durable Objects, in place of `dist/worker.js`
 */
export const workerdConfig = (
  env: Variables,
  host: string,
  port: number,
  onLoopback: boolean,
  objects?: LocalObjects,
): string => {
  const own = {
    ASSETS: 'service = "console"',
    BASEGATE_ON_LOOPBACK: `text = "${onLoopback}"`,
  }
  const variables = Object.keys(env).filter((name) => env[name] !== undefined && !Object.hasOwn(own, name))
  const bindings = [
    ...variables.map((name) => `(name = ${JSON.stringify(name)}, fromEnvironment = ${JSON.stringify(name)})`),
    ...Object.entries(own).map(([name, value]) => `(name = "${name}", ${value})`),
  ]
  const code = readFileSync(objects === undefined ? "dist/worker.js" : "dist/cloudflare.js", "utf8")
  const { services, own: ofObjects, binding, otherBinding } = objectsOf(objects)
  const ports = objects?.ports ?? []
  const workerOf = (name: string, more: ReadonlyArray<string>, rest: string): string =>
    `const ${name} :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = ${JSON.stringify(code)})],
  bindings = [${[...bindings, ...more].join(", ")}],
  compatibilityDate = "2026-05-01",
  compatibilityFlags = ["enable_request_signal"],
  ${rest}
);
`
  const all = [
    '(name = "main", worker = .gateway)',
    ...ports.map((port) => `(name = "isolate${port}", worker = .isolate${port})`),
    `(name = "console", disk = (path = ${JSON.stringify(resolve("dist/console"))}))`,
    '(name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true)))',
    ...services,
  ]
  const sockets = [
    `(name = "http", address = "${urlHost(host)}:${port}", http = (), service = "main")`,
    ...ports.map((port) =>
      `(name = "http${port}", address = "${urlHost(host)}:${port}", http = (), service = "isolate${port}")`
    ),
  ]
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ${all.join(",\n    ")},
  ],
  sockets = [${sockets.join(", ")}]
);
${workerOf("gateway", binding, ofObjects)}${
    ports.map((port) => workerOf(`isolate${port}`, otherBinding, "")).join("")
  }`
}

/**
 * Starts workerd with a configuration, which it accepts as text only from a file (2026-11). The file is removed when
 * workerd exits.
 *
 * @param env the environment from which the configuration was made
 */
export const spawnWorkerd = (config: string, env: Variables, stdout: "inherit" | "pipe"): ChildProcess => {
  const folder = mkdtempSync(join(tmpdir(), "basegate-"))
  const file = join(folder, "config.capnp")
  writeFileSync(file, config)
  const workerd = spawn(workerdBinary, ["serve", file], { env, stdio: ["ignore", stdout, "inherit"] })
  workerd.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  return workerd
}
