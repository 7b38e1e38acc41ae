/** Reads Prometheus' text format (0.0.4) strictly: what `promtool check metrics` would refuse is refused here. */
import assert from "node:assert/strict"

/** A sample. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const sampleForm = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/s
const labelForm = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y

const labelsIn = (text: string): Record<string, string> => {
  const labels: Record<string, string> = {}
  labelForm.lastIndex = 0
  for (let at = 0; at < text.length; at = labelForm.lastIndex) {
    const [matched, name = "", value = ""] = labelForm.exec(text) ?? []
    assert.ok(matched !== undefined, `labels: ${text}`)
    assert.ok(!Object.hasOwn(labels, name), `twice: ${name}`)
    labels[name] = value.replaceAll(/\\(.)/g, (_, escaped: string) => escaped === "n" ? "\n" : escaped)
  }
  return labels
}

/** Reads all samples; fails where the text is not well formed, or a family does not hold together. */
export const readPrometheus = (text: string): ReadonlyArray<Sample> => {
  assert.ok(text.endsWith("\n"))
  const samples: Array<Sample> = []
  const types = new Map<string, string>()
  const seen = new Set<string>()
  let family = ""
  let help = ""
  for (const line of text.slice(0, -1).split("\n")) {
    const [, about, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (about === "HELP") help = name
    else if (about === "TYPE") {
      assert.equal(help, name, "help goes before the type")
      assert.ok(!types.has(name), `${name} is announced once`)
      assert.match(rest, /^(?:counter|gauge|histogram)$/)
      assert.equal(rest === "counter", name.endsWith("_total"), name)
      types.set(family = name, rest)
    } else {
      const [, sample = "", labels = "", value = ""] = sampleForm.exec(line) ?? []
      assert.notEqual(sample, "", `a sample: ${line}`)
      const base = types.get(family) === "histogram" ? sample.replace(/_(?:bucket|sum|count)$/, "") : sample
      assert.equal(base, family, "samples follow their type")
      const key = line.slice(0, line.lastIndexOf(" "))
      assert.ok(!seen.has(key), `once: ${key}`)
      seen.add(key)
      assert.ok(!Number.isNaN(Number(value)), line)
      samples.push({ name: sample, labels: labelsIn(labels), value: Number(value) })
    }
  }
  checkHistograms(samples, [...types].filter(([, type]) => type === "histogram").map(([name]) => name))
  return samples
}

const seriesOf = (name: string, { le: _, ...labels }: Sample["labels"]): string =>
  name + JSON.stringify(labels)

const checkHistograms = (samples: ReadonlyArray<Sample>, histograms: ReadonlyArray<string>): void => {
  const series = new Map<string, Array<Sample>>()
  for (const sample of samples) {
    const key = seriesOf(sample.name, sample.labels)
    series.set(key, [...series.get(key) ?? [], sample])
  }
  for (const { name, labels, value } of samples) {
    const histogram = name.replace(/_count$/, "")
    if (histogram === name || !histograms.includes(histogram)) continue
    const buckets = series.get(seriesOf(`${histogram}_bucket`, labels)) ?? []
    const bounds = buckets.map((bucket) => Number(bucket.labels["le"]?.replace("+Inf", "Infinity")))
    assert.deepEqual(bounds, [...bounds].sort((a, b) => a - b))
    assert.equal(bounds.at(-1), Infinity)
    for (const [index, bucket] of buckets.entries()) {
      assert.ok(index === 0 || bucket.value >= (buckets[index - 1]?.value ?? 0), "buckets add up")
    }
    assert.equal(buckets.at(-1)?.value, value)
  }
}
