/**
 * The runtime that this module runs on: its best transport, environment and capabilities.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Settings } from "../config/Settings.ts"
import type { HostCapabilities } from "../layers.ts"
import type { RequestLog } from "../request-log/RequestLog.ts"
import { layerSqlite } from "../request-log/sqlite/sqlite-log.ts"
import { layerSqliteStore } from "../store/sqlite/sqlite-store.ts"
import { loadPostgres } from "./lazy-postgres.ts"
import { postgresLayers } from "./postgres-layers.ts"
import { makeLazyLink } from "./lazy-redis.ts"
import { layerShared } from "./shared-store.ts"
import { Store } from "../store/Store.ts"
import type { SettingsStore } from "../settings-store/SettingsStore.ts"
import { layerSqliteSettings } from "../settings-store/sqlite/sqlite-settings.ts"
import { readBuffers } from "../upstream/body-reader.ts"
import { sharedTimers } from "../time/shared-timers.ts"
import { Timer } from "../time/Timer.ts"
import { type ConnectSocket, Transport } from "../upstream/Transport.ts"
import { layerCoalesceInFlight } from "../call/coalesce-in-flight.ts"
import { networkForbidden } from "../errors/provider-errors.ts"
import { everyInBackground } from "./background-interval.ts"
import { readConsoleFile } from "./console-files.ts"
import { processFiles } from "./process-files.ts"
import { grantedEnvironment, mayCall, mayCallAll } from "./deno-permissions.ts"
import { readBunChunks } from "./bun-reader.ts"
import { connectByNode } from "./node-handshake.ts"
import { layerNodeHttp } from "./node-transport.ts"
import { openReadingThread } from "./reading-thread.ts"
import { findSqlite } from "./sqlite.ts"
import { findSeat } from "./worker-seat.ts"
import { layerWorkers, workersTraits } from "./workers-host.ts"

/** The globals by which runtimes tell themselves apart (WinterTC's runtime keys). */
const host = globalThis as {
  readonly Bun?: unknown
  readonly Deno?: unknown
  readonly navigator?: { readonly userAgent?: string }
  readonly process?: { readonly versions?: { readonly node?: string }; readonly getBuiltinModule?: unknown }
}

const onWorkers = (): boolean => host.navigator?.userAgent === "Cloudflare-Workers"

/**
 * In the shared store that the settings name; otherwise in their database; otherwise in memory, with spending in
 * their file, if they name one.
 */
const layerStore: Layer.Layer<Store, never, Settings> = Layer.unwrap(
  Effect.map(Settings, ({ database, logFile, store, workers }) => {
    if (store !== undefined) return layerShared(store, makeLazyLink)
    if (database !== undefined) return postgresLayers(database, loadPostgres).store
    return logFile === undefined
      ? Store.layerMemory()
      : layerSqliteStore(findSqlite, logFile, { shares: workers !== 1 })
  }),
)

/** In Postgres if the settings name one, otherwise in SQLite. */
const layerLogHere: Layer.Layer<RequestLog, never, Settings> = Layer.unwrap(
  Effect.map(
    Settings,
    ({ database }) =>
      database === undefined
        ? layerSqlite(findSqlite, undefined, openReadingThread)
        : postgresLayers(database, loadPostgres).log,
  ),
)
const layerSettingsHere: Layer.Layer<SettingsStore, never, Settings> = Layer.unwrap(
  Effect.map(
    Settings,
    ({ database }) =>
      database === undefined
        ? layerSqliteSettings(findSqlite, everyInBackground)
        : postgresLayers(database, loadPostgres).settings,
  ),
)

/** Node has `navigator` from version 21 on. */
const runtimeName = (): string | null => {
  const { navigator, process } = host
  const node = process?.versions?.node
  return navigator?.userAgent ?? (node === undefined ? null : `Node.js/${node}`)
}

/** Whether requests may wait for each other, how much memory and which timers they share, and where the log is kept. */
export const hostTraits = (): HostCapabilities =>
  onWorkers() ? workersTraits : {
    coalescer: layerCoalesceInFlight,
    log: layerLogHere,
    store: layerStore,
    settings: layerSettingsHere,
    files: processFiles(),
    clock: Layer.succeed(Timer, sharedTimers()),
    peers: findSeat()?.peers,
    admin: () => ({ runtime: runtimeName(), consoleFile: readConsoleFile }),
  }

/** Deno's `fetch`, for a process that may not call every host. */
const fetchGranted = (url: string, init: RequestInit): Promise<Response> => {
  const to = new URL(url)
  return mayCall(to)
    ? fetch(url, init)
    : Promise.reject(networkForbidden(to.host, "Deno", "--allow-net (-N)"))
}

const connectGranted: ConnectSocket = (request, abort) => {
  const to = new URL(request.url)
  return mayCall(to)
    ? connectByNode(request, abort)
    : Promise.reject(networkForbidden(to.host, "Deno", "--allow-net (-N)"))
}

/**
 * - Bun's `fetch` aborts a silent request after five minutes, and decodes without being asked; both are switched off.
 * - Deno's `fetch` decodes only where it set `accept-encoding` itself (2.9), which it never does here.
 * - Deno reads everything into buffers of 64 KiB (2.9): smaller ones halve the memory of an open stream, and save a
 *   third of the cost of a relayed event, and of a short answer.
 * - Node's `fetch` ends a request after five minutes without headers, and costs about 1.8 ms a call (Node 20):
 *   `node:http` is used instead.
 */
export const layerHost = (): Layer.Layer<Transport> => {
  if (host.Bun !== undefined) {
    return Transport.layerFetch({
      decodes: [],
      init: { timeout: false, decompress: false },
      openReader: readBunChunks,
      connect: connectByNode,
    })
  }
  if (host.Deno !== undefined) {
    return Transport.layerFetch({
      decodes: [],
      openReader: readBuffers(16_384),
      connect: connectGranted,
      ...(!mayCallAll() && { fetch: fetchGranted }),
    })
  }
  if (onWorkers()) return layerWorkers
  if (typeof host.process?.getBuiltinModule === "function") return layerNodeHttp()
  return Transport.layerFetch()
}

/** The part of the process's environment that may be read, if there is a process. */
export const hostEnvironment = (): Readonly<Record<string, unknown>> =>
  grantedEnvironment(
    (globalThis as { readonly process?: { readonly env?: Record<string, unknown> } }).process?.env ?? {},
  )
