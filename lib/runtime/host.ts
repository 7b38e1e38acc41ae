/**
 * The runtime that this module finds itself in: the transport that suits it, its environment, and its ways.
 *
 * @module
 */
import type * as Layer from "effect/Layer"
import type { HostTraits } from "../layers.ts"
import { type StreamBody, Transport } from "../relay/Transport.ts"
import { layerNodeHttp } from "./node-transport.ts"

/** The globals by which runtimes tell themselves apart (WinterTC's runtime keys). */
const host = globalThis as {
  readonly Bun?: unknown
  readonly Deno?: unknown
  readonly navigator?: { readonly userAgent?: string }
  readonly FixedLengthStream?: new (length: number) => TransformStream
  readonly process?: { readonly versions?: { readonly node?: string }; readonly getBuiltinModule?: unknown }
}

const onWorkers = (): boolean => host.navigator?.userAgent === "Cloudflare-Workers"

/**
 * On Workers a request that waits for another one hangs. An isolate has 128 MB: 20,000 counters take about 9 MB, and
 * cached answers 32 MB.
 */
export const hostTraits = (): HostTraits =>
  onWorkers()
    ? { requestsMayWait: false, memory: { maxBytes: 32 * 1024 * 1024, maxCounters: 20_000 } }
    : { requestsMayWait: true }

/**
 * - Bun's `fetch` ends a silent request after five minutes and decodes unasked; both are switched off.
 * - Deno's `fetch` decodes only where it set `accept-encoding` itself (2.9), which it never does here.
 * - workerd undoes gzip and brotli whatever was asked for (2026-11), and sends a stream chunked, whatever its
 *   `content-length`, unless it is a `FixedLengthStream`.
 * - Node's `fetch` ends a request after five minutes without headers, and costs about 1.8 ms a call (Node 20):
 *   `node:http` is used instead.
 */
export const layerHost = (): Layer.Layer<Transport> => {
  if (host.Bun !== undefined) {
    return Transport.layerFetch({ decodes: [], init: { timeout: false, decompress: false } })
  }
  if (host.Deno !== undefined) return Transport.layerFetch({ decodes: [] })
  if (onWorkers()) {
    return Transport.layerFetch({ decodes: ["gzip", "br"], ...fixedLength(host.FixedLengthStream) })
  }
  if (typeof host.process?.getBuiltinModule === "function") return layerNodeHttp()
  return Transport.layerFetch()
}

const fixedLength = (Fixed: typeof host.FixedLengthStream): { readonly streamBody?: StreamBody } =>
  Fixed === undefined ? {} : { streamBody: (body, length) => body.pipeThrough(new Fixed(length)) }

/** The environment of the process, where there is one. */
export const hostEnvironment = (): Readonly<Record<string, unknown>> =>
  (globalThis as { readonly process?: { readonly env?: Record<string, unknown> } }).process?.env ?? {}
