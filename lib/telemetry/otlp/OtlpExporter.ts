/**
 * Exports each request to an OpenTelemetry collector, over OTLP/HTTP in JSON.
 *
 * Spans are made from the finished record; while a request runs, only its ids are chosen. `effect/observability`
 * would add 23 kB of gzip to a Worker, and makes spans while a request runs.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Settings } from "../../config/Settings.ts"
import { type ExportOptions, exportRequests, type RequestExport, spanSignals } from "./exporter.ts"
import { exportOfGateways } from "./gateway-export.ts"
import { Metrics } from "../metrics/Metrics.ts"

/** What `OtlpExporter` does. */
export type OtlpExporterShape = Pick<RequestExport, "record">

const OtlpExporterKey: Context.ServiceClass<
  OtlpExporter,
  "basegate/telemetry/otlp/OtlpExporter",
  OtlpExporterShape
> = Context.Service<OtlpExporter, OtlpExporterShape>()("basegate/telemetry/otlp/OtlpExporter")

/** Takes the record of each request, after the response. Never waits for the collector, except on Workers. */
export class OtlpExporter extends OtlpExporterKey {
  /** Exports to the collectors in the settings; does nothing if there are none. */
  static readonly layer = (options: ExportOptions): Layer.Layer<OtlpExporter, never, Metrics | Settings> =>
    Layer.effect(
      OtlpExporter,
      Effect.gen(function* () {
        const settings = yield* Settings
        const { otel } = settings
        const metrics = yield* Metrics
        const context = yield* Effect.context<never>()
        const ofGateways = exportOfGateways(
          settings,
          spanSignals(otel, metrics, options, context),
          options.detached ? undefined : Effect.runPromiseWith(context),
        )
        yield* Effect.addFinalizer(() => ofGateways.close)
        if (otel === undefined) {
          return { record: (record, _, payloads) => ofGateways.record(record, payloads) }
        }
        const exported = exportRequests(otel, metrics, options, context)
        yield* Effect.addFinalizer(() => exported.close)
        return {
          record: (record, level, payloads) => {
            const own = ofGateways.record(record, payloads)
            const common = exported.record(record, level, payloads)
            return own === undefined ? common : Promise.all([own, common]).then(() => {})
          },
        }
      }),
    )
}
