/**
 * Instruments in Prometheus' text format, version 0.0.4.
 *
 * Names follow OpenTelemetry's "Prometheus and OpenMetrics Compatibility": dots become underscores, the unit and
 * `_total` are appended.
 *
 * @module
 */
import { type Family, type Instrument, type LabelPair, labelPairs } from "./instruments.ts"

/** The media type of the text. */
export const prometheusType = "text/plain; version=0.0.4; charset=utf-8"

const types = {
  counter: "counter",
  updown_counter: "gauge",
  gauge: "gauge",
  histogram: "histogram",
} as const

const nameOf = ({ name, unit, kind }: Instrument): string =>
  `${name.replaceAll(".", "_")}${unit === "s" ? "_seconds" : ""}${kind === "counter" ? "_total" : ""}`

const escapes: Record<string, string> = { "\\": "\\\\", "\n": "\\n", '"': '\\"' }
const escaped = (text: string): string => text.replace(/[\\\n"]/g, (found) => escapes[found] ?? "")

const line = (name: string, labels: ReadonlyArray<LabelPair>, value: number): string => {
  const pairs = labels.map(([label, text]) => `${label.replaceAll(".", "_")}="${escaped(String(text))}"`)
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`
}

/** Writes all points. An instrument that has none yet is announced nevertheless. */
export const prometheusText = (families: Iterable<Family>): string => {
  let text = ""
  for (const { instrument, points } of families) {
    const name = nameOf(instrument)
    const { bounds = [], kind, description } = instrument
    text += `# HELP ${name} ${description}\n# TYPE ${name} ${types[kind]}\n`
    for (const { labels: set, value, count, buckets } of points) {
      const labels = labelPairs(set)
      if (kind !== "histogram") {
        text += line(name, labels, value)
        continue
      }
      let sum = 0
      for (const [index, amount] of buckets.entries()) {
        sum += amount
        text += line(`${name}_bucket`, [...labels, ["le", bounds[index] ?? "+Inf"]], sum)
      }
      text += line(`${name}_sum`, labels, value) + line(`${name}_count`, labels, count)
    }
  }
  return text
}
