/**
 * The default assembly of the gateway's services.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { AdminHostShape } from "./admin/AdminHost.ts"
import { Alerts } from "./alert/Alerts.ts"
import { AuthForwarder } from "./auth/AuthForwarder.ts"
import { GatewayAuth } from "./auth/GatewayAuth.ts"
import type { UploadBounds } from "./body/upload.ts"
import { Uploads } from "./body/Uploads.ts"
import { ResponseCache } from "./cache/ResponseCache.ts"
import { RequestCoalescer } from "./call/RequestCoalescer.ts"
import type { Environment } from "./config/environment.ts"
import type { HostFiles } from "./config/host-files.ts"
import { Settings } from "./config/Settings.ts"
import { Limits } from "./limit/Limits.ts"
import type { PipelineServices } from "./pipeline.ts"
import { KeptChoices } from "./plan/KeptChoices.ts"
import { Prices } from "./pricing/Prices.ts"
import { StreamRelay } from "./relay/StreamRelay.ts"
import type { RequestLog } from "./request-log/RequestLog.ts"
import { UrlResolver } from "./route/UrlResolver.ts"
import type { SettingsStore } from "./settings-store/SettingsStore.ts"
import type { Store } from "./store/Store.ts"
import { Metrics } from "./telemetry/metrics/Metrics.ts"
import type { PeersShape } from "./telemetry/metrics/Peers.ts"
import { OtlpExporter } from "./telemetry/otlp/OtlpExporter.ts"
import { Telemetry } from "./telemetry/Telemetry.ts"
import { plainClock } from "./time/clock.ts"
import { Timer } from "./time/Timer.ts"
import { CircuitBreakers } from "./upstream/CircuitBreakers.ts"
import type { Transport } from "./upstream/Transport.ts"
import { Upstream } from "./upstream/Upstream.ts"

/** What a host's processes or isolates can do. */
export interface HostCapabilities {
  /** Whether equal cache misses share a call: on Workers a request must not wait for another. */
  readonly coalescer: Layer.Layer<RequestCoalescer, never, ResponseCache | StreamRelay>
  /** Where counters and cached answers are kept. */
  readonly store: Layer.Layer<Store, never, Settings>
  /** How many bytes of request bodies are held, if not the default. */
  readonly uploads?: UploadBounds
  /** Where entries of the request log are kept. */
  readonly log: Layer.Layer<RequestLog, never, Settings>
  /** Where written settings are kept. */
  readonly settings: Layer.Layer<SettingsStore, never, Settings>
  /** The clock of calls, if the runtime's own is unreliable. */
  readonly clock?: Layer.Layer<never>
  /** The files of the host, if it has any. */
  readonly files?: HostFiles | undefined
  /** What the management API and the console know of the host; of a host that says nothing, nothing. */
  readonly admin?: (env: Environment) => AdminHostShape
  /** The other processes that share the port, if the process is one of several. */
  readonly peers?: PeersShape | undefined
  /** Whether work continues after the request that began it has ended; true by default. */
  readonly backgroundWork?: boolean
}

/** The services that the path of a request runs on. */
export type GatewayServices =
  | Alerts
  | AuthForwarder
  | CircuitBreakers
  | GatewayAuth
  | KeptChoices
  | Limits
  | Metrics
  | Prices
  | RequestCoalescer
  | ResponseCache
  | StreamRelay
  | Telemetry
  | Uploads
  | Upstream
  | UrlResolver

/** Every service of the gateway but the settings, the transport, the store and the log. All of them build without waiting. */
export const layerDefault = (
  { coalescer, uploads, backgroundWork = true }: HostCapabilities,
): Layer.Layer<GatewayServices, never, RequestLog | Settings | Store | Transport> =>
  Layer.mergeAll(
    UrlResolver.layer,
    Uploads.layer(uploads),
    GatewayAuth.layer,
    AuthForwarder.layer,
    Limits.layer,
    KeptChoices.layer,
    coalescer.pipe(Layer.provideMerge(Layer.merge(ResponseCache.layer(), StreamRelay.layer))),
    CircuitBreakers.layer,
    Prices.layer,
    Upstream.layer,
    Layer.merge(Telemetry.layer, Alerts.layer({ detached: backgroundWork })).pipe(
      Layer.provide(OtlpExporter.layer({ detached: backgroundWork })),
      Layer.provideMerge(Metrics.layer),
    ),
  )

/** Resolves the services once: what runs per request are their plain methods. */
export const resolveServices: Effect.Effect<PipelineServices, never, GatewayServices | Settings> = Effect.gen(
  function* () {
    return {
      settings: yield* Settings,
      resolver: yield* UrlResolver,
      auth: yield* GatewayAuth,
      uploads: yield* Uploads,
      forwarder: yield* AuthForwarder,
      cache: yield* ResponseCache,
      coalescer: yield* RequestCoalescer,
      limits: yield* Limits,
      choices: yield* KeptChoices,
      prices: yield* Prices,
      circuits: yield* CircuitBreakers,
      upstream: yield* Upstream,
      relay: yield* StreamRelay,
      clock: yield* plainClock,
      startTimer: yield* Timer,
      alerts: yield* Alerts,
    }
  },
)
