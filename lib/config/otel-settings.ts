/**
 * What is exported to an OpenTelemetry collector: the standard `OTEL_*` variables.
 *
 * Names and defaults: OpenTelemetry's "Environment Variable Specification" and "OpenTelemetry Protocol Exporter".
 * A value that the specification would have ignored with a warning is an error here, as for every other variable.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { oneOf, text } from "../schema/expected.ts"

const optional = Schema.optionalKey

const isUrl = (value: string): boolean =>
  /^https?:\/\//i.test(value) && URL.canParse(value) && new URL(value).username === "" &&
  new URL(value).password === ""

/** `key=value` pairs of a comma list, percent-decoded (W3C Baggage without metadata); nothing where it is none. */
const pairsOf = (list: string): ReadonlyArray<readonly [string, string]> | undefined => {
  try {
    return list.split(",").filter((item) => item.trim() !== "").map((item) => {
      const [, key = "", value = ""] = /^\s*([^=\s]+)\s*=(.*)$/s.exec(item) ?? []
      if (key === "") throw new TypeError()
      return [decodeURIComponent(key), decodeURIComponent(value.trim())]
    })
  } catch {
    return undefined
  }
}

const areHeaders = (list: string): boolean =>
  pairsOf(list)?.every(([name, value]) =>
    /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\x20-\x7e]*$/.test(value)
  ) ??
    false

const isWhole = (lowest: number) => (value: string): boolean =>
  /^\d{1,10}$/.test(value) && Number(value) >= lowest && Number(value) < 2 ** 31

const Endpoint = optional(text("an http or https URL without credentials", isUrl))
const Base = optional(
  text(
    "an http or https URL without credentials, query or fragment",
    (value) => isUrl(value) && !/[?#]/.test(value),
  ),
)
const Headers = optional(text("a comma list of name=value, percent-encoded", areHeaders))
const Milliseconds = optional(text("a whole number of milliseconds from 1", isWhole(1)))
const Count = optional(text("a whole number from 1", isWhole(1)))
const Choice = optional(oneOf("otlp", "none"))
const Protocol = optional(
  Schema.String.pipe(
    Schema.refine((value): value is "http/json" => value === "http/json", {
      expected: "http/json, which is the one protocol that is spoken here",
    }),
  ),
)

/** The variables, for the schema of all of them. */
export const OtelVariables = {
  OTEL_SDK_DISABLED: optional(text("true or false", (value) => /^(?:true|false)$/i.test(value))),
  OTEL_SERVICE_NAME: optional(text("a name", (value) => /^\P{Cc}+$/u.test(value))),
  OTEL_RESOURCE_ATTRIBUTES: optional(
    text("a comma list of key=value, percent-encoded", (value) => pairsOf(value) !== undefined),
  ),
  OTEL_EXPORTER_OTLP_PROTOCOL: Protocol,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: Protocol,
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: Protocol,
  OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: Protocol,
  OTEL_EXPORTER_OTLP_ENDPOINT: Base,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Endpoint,
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: Endpoint,
  OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: Endpoint,
  OTEL_EXPORTER_OTLP_HEADERS: Headers,
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: Headers,
  OTEL_EXPORTER_OTLP_METRICS_HEADERS: Headers,
  OTEL_EXPORTER_OTLP_LOGS_HEADERS: Headers,
  OTEL_EXPORTER_OTLP_TIMEOUT: Milliseconds,
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: Milliseconds,
  OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: Milliseconds,
  OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: Milliseconds,
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: optional(oneOf("cumulative")),
  OTEL_TRACES_EXPORTER: Choice,
  OTEL_METRICS_EXPORTER: Choice,
  OTEL_LOGS_EXPORTER: Choice,
  OTEL_METRIC_EXPORT_INTERVAL: Milliseconds,
  OTEL_BSP_SCHEDULE_DELAY: Milliseconds,
  OTEL_BSP_MAX_QUEUE_SIZE: Count,
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: Count,
  OTEL_TRACES_SAMPLER: optional(oneOf(
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
    "always_on",
    "always_off",
    "traceidratio",
  )),
  OTEL_TRACES_SAMPLER_ARG: optional(
    text("a number from 0 to 1", (value) => /^\d*\.?\d+$/.test(value) && Number(value) <= 1),
  ),
}

const Variables = Schema.Struct(OtelVariables)
type Variables = typeof Variables.Type

/** Where one signal goes. */
export interface OtlpEndpoint {
  readonly url: string
  readonly headers: ReadonlyArray<readonly [name: string, value: Redacted.Redacted<string>]>
  /** How long one export may take, in milliseconds. */
  readonly timeout: number
}

/** Which requests are traced. */
export interface Sampler {
  /** Whether a caller's own decision holds where its `traceparent` tells one. */
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
  const of = (name: "ENDPOINT" | "HEADERS" | "TIMEOUT") =>
    variables[`OTEL_EXPORTER_OTLP_${signal}_${name}`] ?? variables[`OTEL_EXPORTER_OTLP_${name}`]
  const chosen = variables[`OTEL_${signal}_EXPORTER`]
  const endpoint = of("ENDPOINT") ?? (chosen === "otlp" ? "http://localhost:4318" : undefined)
  if (endpoint === undefined || chosen === "none") return undefined
  return {
    // The common endpoint is a base; a signal's own is the whole URL.
    url: variables[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`] ??
      `${endpoint.replace(/\/+$/, "")}/v1/${signal.toLowerCase()}`,
    headers: (pairsOf(of("HEADERS") ?? "") ?? []).map(([name, value]) => [name, Redacted.make(value)]),
    timeout: Number(of("TIMEOUT") ?? 10_000),
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

/** Reads the variables; nothing where nothing is to be exported. */
export const otelSettings = (variables: Variables): OtelSettings | undefined => {
  const traces = endpointOf(variables, "TRACES")
  const metrics = endpointOf(variables, "METRICS")
  const logs = endpointOf(variables, "LOGS")
  if (variables.OTEL_SDK_DISABLED?.toLowerCase() === "true" || (traces ?? metrics ?? logs) === undefined) {
    return undefined
  }
  const resource = Object.fromEntries(pairsOf(variables.OTEL_RESOURCE_ATTRIBUTES ?? "") ?? [])
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
