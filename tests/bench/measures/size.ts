/**
 * The size of the Worker, and what each feature adds to it.
 *
 * @module
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { bundleWorker } from "../../../lib/commands/bundle-worker.ts"
import type { Measure } from "../bench.ts"
import { bundleWithout } from "../bundle.ts"
import { summarise } from "../summary.ts"
import type { Row } from "../table.ts"

/** Files by feature. One that has no files has no row. */
const features: Readonly<Record<string, RegExp>> = {
  cache: /lib\/(cache\/|call\/(cache|cached))/,
  coalescing: /lib\/(coalesce\/|call\/(coalesce|Request))/,
  limits: /lib\/(limit\/|call\/limited)/,
  circuits: /lib\/upstream\/circuit/i,
  usage: /lib\/usage\//,
  prices: /lib\/pricing\//,
  "universal endpoint": /lib\/(plan|body)\/universal/,
  "dynamic routes": /lib\/(dynamic-route\/|config\/dynamic-routes|plan\/dynamic)/,
  "request log": /lib\/request-log\//,
  "management API": /lib\/admin\//,
  metrics: /lib\/telemetry\/metrics\//,
  OTLP: /lib\/(config\/otel|telemetry\/(otlp|genai)\/)/,
}

/** Effect's modules, as esbuild matches them. */
const foreign: Readonly<Record<string, ReadonlyArray<string>>> = {
  Effect: ["effect/*"],
  "Effect's Schema": ["effect/Schema*"],
}

const row = (name: string, code: string, whole?: string): Row => {
  const raw = (text = "") => text.length / 1000
  const packed = (text = "") => text === "" ? 0 : gzipSync(text, { level: 9 }).length / 1000
  const of = (size: (text?: string) => number) =>
    summarise([whole === undefined ? size(code) : size(whole) - size(code)])
  return { name, cells: { "kB": of(raw), "kB gzip": of(packed) } }
}

/** What each part adds to the whole. */
const parts = async (): Promise<ReadonlyArray<Row>> => {
  const { code, inputs } = await bundleWorker()
  const rows: Array<Row> = []
  for (const [name, external] of Object.entries(foreign)) {
    rows.push(row(`added by: ${name}`, (await bundleWorker({ external: [...external] })).code, code))
  }
  for (const [name, files] of Object.entries(features)) {
    if (inputs.some((input) => files.test(input))) {
      rows.push(row(`added by: ${name}`, await bundleWithout(files), code))
    }
  }
  return rows
}

const workerOf = (root: string): string => readFileSync(join(root, "dist/worker.js"), "utf8")

export const size: Measure = {
  name: "size",
  run: async ({ against, short }) => ({
    measure: "size",
    title: "Size of the Worker; what a feature adds is what goes when its files are emptied",
    rows: [
      row("worker.js", workerOf(".")),
      ...against === undefined ? [] : [row("worker.js before", workerOf(against))],
      ...short ? [] : await parts(),
    ],
    doesNotShow: "sums: what two features share goes with neither. Calls of a feature, in other files, stay.",
  }),
}
