/**
 * What Workers provide, and how they differ from a process.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { HostCapabilities } from "../layers.ts"
import { RequestLog } from "../request-log/RequestLog.ts"
import { Settings } from "../config/Settings.ts"
import type { RedisLink } from "../store/redis/redis-link.ts"
import { Store } from "../store/Store.ts"
import { SettingsStore } from "../settings-store/SettingsStore.ts"
import { monotonicNow } from "../time/monotonic.ts"
import { readBuffers } from "../upstream/body-reader.ts"
import { type DeclareLength, Transport } from "../upstream/Transport.ts"
import { layerCoalesceNone } from "../call/coalesce-none.ts"
import { layerShared } from "./shared-store.ts"
import { connectByWorkers } from "./workers-socket.ts"

const { FixedLengthStream } = globalThis as {
  readonly FixedLengthStream?: new (length: number) => TransformStream
}

const fixedLength: DeclareLength = (body, length) =>
  FixedLengthStream === undefined ? body : body.pipeThrough(new FixedLengthStream(length))

/**
 * workerd decodes gzip and brotli unasked, in exactly these spellings (2026-11), and sends a stream chunked, whatever its
 * `content-length`, unless it is a `FixedLengthStream`. A body's own chunks are of 4 KiB at most: in larger
 * ones a gigabyte takes a sixth of the CPU.
 */
export const layerWorkers: Layer.Layer<Transport> = Transport.layerFetch({
  decodes: ["gzip", "br"],
  streamBody: fixedLength,
  openReader: readBuffers(65_536),
  connect: connectByWorkers,
})

/** workerd's `performance.now()` is the wall clock (2026-11): setting it back would stop every timeout. */
const workersClock: Layer.Layer<never> = Layer.effect(
  Clock.Clock,
  Effect.map(Clock.Clock, (clock): Clock.Clock => {
    const monotonicTimeNanosUnsafe = (): bigint => BigInt(Math.round(monotonicNow() * 1e6))
    return {
      currentTimeMillis: clock.currentTimeMillis,
      currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
      currentTimeNanos: clock.currentTimeNanos,
      currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
      monotonicTimeNanos: Effect.sync(monotonicTimeNanosUnsafe),
      monotonicTimeNanosUnsafe,
      sleep: (duration) => clock.sleep(duration),
    }
  }),
)

/** The binding of the files beside the Worker. */
interface Assets {
  readonly fetch: (url: string) => Promise<Response>
}

/** Bounds of an isolate's counters and cached answers. */
export const memoryOfIsolate = { maxBytes: 32 * 1024 * 1024, maxCounters: 20_000, among: "isolate" } as const

/** A Worker keeps no connection from one request to the next. */
const noSockets = (name: string): RedisLink => ({
  name,
  inOrder: false,
  send: () =>
    Promise.reject(new Error("on Workers BASEGATE_STORE has to be https://: they keep no connections")),
  reset: () => {},
  close: () => {},
})

/** Bounds of what an isolate keeps of the log. */
export const logInIsolate = { maxEntries: 2000, maxBytes: 8 * 1024 * 1024 } as const

/** The store that the settings share counts in; `otherwise` if they name none. */
export const sharedStoreOr = (otherwise: Layer.Layer<Store>): Layer.Layer<Store, never, Settings> =>
  Layer.unwrap(
    Effect.map(
      Settings,
      ({ store }) =>
        store === undefined
          ? otherwise
          : layerShared(store, () => noSockets(store.name), { ...memoryOfIsolate, hasBackground: false }),
    ),
  )

/**
 * A request that waits for another one hangs, so misses are not coalesced. An isolate has 128 MB: 20,000 counters of
 * either kind take about 9 MB, cached answers 32 MB, the log 8 MB, and request bodies 24 MB.
 */
export const workersTraits: HostCapabilities = {
  coalescer: layerCoalesceNone,
  uploads: { arriving: 16 * 1024 * 1024, held: 24 * 1024 * 1024 },
  store: sharedStoreOr(Store.layerMemory(memoryOfIsolate)),
  log: RequestLog.layerMemory({
    ...logInIsolate,
    whyNoFile: "Workers keep neither files nor connections, so BASEGATE_DB means nothing here",
  }),
  settings: SettingsStore.layerMemory,
  clock: workersClock,
  admin: (env) => ({
    runtime: "Workers",
    consoleFile: async (name) => {
      const assets = env["ASSETS"] as Partial<Assets> | undefined
      const answer = typeof assets?.fetch !== "function"
        ? undefined
        : await assets.fetch(`https://assets.invalid/${name}`)
      return answer?.ok === true ? answer.body ?? undefined : undefined
    },
  }),
  backgroundWork: false,
}
