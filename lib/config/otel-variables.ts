/**
 * The standard `OTEL_*` variables that are read.
 *
 * Names and defaults: OpenTelemetry's "Environment Variable Specification" and "OpenTelemetry Protocol Exporter".
 * A value that the specification would have ignored with a warning is an error here, as for every other variable.
 * The comments are the text of this folder's README: `npm run docs` copies them there.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { oneOf, text } from "../schema/expected.ts"

const optional = Schema.optionalKey

const isUrl = (value: string): boolean =>
  /^https?:\/\//i.test(value) && URL.canParse(value) && new URL(value).username === "" &&
  new URL(value).password === ""

/** `key=value` pairs of a comma list, percent-decoded (W3C Baggage without metadata); `undefined` if it is not one. */
export const parsePairs = (list: string): ReadonlyArray<readonly [string, string]> | undefined => {
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
  parsePairs(list)?.every(([name, value]) =>
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
const Protocol = optional(oneOf("http/json", "http/protobuf"))
const Compression = optional(oneOf("none", "gzip"))

/** The variables, for the schema of all of them. A comment holds for the names below it that have none of their own. */
export const OtelVariables = {
  /**
   * The base URL of a collector (OTLP over HTTP): spans, logs and metrics go to `/v1/traces`, `/v1/logs` and
   * `/v1/metrics` below it. Without one nothing is exported.
   *
   * @default none
   */
  OTEL_EXPORTER_OTLP_ENDPOINT: Base,
  /**
   * The same for one signal, as the whole URL.
   *
   * @default from `OTEL_EXPORTER_OTLP_ENDPOINT`
   */
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Endpoint,
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: Endpoint,
  OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: Endpoint,
  /**
   * Headers for the collector.
   *
   * @default none
   */
  OTEL_EXPORTER_OTLP_HEADERS: Headers,
  /**
   * The same for one signal.
   *
   * @default from `OTEL_EXPORTER_OTLP_HEADERS`
   */
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: Headers,
  OTEL_EXPORTER_OTLP_METRICS_HEADERS: Headers,
  OTEL_EXPORTER_OTLP_LOGS_HEADERS: Headers,
  /**
   * How long one request to the collector may take.
   *
   * @default `10000`
   */
  OTEL_EXPORTER_OTLP_TIMEOUT: Milliseconds,
  /**
   * The same for one signal.
   *
   * @default from `OTEL_EXPORTER_OTLP_TIMEOUT`
   */
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: Milliseconds,
  OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: Milliseconds,
  OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: Milliseconds,
  /**
   * The encoding of exports, of all signals or of one.
   *
   * @default `http/json`
   */
  OTEL_EXPORTER_OTLP_PROTOCOL: Protocol,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: Protocol,
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: Protocol,
  OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: Protocol,
  /**
   * How exports are compressed, of all signals or of one.
   *
   * @default `none`
   */
  OTEL_EXPORTER_OTLP_COMPRESSION: Compression,
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: Compression,
  OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: Compression,
  OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: Compression,
  /**
   * With `none`, this signal is not exported. `otlp` without an endpoint means `http://localhost:4318`.
   *
   * @default `otlp` if there is an endpoint
   */
  OTEL_TRACES_EXPORTER: Choice,
  OTEL_METRICS_EXPORTER: Choice,
  OTEL_LOGS_EXPORTER: Choice,
  /**
   * Which requests are traced. `parentbased_…` follows a caller's own decision, if its `traceparent` has one.
   *
   * @default `parentbased_always_on`
   */
  OTEL_TRACES_SAMPLER: optional(oneOf(
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
    "always_on",
    "always_off",
    "traceidratio",
  )),
  /**
   * The share of requests that `traceidratio` traces.
   *
   * @default `1`
   */
  OTEL_TRACES_SAMPLER_ARG: optional(
    text("a number from 0 to 1", (value) => /^\d*\.?\d+$/.test(value) && Number(value) <= 1),
  ),
  /**
   * The name of this gateway at the collector.
   *
   * @default `basegate`
   */
  OTEL_SERVICE_NAME: optional(text("a name", (value) => /^\P{Cc}+$/u.test(value))),
  /**
   * More attributes of the resource.
   *
   * @default none
   */
  OTEL_RESOURCE_ATTRIBUTES: optional(
    text("a comma list of key=value, percent-encoded", (value) => parsePairs(value) !== undefined),
  ),
  /**
   * The time between two exports of metrics.
   *
   * @default `60000`
   */
  OTEL_METRIC_EXPORT_INTERVAL: Milliseconds,
  /**
   * Metrics are sums since the start.
   *
   * @default `cumulative`
   */
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: optional(oneOf("cumulative")),
  /**
   * How long spans and logs wait for others to be sent with.
   *
   * @default `5000`
   */
  OTEL_BSP_SCHEDULE_DELAY: Milliseconds,
  /**
   * How many spans, and as many logs, wait at most.
   *
   * @default `2048`
   */
  OTEL_BSP_MAX_QUEUE_SIZE: Count,
  /**
   * How many of them go together.
   *
   * @default `512`
   */
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: Count,
  /**
   * With `true`, nothing is exported, whatever the others say.
   *
   * @default `false`
   */
  OTEL_SDK_DISABLED: optional(text("true or false", (value) => /^(?:true|false)$/i.test(value))),
}
