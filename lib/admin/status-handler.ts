/**
 * The status of the gateway: its runtime, requests in flight, its log and more.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Admin } from "./admin-jwt.ts"
import { Settings } from "../config/Settings.ts"
import { RequestLog } from "../request-log/RequestLog.ts"
import { catalogue } from "../telemetry/metrics/catalogue.ts"
import { type Family, labelPairs } from "../telemetry/metrics/instruments.ts"
import { Metrics } from "../telemetry/metrics/Metrics.ts"
import { Peers } from "../telemetry/metrics/Peers.ts"
import { monotonicBy } from "../time/monotonic.ts"
import { CircuitBreakers } from "../upstream/CircuitBreakers.ts"
import { product } from "../version.ts"
import { Store, type StoreFigures } from "../store/Store.ts"
import { AdminHost } from "./AdminHost.ts"
import { envelope } from "./envelope.ts"

const sumOf = (
  families: ReadonlyArray<Family>,
  name: string,
  counts: (labels: ReadonlyArray<readonly [string, string | number]>) => boolean,
): number => {
  let sum = 0
  for (const { instrument, points } of families) {
    if (instrument.name !== name) continue
    for (const { labels, value } of points) if (counts(labelPairs(labels))) sum += value
  }
  return sum
}

const signals = ["traces", "metrics", "logs"] as const

/** Not GET and HEAD, which include the management API's reads, such as this one. */
const isCall = (labels: ReadonlyArray<readonly [string, string | number]>): boolean =>
  !labels.some(([name, value]) => name === "http.request.method" && (value === "GET" || value === "HEAD"))

/** `null` if counts are not shared across a network. */
const storeJson = (figures: StoreFigures | undefined) =>
  figures === undefined ? null : {
    healthy: figures.healthy,
    owed: figures.owed,
    outages: Object.fromEntries(figures.outages),
  }

/**
 * Answers for this process (on Workers, this isolate); requests in flight are those of all processes that share the
 * port.
 */
export const showStatus = (
  { name, role }: Pick<Admin, "name" | "role">,
): Effect.Effect<Response, never, CircuitBreakers | Metrics | RequestLog | Settings | Store> =>
  Effect.gen(function* () {
    const { state, secretKeys, otel } = yield* Settings
    const circuits = (yield* CircuitBreakers).troubled(monotonicBy(yield* Clock.Clock))
    const { everywhere, startedAt } = yield* Metrics
    const peers = yield* Peers
    const log = yield* (yield* RequestLog).health
    const all = yield* everywhere
    const { guarantees, figures } = yield* Store
    const { runtime } = yield* AdminHost
    const { version, source, loadedAt, problem = null } = state()
    return envelope({
      version: product.version,
      runtime,
      workers: peers === undefined
        ? null
        : { configured: peers.configured, running: sumOf(all, catalogue.workers.name, () => true) },
      started_at: new Date(startedAt).toISOString(),
      settings: { version, source, loaded_at: new Date(loadedAt).toISOString(), problem },
      in_flight: Math.max(0, sumOf(all, catalogue.activeRequests.name, isCall)),
      log: {
        kind: log.kind,
        healthy: log.healthy,
        entries: log.entries,
        pending: log.pending,
        dropped: log.dropped,
      },
      limits: { guarantees, store: storeJson(figures?.()) },
      circuits: circuits.map(({ host, kind, waits }) => ({
        host,
        state: kind,
        probe_in_ms: Math.round(waits),
      })),
      exports: signals.filter((signal) => otel?.[signal] !== undefined),
      export_dropped: sumOf(all, catalogue.exportDrops.name, () => true),
      // Adds who is asking, and whether written secrets can be encrypted.
      you: { name, role },
      can_seal: secretKeys.length > 0,
    })
  })
