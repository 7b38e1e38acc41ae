/**
 * Notifies webhooks of budgets that reach a share, calls that fail, and circuits that open.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import type { BudgetUse } from "../limit/admitted-call.ts"
import type { RequestRecord } from "../record/request-record.ts"
import { Store } from "../store/Store.ts"
import { Metrics } from "../telemetry/metrics/Metrics.ts"
import type { Awaitable } from "../time/awaitable.ts"
import { plainClock } from "../time/clock.ts"
import { Timer } from "../time/Timer.ts"
import type { Delivery, PostWebhook } from "./deliver.ts"
import { RaisedAlerts } from "./raise-alerts.ts"

/** Keeps the platform running for a delivery, where that is needed; a process runs on anyway. */
export interface AlertHost {
  readonly waitUntil?: (delivery: Promise<unknown>) => void
}

/** What `Alerts` does. No method rejects. */
export interface AlertsShape {
  /** Checks budgets after a charge. Resolves once all instances know what was raised; deliveries continue. */
  readonly budgets: (
    gateway: GatewaySettings,
    uses: ReadonlyArray<BudgetUse>,
    host: AlertHost,
  ) => Awaitable<unknown>
  /** A circuit has opened. */
  readonly circuitOpened: (gateway: GatewaySettings, upstream: string, host: AlertHost) => Awaitable<unknown>
  /** Counts a finished request of a gateway. */
  readonly record: (
    gateway: GatewaySettings | undefined,
    record: RequestRecord,
    host: AlertHost,
  ) => void | Promise<void>
  /** Sends each webhook a test, once. */
  readonly test: (gateway: GatewaySettings) => Promise<ReadonlyArray<Delivery>>
}

/** How the host runs deliveries. */
export interface AlertOptions {
  /** Whether work continues after the request that started it has ended. */
  readonly detached: boolean
  /** The runtime's `fetch` unless given. */
  readonly post?: PostWebhook
}

/** Raises alerts, each once per threshold and period among all instances that share the store. */
export class Alerts extends Context.Service<Alerts, AlertsShape>()("basegate/alert/Alerts") {
  static readonly layer = (options: AlertOptions): Layer.Layer<Alerts, never, Metrics | Store> =>
    Layer.effect(
      Alerts,
      Effect.gen(function* () {
        const { post = (url: string, init: RequestInit) => fetch(url, init) } = options
        const raising = new RaisedAlerts(
          yield* Store,
          yield* Metrics,
          { post, clock: yield* plainClock, startTimer: yield* Timer },
          options.detached,
        )
        yield* Effect.addFinalizer(() => Effect.promise(() => raising.close()))
        return raising
      }),
    )

  /** Notifies nobody. */
  static readonly none: AlertsShape = {
    budgets: () => {},
    circuitOpened: () => {},
    record: () => {},
    test: () => Promise.resolve([]),
  }
}
