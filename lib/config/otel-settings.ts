/**
 * What is exported to an OpenTelemetry collector, and where to.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { OtelVariables, parsePairs } from "./otel-variables.ts"

const Variables = Schema.Struct(OtelVariables)
type Variables = typeof Variables.Type

/** Where one signal goes. */
export interface OtlpEndpoint {
  readonly url: string
  readonly headers: ReadonlyArray<readonly [name: string, value: Redacted.Redacted<string>]>
  /** How long one export may take, in milliseconds. */
  readonly timeout: number
  /** Whether it goes in protobuf, and not in JSON. */
  readonly protobuf?: boolean
  /** Whether it is compressed. */
  readonly gzip?: boolean
}

/** Which requests are traced. */
export interface Sampler {
  /** Whether a caller's own decision holds, if its `traceparent` has one. */
  readonly parentBased: boolean
  /** The share of the others, from 0 to 1. */
  readonly ratio: number
}

/** What goes to the collector, and how. */
export interface OtelSettings {
  /** Attributes of the resource, `service.name` among them. */
  readonly resource: Readonly<Record<string, string>>
  readonly traces: (OtlpEndpoint & { readonly sampler: Sampler }) | undefined
  /** `interval`: between two exports, in milliseconds. */
  readonly metrics: (OtlpEndpoint & { readonly interval: number }) | undefined
  readonly logs: OtlpEndpoint | undefined
  /** How many spans, and as many logs, wait at most for the collector. */
  readonly queue: number
  /** How many of them go in one request. */
  readonly batch: number
  /** How long they wait for others to go with, in milliseconds. */
  readonly delay: number
}

type Signal = "TRACES" | "METRICS" | "LOGS"

const endpointOf = (variables: Variables, signal: Signal): OtlpEndpoint | undefined => {
  const of = (name: "ENDPOINT" | "HEADERS" | "TIMEOUT" | "PROTOCOL" | "COMPRESSION") =>
    variables[`OTEL_EXPORTER_OTLP_${signal}_${name}`] ?? variables[`OTEL_EXPORTER_OTLP_${name}`]
  const chosen = variables[`OTEL_${signal}_EXPORTER`]
  const endpoint = of("ENDPOINT") ?? (chosen === "otlp" ? "http://localhost:4318" : undefined)
  if (endpoint === undefined || chosen === "none") return undefined
  return {
    // The common endpoint is a base; a signal's own is the whole URL.
    url: variables[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`] ??
      `${endpoint.replace(/\/+$/, "")}/v1/${signal.toLowerCase()}`,
    headers: (parsePairs(of("HEADERS") ?? "") ?? []).map(([name, value]) => [name, Redacted.make(value)]),
    timeout: Number(of("TIMEOUT") ?? 10_000),
    protobuf: of("PROTOCOL") === "http/protobuf",
    gzip: of("COMPRESSION") === "gzip",
  }
}

const samplerOf = (
  { OTEL_TRACES_SAMPLER: name = "parentbased_always_on", ...variables }: Variables,
): Sampler => ({
  parentBased: name.startsWith("parentbased"),
  ratio: name.endsWith("ratio")
    ? Number(variables.OTEL_TRACES_SAMPLER_ARG ?? 1)
    : name.endsWith("on")
    ? 1
    : 0,
})

/** Reads the variables; `undefined` if nothing is exported. */
export const otelSettings = (variables: Variables): OtelSettings | undefined => {
  const traces = endpointOf(variables, "TRACES")
  const metrics = endpointOf(variables, "METRICS")
  const logs = endpointOf(variables, "LOGS")
  if (variables.OTEL_SDK_DISABLED?.toLowerCase() === "true" || (traces ?? metrics ?? logs) === undefined) {
    return undefined
  }
  const resource = Object.fromEntries(parsePairs(variables.OTEL_RESOURCE_ATTRIBUTES ?? "") ?? [])
  const queue = Number(variables.OTEL_BSP_MAX_QUEUE_SIZE ?? 2048)
  return {
    resource: {
      "service.name": "basegate",
      ...resource,
      ...(variables.OTEL_SERVICE_NAME && { "service.name": variables.OTEL_SERVICE_NAME }),
    },
    traces: traces && { ...traces, sampler: samplerOf(variables) },
    metrics: metrics && { ...metrics, interval: Number(variables.OTEL_METRIC_EXPORT_INTERVAL ?? 60_000) },
    logs,
    queue,
    batch: Math.min(queue, Number(variables.OTEL_BSP_MAX_EXPORT_BATCH_SIZE ?? 512)),
    delay: Number(variables.OTEL_BSP_SCHEDULE_DELAY ?? 5_000),
  }
}
