/**
 * Everything that is exported to a collector: the spans and the log record of each finished request, and instruments
 * at intervals.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { OtelSettings, OtlpEndpoint } from "../../config/otel-settings.ts"
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
import { attributes, textValue } from "./values.ts"
import type { RequestRecord } from "../../record/request-record.ts"
import { protobufOf } from "./protobuf.ts"
import type { ExportBody, ExportResult, PostExport } from "./send.ts"

/** How the host runs background work. */
export interface ExportOptions {
  /**
   * Whether work continues after the request that started it has ended. If it does not (Workers), each request sends
   * what is queued, within `waitUntil`, before its record is done.
   */
  readonly detached: boolean
  /** The runtime's `fetch` by default. */
  readonly post?: PostExport | undefined
}

/** Exports records of requests. */
export interface RequestExport {
  /**
   * Queues a request's spans and log record.
   *
   * @returns on Workers, a promise that resolves when they have been sent or dropped
   */
  readonly record: (
    record: RequestRecord,
    level: Level,
    payloads: Payloads | undefined,
  ) => void | Promise<void>
  /** Sends what is queued, within three seconds. */
  readonly close: Effect.Effect<void>
}

/** How long sending a batch is retried, in milliseconds. Workers abort `waitUntil` work after 30 s. */
const patience = { detached: 60_000, attached: 10_000 }

/** The beginning of every export request, up to its items. */
const prefixes = (otel: Pick<OtelSettings, "resource">) => {
  const resource = {
    attributes: attributes({
      "service.version": textValue(product.version),
      // Distinguishes processes and isolates, whose counters each begin at 0.
      "service.instance.id": textValue(crypto.randomUUID()),
      ...Object.fromEntries(Object.entries(otel.resource).map(([key, value]) => [key, textValue(value)])),
    }),
  }
  const scope = { name: product.name, version: product.version }
  return (kind: "Spans" | "Metrics" | "Logs", items: string): string =>
    `{"resource${kind}":[{"resource":${JSON.stringify(resource)},` +
    `"scope${kind}":[{"scope":${JSON.stringify(scope)},"${items}":[`
}

/** Wraps items into the body of an export request. */
const wrapping =
  ({ protobuf = false }: OtlpEndpoint, start: string) => (items: ReadonlyArray<string>): ExportBody => {
    const json = `${start}${items.join(",")}]}]}]}`
    return protobuf ? protobufOf(json) : json
  }

/** Counts lost items, and warns once. */
const reporting = (metrics: Pick<Metrics["Service"], "dropped">, name: string) => {
  let warned = false
  return (items: number, { rejected, problem }: ExportResult): void => {
    metrics.dropped(name, Math.min(items, rejected))
    if (problem !== undefined && !warned) {
      console.error(JSON.stringify({ level: "warn", msg: "otlp", signal: name, problem, lost: true }))
    }
    warned = problem !== undefined
  }
}

/** The queue of the spans that go to one collector. */
export type SignalOf = (endpoint: OtlpEndpoint) => SignalExport

/** The bounded queues of gateways' own collectors. */
export const spanSignals = (
  otel: Pick<OtelSettings, "resource"> | undefined,
  metrics: Pick<Metrics["Service"], "dropped">,
  { detached, post = (url, init) => fetch(url, init) }: ExportOptions,
  context: Context.Context<never>,
): SignalOf => {
  const start = prefixes(otel ?? { resource: { "service.name": product.name } })("Spans", "spans")
  return (endpoint) =>
    signalExport({
      endpoint,
      wrap: wrapping(endpoint, start),
      ...queueOfGateway,
      patience: detached ? patience.detached : patience.attached,
      post,
      report: reporting(metrics, "traces"),
      fork: Effect.runForkWith(context),
    })
}

/** The defaults of the corresponding variables. Times are in milliseconds. */
const queueOfGateway = { queue: 2048, batch: 512, delay: 5_000 }

/**
 * Opens the queues of the collectors in the settings.
 *
 * @param context the context for background work; its clock dates the start of the instruments
 */
export const exportRequests = (
  otel: OtelSettings,
  metrics: Metrics["Service"],
  { detached, post = (url, init) => fetch(url, init) }: ExportOptions,
  context: Context.Context<never>,
): RequestExport => {
  const clock = Context.get(context, Clock.Clock)
  const started = clock.currentTimeMillisUnsafe()
  const fork = Effect.runForkWith(context)
  const run = Effect.runPromiseWith(context)
  const prefix = prefixes(otel)
  const signal = (
    name: "traces" | "metrics" | "logs",
    start: string,
    limits: { readonly queue: number; readonly batch: number } = otel,
  ): SignalExport | undefined => {
    const endpoint = otel[name]
    if (endpoint === undefined) return undefined
    return signalExport({
      endpoint,
      wrap: wrapping(endpoint, start),
      ...limits,
      delay: otel.delay,
      patience: detached ? patience.detached : patience.attached,
      post,
      report: reporting(metrics, name),
      fork,
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
    // One queued snapshot is enough: a newer one would supersede it.
    if (instruments === undefined || instruments.waits()) return
    const families = yield* metrics.families
    const now = clock.currentTimeMillisUnsafe()
    instruments.push(otlpMetrics(families, started, now).map((metric) => strictJson(metric)).join(","))
  })
  let periodic: Fiber.Fiber<never> | undefined
  const startSending = (): void => {
    traces?.start()
    logs?.start()
    if (instruments === undefined || periodic !== undefined) return
    periodic = fork(Effect.forever(
      Effect.sleep(interval).pipe(
        Effect.andThen(snapshot),
        Effect.andThen(instruments.flush),
      ),
    ))
  }
  /** On Workers nothing runs between requests, so the first request of each interval also sends the instruments. */
  let next = -Infinity
  const snapshotIfDue = Effect.suspend(() => {
    const now = monotonicBy(clock)
    if (instruments === undefined || now < next) return Effect.void
    next = now + interval
    return snapshot
  })
  const sendNow = Effect.andThen(snapshotIfDue, each(({ flush }) => flush))
  let recorded = false
  return {
    record: (record, level, payloads) => {
      recorded = true
      if (traces !== undefined) {
        for (const span of otlpSpans(record, payloads && contentAttributes(payloads))) {
          traces.push(strictJson(span))
        }
      }
      logs?.push(strictJson(otlpLog(record, level)))
      return detached ? startSending() : run(sendNow)
    },
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
