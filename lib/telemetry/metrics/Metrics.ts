/**
 * The instruments of a gateway.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Settings } from "../../config/Settings.ts"
import { RequestLog } from "../../request-log/RequestLog.ts"
import { Store, type StoreFigures } from "../../store/Store.ts"
import { product } from "../../version.ts"
import { emptyLabels, type Family, observed, recorder, withLabel } from "./instruments.ts"
import { type RequestMetrics, requestMetrics } from "./record-metrics.ts"
import { catalogue } from "./catalogue.ts"
import { Peers } from "./Peers.ts"
import { prometheusText } from "./prometheus-text.ts"
import { merged } from "./snapshot.ts"

/** The figures of a store across a network; other stores have none. */
const storeFamilies = (figures: StoreFigures | undefined): ReadonlyArray<Family> => {
  if (figures === undefined) return []
  const outages = recorder(catalogue.storeOutages)
  for (const [reason, count] of figures.outages) {
    outages.add(count, withLabel(emptyLabels(), "basegate.store.reason", reason))
  }
  return [
    outages,
    observed(catalogue.storeOwed, figures.owed),
    observed(catalogue.storeHealthy, Number(figures.healthy)),
  ]
}

/** What `Metrics` does. */
export type MetricsShape = Pick<RequestMetrics, "began" | "ended" | "record"> & {
  /** Counts items that a collector did not accept. */
  readonly dropped: (signal: string, items: number) => void
  /** Counts an alert, by its event and whether it was delivered. */
  readonly alerted: (event: string, delivered: boolean) => void
  /** The time at which counting began, in milliseconds since 1970. */
  readonly startedAt: number
  /** The current state of all instruments of this process. */
  readonly families: Effect.Effect<ReadonlyArray<Family>>
  /** The combined metrics of all processes that share the port. */
  readonly everywhere: Effect.Effect<ReadonlyArray<Family>>
  /** The latter in Prometheus' text format (`prometheusType`). */
  readonly text: Effect.Effect<string>
}

const MetricsKey: Context.ServiceClass<Metrics, "basegate/telemetry/metrics/Metrics", MetricsShape> = Context
  .Service<
    Metrics,
    MetricsShape
  >()("basegate/telemetry/metrics/Metrics")

/** Keeps the metrics that Prometheus fetches and a collector is sent. */
export class Metrics extends MetricsKey {
  /** In the memory of the process (on Workers, of the isolate). */
  static readonly layer: Layer.Layer<Metrics, never, RequestLog | Settings | Store> = Layer.effect(
    Metrics,
    Effect.gen(function* () {
      const settings = yield* Settings
      const log = yield* RequestLog
      const shared = yield* Store
      const startedAt = yield* Clock.currentTimeMillis
      const none = emptyLabels()
      const meter = requestMetrics((name) => {
        const [account = "", gateway = ""] = name.split("/")
        return settings.gateway(account, gateway)?.id === name
      })
      const drops = recorder(catalogue.exportDrops)
      const alerts = recorder(catalogue.alerts)
      const build = observed(catalogue.buildInfo, 1, withLabel(none, "version", product.version))
      const families = Effect.map(log.health, ({ kind, healthy, entries, pending, dropped }) => {
        const store = withLabel(none, "basegate.log.kind", kind)
        const { version, loadedAt, problem } = settings.state()
        return [
          ...meter.families,
          drops,
          alerts,
          observed(catalogue.logDrops, dropped),
          observed(catalogue.logPending, pending),
          observed(catalogue.logEntries, entries, store),
          observed(catalogue.logHealthy, Number(healthy), store),
          ...storeFamilies(shared.figures?.()),
          observed(catalogue.settingsReload, Number(problem === undefined)),
          observed(catalogue.settingsVersion, version),
          observed(catalogue.settingsTime, loadedAt / 1000),
        ]
      })
      const peers = yield* Peers
      const everywhere = peers === undefined ? families : Effect.map(
        Effect.promise(peers.gather),
        ({ counts, running }) => [...merged(counts), observed(catalogue.workers, running)],
      )
      return {
        ...meter,
        everywhere,
        startedAt,
        dropped: (signal, items) => drops.add(items, withLabel(none, "basegate.otlp.signal", signal)),
        alerted: (event, delivered) => {
          const labels = withLabel(none, "basegate.alert.event", event)
          alerts.add(1, withLabel(labels, "basegate.alert.outcome", delivered ? "delivered" : "failed"))
        },
        families,
        // Not sent to collectors, whose resource has the version.
        text: Effect.map(everywhere, (all) => prometheusText([...all, build])),
      }
    }),
  )
}
