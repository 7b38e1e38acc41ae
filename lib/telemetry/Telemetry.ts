/**
 * The destinations of each request's record.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Settings } from "../config/Settings.ts"
import type { LogLevel } from "../config/variables.ts"
import type { LogDirective } from "../request-log/entry.ts"
import { RequestLog } from "../request-log/RequestLog.ts"
import type { RequestRecord } from "../record/request-record.ts"
import { reportDefect } from "../redaction/stack-frames.ts"
import { type FormatLine, LogLine } from "./console/LogLine.ts"
import { Metrics } from "./metrics/Metrics.ts"
import { OtlpExporter } from "./otlp/OtlpExporter.ts"

const severity = { debug: 0, info: 1, warn: 2, error: 3, none: 4 } as const satisfies Record<LogLevel, number>
type Level = "info" | "warn" | "error"

/** The level of a record: an error if the gateway or Baseten failed, a warning if the call was refused. */
const levelOf = (record: RequestRecord): Level => {
  if (record.status >= 500 || (record.ending !== "complete" && record.ending !== "client_left")) {
    return "error"
  }
  return record.status >= 400 ? "warn" : "info"
}

/** Writes the lines of one event loop turn together, since each write is a system call (3 µs on Bun 1.4). */
const lineWriter = (format: FormatLine, least: LogLevel): (record: RequestRecord, level: Level) => void => {
  let lines = ""
  const write = (): void => {
    const text = lines
    lines = ""
    console.log(text)
  }
  return (record, level) => {
    if (severity[level] < severity[least]) return
    const line = format(record, level)
    // Not queueMicrotask, which crosses into C++ twice on workerd (2 % of a call's CPU, 2026-11).
    if (lines === "") void Promise.resolve().then(write)
    lines = lines === "" ? line : `${lines}\n${line}`
  }
}

/** What `Telemetry` does. */
export interface TelemetryShape {
  /**
   * Takes the record of a finished request. Errors that it throws or rejects with are reported in the operator's log.
   *
   * @param directive whether the request gets an entry in the log, and with which bodies
   * @returns a promise if the platform must wait for work that was started (`waitUntil`); the client does not wait
   */
  readonly record: (record: RequestRecord, directive: LogDirective) => void | Promise<void>
}

const TelemetryKey: Context.ServiceClass<Telemetry, "basegate/telemetry/Telemetry", TelemetryShape> = Context
  .Service<Telemetry, TelemetryShape>()("basegate/telemetry/Telemetry")

/** Takes the record of each request exactly once, after the response, however the request ended. */
export class Telemetry extends TelemetryKey {
  /** All destinations: instruments, the line on standard output, the entry in the `RequestLog`, the collector. */
  static readonly layer: Layer.Layer<Telemetry, never, Metrics | OtlpExporter | RequestLog | Settings> = Layer
    .effect(
      Telemetry,
      Effect.gen(function* () {
        const metrics = yield* Metrics
        const exporter = yield* OtlpExporter
        const log = yield* RequestLog
        return {
          record: distribute([
            (record) => metrics.record(record),
            lineWriter(yield* LogLine, (yield* Settings).logLevel),
            (record, level, { shouldLog, payloads }) =>
              exporter.record(record, level, shouldLog ? payloads : undefined),
            (record, _, { shouldLog, payloads }) => {
              if (shouldLog) return log.append(record, payloads)
            },
          ]),
        }
      }),
    )

  /** Passes each record to a function of the embedding app, whose errors are reported and otherwise ignored. */
  static readonly layerSink = (sink: (record: RequestRecord) => void): Layer.Layer<Telemetry> =>
    Layer.succeed(Telemetry, {
      record: (record) => {
        const taken: unknown = sink(record)
        return taken instanceof Promise ? taken : undefined
      },
    })

  /** Discards records. */
  static readonly layerNone: Layer.Layer<Telemetry> = Layer.succeed(Telemetry, { record: () => {} })
}

/** A destination of records. */
type Destination = (record: RequestRecord, level: Level, directive: LogDirective) => void | Promise<void>

/** Passes a record to each destination, even if others fail. */
const distribute =
  (destinations: ReadonlyArray<Destination>): TelemetryShape["record"] => (record, directive) => {
    const level = levelOf(record)
    let pending: Array<Promise<void>> | undefined
    for (const take of destinations) {
      try {
        const taken = take(record, level, directive)
        if (taken === undefined) continue
        pending ??= []
        pending.push(taken.catch((defect: unknown) => reportDefect(record.request_id, defect)))
      } catch (defect) {
        reportDefect(record.request_id, defect)
      }
    }
    return pending && Promise.all(pending).then(() => {})
  }
