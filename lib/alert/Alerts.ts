/**
 * Notifies webhooks: budgets that are used up to a share, calls that fail, circuits that open.
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

/** Keeps the platform running for a delivery, if it has to: a process goes on by itself. */
export interface AlertHost {
  readonly waitUntil?: (delivery: Promise<unknown>) => void
}

/** What `Alerts` does. Nothing of it rejects. */
export interface AlertsShape {
  /** Looks at budgets after a charge. Resolves once all instances know what was raised; deliveries go on. */
  readonly budgets: (
    gateway: GatewaySettings,
    uses: ReadonlyArray<BudgetUse>,
    host: AlertHost,
  ) => Awaitable<unknown>
  /** A circuit has opened. */
  readonly circuitOpened: (gateway: GatewaySettings, upstream: string, host: AlertHost) => Awaitable<unknown>
  /** Takes a finished request of a gateway. */
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
  /** Whether work goes on after the request that began it has ended. */
  readonly detached: boolean
  /** The runtime's `fetch` unless given. */
  readonly post?: PostWebhook
}

/** Raises alerts: each once for its threshold and period, of all instances that share the store. */
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
