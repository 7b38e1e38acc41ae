/**
 * Raises and delivers alerts, each once per threshold and period among all instances that share the store.
 *
 * @module
 */
import { hex } from "../bytes/hex.ts"
import type { Alert } from "../config/alert-settings.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import type { BudgetUse } from "../limit/admitted-call.ts"
import type { RequestRecord } from "../record/request-record.ts"
import { sha256Now } from "../redaction/sha256.ts"
import { boundedMap } from "../store/bounded-map.ts"
import type { Store } from "../store/Store.ts"
import type { Metrics } from "../telemetry/metrics/Metrics.ts"
import { allReady, type Awaitable, whenReady } from "../time/awaitable.ts"
import { type AlertEvent, intervalText } from "./alert-event.ts"
import type { AlertHost, AlertsShape } from "./Alerts.ts"
import { deliver, type Deliverer, type Delivery } from "./deliver.ts"
import { ErrorShares, errorSpan, failedShare } from "./error-shares.ts"

/** How often a delivery is tried: Workers end what `waitUntil` holds after 30 s. */
const tries = { detached: 5, attached: 3 }

/** The most deliveries in flight; further ones are dropped, and counted as failed. */
const mostInFlight = 100

/** The most raised alerts that are remembered, so that the store is not asked again after each call. */
const mostRemembered = 10_000

/** How long a key is kept beyond its period, in milliseconds: clocks differ. */
const margin = 3_600_000

/** How long a circuit's alerts are quiet after one, in milliseconds: it may open again every few seconds. */
const circuitQuiet = 300_000

/** How long a closing gateway waits for its deliveries, in milliseconds. */
const closingPatience = 2_500

/** An alert to raise once for its key. */
interface Raised {
  readonly alert: Alert
  readonly gateway: GatewaySettings
  readonly event: Omit<AlertEvent, "gateway">
  /** Distinguishes it from all others of the gateway's alert. */
  readonly key: ReadonlyArray<unknown>
  /** How long it is not raised again, in milliseconds. */
  readonly ttl: number
}

const countsErrors = ({ errorShare }: Alert): boolean => errorShare !== undefined

/** What `Alerts.layer` gives. */
export class RaisedAlerts implements AlertsShape {
  readonly #store: Store["Service"]
  readonly #metrics: Pick<Metrics["Service"], "alerted">
  readonly #deliverer: Deliverer
  readonly #tries: number
  readonly #raised = boundedMap<true>(mostRemembered)
  readonly #shares = new ErrorShares()
  readonly #inFlight = new Set<Promise<void>>()

  constructor(
    store: Store["Service"],
    metrics: Pick<Metrics["Service"], "alerted">,
    deliverer: Deliverer,
    detached: boolean,
  ) {
    this.#store = store
    this.#metrics = metrics
    this.#deliverer = deliverer
    this.#tries = detached ? tries.detached : tries.attached
  }

  budgets(
    gateway: GatewaySettings,
    uses: ReadonlyArray<BudgetUse>,
    host: AlertHost,
  ): Awaitable<unknown> {
    const raised: Array<Awaitable<void>> = []
    for (const { rule, name, partition, spent, limit, period, now } of uses) {
      for (const alert of gateway.alerts) {
        for (const threshold of alert.budget) {
          // Shares such as 0.8 are not exact in binary, and neither is their product.
          if (spent / limit < threshold - 1e-12) break
          raised.push(this.#raise({
            alert,
            gateway,
            event: {
              event: "budget",
              rule,
              threshold,
              spent,
              limit,
              period: intervalText(period.start, period.end),
              ...(partition !== undefined && { partition }),
            },
            key: ["budget", name, period.id, threshold],
            ttl: Math.max(0, period.end - now) + margin,
          }, host))
        }
      }
    }
    return allReady(raised)
  }

  circuitOpened(gateway: GatewaySettings, upstream: string, host: AlertHost): Awaitable<unknown> {
    const now = this.#deliverer.clock.wall()
    return allReady(
      gateway.alerts.filter(({ circuit }) => circuit).map((alert) =>
        this.#raise({
          alert,
          gateway,
          event: {
            event: "circuit",
            rule: upstream,
            threshold: null,
            spent: null,
            limit: null,
            period: intervalText(now, now + circuitQuiet),
          },
          key: ["circuit", upstream],
          ttl: circuitQuiet,
        }, host)
      ),
    )
  }

  record(
    gateway: GatewaySettings | undefined,
    record: RequestRecord,
    host: AlertHost,
  ): void | Promise<void> {
    if (gateway?.alerts.some(countsErrors) !== true) return
    const count = this.#shares.add(gateway.id, record, this.#deliverer.clock.wall())
    const share = count && failedShare(count)
    if (count === undefined || share === undefined) return
    const raised: Array<Awaitable<void>> = []
    for (const alert of gateway.alerts) {
      const { errorShare } = alert
      if (errorShare === undefined || share < errorShare) continue
      raised.push(this.#raise({
        alert,
        gateway,
        event: {
          event: "error_share",
          rule: "error_share",
          threshold: errorShare,
          spent: Math.round(share * 10_000) / 10_000,
          limit: 1,
          period: intervalText(count.start, count.start + errorSpan),
        },
        key: ["error_share", count.start, errorShare],
        ttl: errorSpan + margin,
      }, host))
    }
    const all = allReady(raised)
    if (all instanceof Promise) return all.then(() => {})
  }

  test(gateway: GatewaySettings): Promise<ReadonlyArray<Delivery>> {
    const now = this.#deliverer.clock.wall()
    const event: AlertEvent = {
      event: "test",
      rule: "test",
      threshold: null,
      spent: null,
      limit: null,
      gateway: gateway.id,
      period: intervalText(now, now),
    }
    return Promise.all(gateway.alerts.map((alert) => deliver(alert, event, 1, this.#deliverer)))
  }

  /** Waits for deliveries in flight, for a short time. */
  close(): Promise<void> {
    if (this.#inFlight.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const stop = this.#deliverer.startTimer(closingPatience, resolve)
      void Promise.all(this.#inFlight).then(() => {
        stop()
        resolve()
      })
    })
  }

  #raise({ alert, gateway, event, key, ttl }: Raised, host: AlertHost): Awaitable<void> {
    const now = this.#deliverer.clock.wall()
    const name = `alert:${hex(sha256Now(JSON.stringify([alert.id, gateway.id, ...key])))}`
    if (this.#raised.get(name, now) !== undefined) return
    this.#raised.set(name, true, 1, now + ttl, now)
    return whenReady(this.#store.once(name, ttl), (isFirst) => {
      if (isFirst) this.#send(alert, { ...event, gateway: gateway.id }, host)
    })
  }

  #send(alert: Alert, event: AlertEvent, host: AlertHost): void {
    if (this.#inFlight.size >= mostInFlight) {
      return this.#done(event, {
        host: alert.host,
        delivered: false,
        status: null,
        problem: "too many at once",
      })
    }
    const sending = deliver(alert, event, this.#tries, this.#deliverer).then((delivery) => {
      this.#inFlight.delete(sending)
      this.#done(event, delivery)
    })
    this.#inFlight.add(sending)
    host.waitUntil?.(sending)
  }

  #done({ event, gateway }: AlertEvent, { delivered, host, problem }: Delivery): void {
    this.#metrics.alerted(event, delivered)
    if (delivered) return
    console.error(JSON.stringify({ level: "warn", msg: "alert", event, gateway, host, problem, lost: true }))
  }
}
