/** Durable Objects of a real workerd, as a process outside of it can ask them. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { build } from "esbuild"
import { workerdBinary } from "../../lib/commands/workerd-config.ts"
import type { ObjectNamespace } from "../../lib/runtime/cloudflare/ask-object.ts"
import { freePort } from "./spawn-gateway.ts"

/** A workerd that has them. */
export interface ObjectHost {
  /** Where its door is: `namespaceAt` makes the binding of it in another process. */
  readonly url: string
  /** What a Worker has as its binding. */
  readonly namespace: ObjectNamespace
  /** Has the platform evict an object, by the name of its kind and place: what it has in memory is gone. */
  readonly evict: (name: string) => Promise<void>
  /** Ends it, as `kill -9` does; what its objects have answered is on the disk. */
  readonly kill: () => Promise<void>
  /** Starts it again, with the same objects. */
  readonly start: () => Promise<void>
  /** Ends it, and forgets its objects. */
  readonly end: () => Promise<void>
}

const configOf = (code: string, folder: string, port: number): string =>
  `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .door),
    (name = "disk", disk = (path = ${JSON.stringify(folder)}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
const door :Workerd.Worker = (
  modules = [(name = "door.js", esModule = ${JSON.stringify(code)})],
  bindings = [(name = "BASEGATE_OBJECTS", durableObjectNamespace = "BasegateObject")],
  durableObjectNamespaces = [(className = "BasegateObject", uniqueKey = "basegate", enableSql = true)],
  durableObjectStorage = (localDisk = "disk"),
  compatibilityDate = "2026-05-01",
);
`

/** What a Worker has as its binding, of the objects behind a door. */
export const namespaceAt = (url: string): ObjectNamespace => ({
  idFromName: (name) => name,
  get: (id) => ({
    fetch: (_, { body }) =>
      fetch(url, { method: "POST", body, headers: { "x-object": encodeURI(String(id)) } }),
  }),
})

/** Starts a workerd with the gateway's class of objects. */
export const startObjects = async (): Promise<ObjectHost> => {
  const folder = mkdtempSync(join(tmpdir(), "basegate-objects-"))
  const port = await freePort()
  const { outputFiles: [bundle] } = await build({
    entryPoints: ["tests/support/object-door.ts"],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  })
  const config = join(folder, "config.capnp")
  writeFileSync(config, configOf(bundle?.text ?? "", folder, port))
  const url = `http://127.0.0.1:${port}/`
  let workerd: ChildProcess | undefined
  const start = async (): Promise<void> => {
    workerd = spawn(workerdBinary, ["serve", config], { stdio: ["ignore", "inherit", "inherit"] })
    for (let tries = 0;; tries++) {
      if (await fetch(url).then(({ ok }) => ok, () => false)) return
      if (tries > 400) throw new Error("workerd did not start")
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const kill = async (): Promise<void> => {
    if (workerd === undefined || workerd.exitCode !== null || workerd.signalCode !== null) return
    const exited = new Promise((resolve) => workerd?.once("exit", resolve))
    workerd.kill("SIGKILL")
    await exited
  }
  await start()
  return {
    url,
    namespace: namespaceAt(url),
    evict: async (name) => {
      const response = await fetch(new URL("evict", url), {
        method: "POST",
        headers: { "x-object": encodeURI(name) },
      })
      if (response.status !== 500) throw new Error(`the object goes on: ${await response.text()}`)
    },
    start,
    kill,
    end: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
