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
  /** Its runtime, or its own name. */
  readonly group: string
  readonly name: string
  /** @param port where it is to listen; it does not yet when this returns */
  readonly spawn: (upstream: string, port: number) => Child
  /** The path below which it serves what the upstream serves below `/`. */
  readonly path: string
  /** Headers that its requests need. */
  readonly headers: Readonly<Record<string, string>>
}

/** A proxy that listens. */
export interface Running extends Subject {
  readonly pid: number
  /** Where requests go: `url` + the upstream's path. */
  readonly url: string
  readonly stop: () => Promise<void>
}

const path = "/v1/account/gateway/baseten"

const served = (group: Runtime, name: string, root: string, file: string): Subject => ({
  group,
  name,
  path,
  headers: {},
  spawn: (upstream, port) => serve(group, root, file, { BASETEN_INFERENCE_URL: upstream }, port),
})

const gatewayFiles = {
  bun: "lib/runtime/bun.ts",
  deno: "lib/runtime/deno.ts",
  node: "dist/bench/node.mjs",
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

/** The gateway of a checkout as its users start it; on Node its bundle, since plain Node takes no TypeScript. */
export const gatewayOf = (runtime: Runtime, name = "gateway", root = "."): Subject =>
  served(runtime, name, resolve(root), gatewayFiles[runtime])

/** Starts a proxy and waits until it listens. */
export const start = async (subject: Subject, upstream: string): Promise<Running> => {
  const port = await freePort()
  const child = subject.spawn(upstream, port)
  await untilListens(child, port)
  return { ...subject, pid: child.pid, url: `http://127.0.0.1:${port}${subject.path}`, stop: child.stop }
}
