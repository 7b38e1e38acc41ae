/**
 * What becomes of the record of each request.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SettingsShape } from "../config/environment.ts"
import type { LogLevel } from "../config/variables.ts"
import { Settings } from "../config/Settings.ts"
import type { LogDirective } from "../request-log/entry.ts"
import { RequestLog } from "../request-log/RequestLog.ts"
import { LogLine } from "./console/LogLine.ts"
import { Metrics } from "./metrics/Metrics.ts"
import { OtlpExporter } from "./otlp/OtlpExporter.ts"
import type { RequestRecord } from "../record/request-record.ts"
import { reportDefect } from "../redaction/stack-frames.ts"

const severity = { debug: 0, info: 1, warn: 2, error: 3, none: 4 } as const satisfies Record<LogLevel, number>

/** The level of a record: an error where the gateway or Baseten failed, a warning where the call was refused. */
export const levelOf = (record: RequestRecord): "info" | "warn" | "error" => {
  if (record.status >= 500 || (record.ending !== "complete" && record.ending !== "client_left")) {
    return "error"
  }
  return record.status >= 400 ? "warn" : "info"
}

/** Writes lines: those that come in one turn at once, since each writing is a call of the system (3 µs on Bun 1.4). */
const lineWriter = (): (line: string) => void => {
  let lines: Array<string> = []
  const write = (): void => {
    const text = lines.join("\n")
    lines = []
    console.log(text)
  }
  return (line) => {
    if (lines.push(line) === 1) queueMicrotask(write)
  }
}

const lineOf = ({ logLevel }: SettingsShape): (record: RequestRecord) => Effect.Effect<void> => {
  const write = lineWriter()
  return (record) =>
    Effect.map(LogLine, (line) => {
      const level = levelOf(record)
      if (severity[level] < severity[logLevel]) return
      try {
        write(line(record, level))
      } catch (defect) {
        reportDefect(record.request_id, defect)
      }
    })
}

/** What `Telemetry` does. */
export interface TelemetryShape {
  /** @param collected what the gateway's settings and the caller want kept in the log */
  readonly record: (record: RequestRecord, collected: LogDirective) => Effect.Effect<void>
}

const TelemetryKey: Context.ServiceClass<Telemetry, "basegate/telemetry/Telemetry", TelemetryShape> = Context
  .Service<Telemetry, TelemetryShape>()("basegate/telemetry/Telemetry")

/** Takes one record a request, after the response, exactly once, however the request ended. */
export class Telemetry extends TelemetryKey {
  /** A `RecordLine` a request on standard output, from the level that `LOG_LEVEL` names. */
  static readonly layerConsole: Layer.Layer<Telemetry, never, Settings> = Layer.effect(
    Telemetry,
    Effect.map(Settings, (settings) => ({ record: lineOf(settings) })),
  )

  /** Everything: instruments, the line on standard output, the entry in the `RequestLog`, the collector. */
  static readonly layer: Layer.Layer<Telemetry, never, Metrics | OtlpExporter | RequestLog | Settings> = Layer
    .effect(
      Telemetry,
      Effect.gen(function* () {
        const line = lineOf(yield* Settings)
        const log = yield* RequestLog
        const metrics = yield* Metrics
        const exporter = yield* OtlpExporter
        return {
          record: (record, { shouldLog, payloads }) =>
            Effect.suspend(() => {
              try {
                metrics.record(record)
              } catch (defect) {
                reportDefect(record.request_id, defect)
              }
              const told = Effect.andThen(
                line(record),
                exporter.record(record, levelOf(record), shouldLog ? payloads : undefined),
              )
              // The log may be another's, and fail in its own ways: it comes last.
              return shouldLog
                ? Effect.andThen(told, Effect.suspend(() => log.append(record, payloads)))
                : told
            }),
        }
      }),
    )

  /** Hands each record to a function of the embedding app; what it throws is ignored. */
  static readonly layerSink = (sink: (record: RequestRecord) => void): Layer.Layer<Telemetry> =>
    Layer.succeed(Telemetry, {
      record: (record) =>
        Effect.orElseSucceed(
          Effect.try({ try: () => sink(record), catch: () => undefined }),
          () => undefined,
        ),
    })

  /** Keeps nothing. */
  static readonly layerNone: Layer.Layer<Telemetry> = Layer.succeed(Telemetry, { record: () => Effect.void })
}
