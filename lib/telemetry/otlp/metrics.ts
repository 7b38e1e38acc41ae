/**
 * Instruments as OTLP's `Metric` messages: sums since the start (cumulative temporality).
 *
 * @module
 */
import { type Family, labelPairs, type Point } from "../metrics/instruments.ts"
import { intValue, type KeyValue, nanoseconds, textValue } from "./values.ts"

const cumulative = 2

/** @param started when the instruments began to count, and `now`, in milliseconds since 1970 */
export const otlpMetrics = (
  families: Iterable<Family>,
  started: number,
  now: number,
): ReadonlyArray<object> => {
  const times = { startTimeUnixNano: nanoseconds(started), timeUnixNano: nanoseconds(now) }
  const pointOf = ({ labels }: Point) => ({
    attributes: labelPairs(labels).map(([key, value]): KeyValue => ({
      key,
      value: typeof value === "number" ? intValue(value) : textValue(value),
    })),
    ...times,
  })
  const metrics: Array<object> = []
  for (const { instrument: { name, unit, description, kind, bounds = [] }, points: all } of families) {
    const points = [...all]
    // Metrics without points should not be sent.
    if (points.length === 0) continue
    const metric = { name, unit, description }
    if (kind === "histogram") {
      const dataPoints = points.map((point) => ({
        ...pointOf(point),
        count: String(point.count),
        sum: point.value,
        bucketCounts: point.buckets.map(String),
        explicitBounds: bounds,
      }))
      metrics.push({ ...metric, histogram: { dataPoints, aggregationTemporality: cumulative } })
      continue
    }
    const dataPoints = points.map((point) => ({ ...pointOf(point), asDouble: point.value }))
    metrics.push(
      kind === "gauge" ? { ...metric, gauge: { dataPoints } } : {
        ...metric,
        sum: { dataPoints, aggregationTemporality: cumulative, isMonotonic: kind === "counter" },
      },
    )
  }
  return metrics
}
