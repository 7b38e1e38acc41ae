/**
 * The size of the Worker, and what each feature adds to it.
 *
 * @module
 */
import { readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import { bundleWorker } from "../../../lib/commands/bundle-worker.ts"
import type { Measure } from "../bench.ts"
import { bundleWithout } from "../bundle.ts"
import { summarise } from "../summary.ts"
import type { Row } from "../table.ts"

/** Files by feature. One that has no files (yet) has no row. */
const features: Readonly<Record<string, RegExp>> = {
  cache: /lib\/(cache\/|steps\/(cached-step|keeper|.*misses))/i,
  limits: /lib\/limit\//,
  circuits: /lib\/relay\/circuit/i,
  usage: /lib\/meter\/usage/,
  prices: /lib\/(prices\/|meter\/(?!usage))/,
  "universal endpoint": /lib\/(steps\/call-in-turn|request\/universal)/,
  "dynamic routes": /lib\/(config\/(dynamic-routes|route-)|steps\/follow-route|route\/dynamic-route)/,
  WebSocket: /lib\/runtime\/websocket/,
  log: /lib\/log\//,
  "management API": /lib\/admin\//,
  metrics: /lib\/telemetry\/(Metrics|metric-|instruments|prometheus)/,
  OTLP: /lib\/(config\/otel|telemetry\/(Otlp|otlp|export-|send-|request-attributes|content-))/,
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

export const size: Measure = {
  name: "size",
  run: async ({ short }) => ({
    measure: "size",
    title: "Size of the Worker; what a feature adds is what goes when its files are emptied",
    rows: [row("dist/worker.js", readFileSync("dist/worker.js", "utf8")), ...short ? [] : await parts()],
    doesNotShow: "sums: what two features share goes with neither. Calls of a feature, in other files, stay.",
  }),
}
