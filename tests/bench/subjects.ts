/**
 * What is measured: for each runtime the gateway, and what it is held against.
 *
 * @module
 */
import { resolve } from "node:path"
import type { Runtime } from "../support/spawn-gateway.ts"
import { type Child, freePort, untilListens } from "./child.ts"
import { serve } from "./serve.ts"

/** A proxy that can be started. */
export interface Subject {
  readonly name: string
  /**
   * @param port where it is to listen; it does not yet when this returns
   * @param flags of Node's; the other runtimes take none
   */
  readonly spawn: (upstream: string, port: number, flags?: ReadonlyArray<string>) => Child
  /** The path below which it serves what the upstream serves below `/`. */
  readonly path: string
  /** Headers that its requests need. */
  readonly headers: (upstream: string) => Readonly<Record<string, string>>
}

/** A proxy that listens. */
export interface Running {
  readonly pid: number
  readonly headers: Readonly<Record<string, string>>
  /** Where requests go: `url` + the upstream's path. */
  readonly url: string
  readonly stop: () => Promise<void>
}

const path = "/v1/account/gateway/baseten"

const served = (runtime: Runtime, name: string, root: string, file: string): Subject => ({
  name,
  path,
  headers: () => ({}),
  spawn: (upstream, port, flags) =>
    serve(runtime, root, file, { BASETEN_INFERENCE_URL: upstream }, port, flags),
})

const gatewayFiles = {
  bun: "dist/bun.mjs",
  deno: "dist/deno.mjs",
  node: "dist/node.mjs",
  workerd: "dist/worker.js",
} as const satisfies Record<Runtime, string>

const floorFiles = {
  bun: "tests/bench/floors/bun.ts",
  deno: "tests/bench/floors/deno.ts",
  node: "dist/bench/floor-node.mjs",
  workerd: "dist/bench/floor-workerd.mjs",
} as const satisfies Record<Runtime, string>

/** The smallest handler of a runtime. */
export const floorOf = (runtime: Runtime): Subject =>
  served(runtime, "floor", resolve("."), floorFiles[runtime])

/**
 * A checkout's gateway without what observes it.
 *
 * @param name of the checkout, as the build calls it
 */
export const unobservedOf = (runtime: Runtime, name: string): Subject =>
  served(runtime, "unobserved", resolve("."), `dist/bench/unobserved-${name}.mjs`)

/** The gateway of a checkout as it is deployed: the file that its build makes for a runtime. */
export const gatewayOf = (runtime: Runtime, name: string, root: string): Subject =>
  served(runtime, name, resolve(root), gatewayFiles[runtime])

/** The same from its source, on the runtimes that take it. */
export const sourceGatewayOf = (runtime: Runtime, name: string, root: string): Subject | undefined =>
  runtime === "bun" || runtime === "deno"
    ? served(runtime, name, resolve(root), `lib/runtime/${runtime}.ts`)
    : undefined

/** Starts a proxy and waits until it listens. */
export const start = async (subject: Subject, upstream: string): Promise<Running> => {
  const port = await freePort()
  const child = subject.spawn(upstream, port)
  await untilListens(child, port)
  return {
    pid: child.pid,
    url: `http://127.0.0.1:${port}${subject.path}`,
    headers: subject.headers(upstream),
    stop: child.stop,
  }
}
