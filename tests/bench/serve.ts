/**
 * Starts a server on each runtime, a floor and a gateway alike.
 *
 * @module
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import process from "node:process"
import { workerdConfig } from "../../lib/commands/workerd-config.ts"
import type { Runtime } from "../support/spawn-gateway.ts"
import { type Child, startChild } from "./child.ts"

const bin = (name: string): string => resolve("node_modules/.bin", name)

/** The configuration of `npm run start:workers` with another module in it. */
const configOf = (module: string, env: Readonly<Record<string, string>>, port: number): string =>
  workerdConfig(env, "127.0.0.1", port, true).replace(
    JSON.stringify(readFileSync("dist/worker.js", "utf8")),
    () => JSON.stringify(readFileSync(module, "utf8")),
  )

const serveOnWorkerd = (module: string, env: Readonly<Record<string, string>>, port: number): Child => {
  const folder = mkdtempSync(join(tmpdir(), "basegate-bench-"))
  const file = join(folder, "config.capnp")
  writeFileSync(file, configOf(module, env, port))
  const child = startChild(bin("workerd"), ["serve", file], { cwd: ".", env, output: "ignore" })
  child.process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  return child
}

/**
 * Serves a file, with its standard output (a gateway's log) in /dev/null.
 *
 * @param root the checkout that the file belongs to; the runtimes are this checkout's own
 * @param flags of Node's
 */
export const serve = (
  runtime: Runtime,
  root: string,
  file: string,
  variables: Readonly<Record<string, string>>,
  port: number,
  flags: ReadonlyArray<string> = [],
): Child => {
  const env = { ...variables, HOST: "127.0.0.1", PORT: `${port}` }
  const options = { cwd: root, env, output: "ignore" } as const
  switch (runtime) {
    case "bun":
      return startChild(bin("bun"), [file], {
        ...options,
        env: { ...env, BUN_CONFIG_MAX_HTTP_REQUESTS: "65535" },
      })
    case "deno": {
      const listen = ["--host", "127.0.0.1", "--port", `${port}`]
      return startChild(
        bin("deno"),
        ["serve", "-A", "--quiet", "--node-modules-dir=manual", ...listen, file],
        options,
      )
    }
    case "node":
      return startChild(process.execPath, [...flags, file], options)
    case "workerd":
      return serveOnWorkerd(join(root, file), env, port)
  }
}
