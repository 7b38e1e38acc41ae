/**
 * Everything that goes to a collector: a request's spans and its log as it ends, instruments in intervals.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { OtelSettings } from "../../config/otel-settings.ts"
import type { Payloads } from "../../request-log/entry.ts"
import { monotonicBy } from "../../time/monotonic.ts"
import { strictJson } from "../../json/exact-json.ts"
import { product } from "../../version.ts"
import { contentAttributes } from "../genai/content.ts"
import { closingPatience, type SignalExport, signalExport } from "./signal.ts"
import type { Metrics } from "../metrics/Metrics.ts"
import { type Level, otlpLog } from "./logs.ts"
import { otlpMetrics } from "./metrics.ts"
import { otlpSpans } from "./spans.ts"
import { attributes, text } from "./values.ts"
import type { RequestRecord } from "../../record/request-record.ts"
import type { Post, Sent } from "./send.ts"

/** How the host lets work go on. */
export interface ExportOptions {
  /**
   * Whether work goes on when the request that began it has ended. Where it does not (Workers), each request sends
   * what waits before its record is done; `waitUntil` lets it.
   */
  readonly detached: boolean
  /** The runtime's `fetch` unless given. */
  readonly post?: Post | undefined
}

/** Takes what there is to tell. No effect fails. */
export interface RequestExport {
  readonly record: (
    record: RequestRecord,
    level: Level,
    payloads: Payloads | undefined,
  ) => Effect.Effect<void>
  /** Sends what waits, within three seconds. */
  readonly close: Effect.Effect<void>
}

/** How long a batch is tried, in milliseconds. Workers end what `waitUntil` holds after 30 s. */
const patience = { detached: 60_000, attached: 10_000 }

/** What every request to the collector begins with, up to its items. */
const prefixes = (otel: OtelSettings) => {
  const resource = {
    attributes: attributes({
      "service.version": text(product.version),
      // Tells processes and isolates apart, whose counters each begin at 0.
      "service.instance.id": text(crypto.randomUUID()),
      ...Object.fromEntries(Object.entries(otel.resource).map(([key, value]) => [key, text(value)])),
    }),
  }
  const scope = { name: product.name, version: product.version }
  return (kind: "Spans" | "Metrics" | "Logs", items: string): string =>
    `{"resource${kind}":[{"resource":${JSON.stringify(resource)},` +
    `"scope${kind}":[{"scope":${JSON.stringify(scope)},"${items}":[`
}

/** @param started when the instruments began to count, in milliseconds since 1970 */
export const exportRequests = (
  otel: OtelSettings,
  metrics: Metrics["Service"],
  { detached, post = (url, init) => fetch(url, init) }: ExportOptions,
  started: number,
): RequestExport => {
  const prefix = prefixes(otel)
  const signal = (
    name: "traces" | "metrics" | "logs",
    start: string,
    limits: { readonly queue: number; readonly batch: number } = otel,
  ): SignalExport | undefined => {
    const endpoint = otel[name]
    if (endpoint === undefined) return undefined
    let warned = false
    const report = (items: number, { rejected, problem }: Sent): void => {
      metrics.dropped(name, Math.min(items, rejected))
      if (problem !== undefined && !warned) {
        console.error(JSON.stringify({ level: "warn", msg: "otlp", signal: name, problem, lost: true }))
      }
      warned = problem !== undefined
    }
    return signalExport({
      endpoint,
      wrap: (items) => `${start}${items.join(",")}]}]}]}`,
      ...limits,
      delay: otel.delay,
      patience: detached ? patience.detached : patience.attached,
      post,
      report,
    })
  }
  const traces = signal("traces", prefix("Spans", "spans"))
  const logs = signal("logs", prefix("Logs", "logRecords"))
  const instruments = signal("metrics", prefix("Metrics", "metrics"), { queue: 1, batch: 1 })
  const all = [traces, logs, instruments].filter((one) => one !== undefined)
  const each = (effect: (signal: SignalExport) => Effect.Effect<void>) =>
    Effect.forEach(all, effect, { concurrency: "unbounded", discard: true })

  const interval = otel.metrics?.interval ?? 0
  const snapshot = Effect.gen(function* () {
    // Sums that nobody has taken yet are as good as later ones.
    if (instruments === undefined || instruments.waits()) return
    const families = yield* metrics.families
    const now = yield* Clock.currentTimeMillis
    instruments.push(otlpMetrics(families, started, now).map((metric) => strictJson(metric)).join(","))
  })
  let periodic: Fiber.Fiber<never> | undefined
  const startPeriodic = Effect.suspend(() => {
    if (instruments === undefined || periodic !== undefined) return Effect.void
    const rounds = Effect.forever(
      Effect.sleep(interval).pipe(
        Effect.andThen(snapshot),
        Effect.andThen(instruments.flush),
      ),
    )
    return Effect.map(Effect.forkDetach(rounds), (fiber) => {
      periodic = fiber
    })
  })
  /** Where nothing runs between requests, the first of each interval takes the instruments along. */
  let next = -Infinity
  const snapshotIfDue = Clock.clockWith((clock) => {
    const now = monotonicBy(clock)
    if (instruments === undefined || now < next) return Effect.void
    next = now + interval
    return snapshot
  })

  const send = detached
    ? Effect.all([traces?.start ?? Effect.void, logs?.start ?? Effect.void, startPeriodic], { discard: true })
    : Effect.andThen(snapshotIfDue, each(({ flush }) => flush))
  let recorded = false
  return {
    record: (record, level, payloads) =>
      Effect.suspend(() => {
        recorded = true
        if (traces !== undefined) {
          for (const span of otlpSpans(record, payloads && contentAttributes(payloads))) {
            traces.push(strictJson(span))
          }
        }
        logs?.push(strictJson(otlpLog(record, level)))
        return send
      }),
    close: Effect.gen(function* () {
      if (periodic !== undefined) yield* Fiber.interrupt(periodic)
      if (recorded) yield* snapshot
      yield* each(({ close }) => close)
    }).pipe(
      Effect.timeoutOrElse({ duration: closingPatience, orElse: () => Effect.void }),
      Effect.interruptible,
    ),
  }
}
