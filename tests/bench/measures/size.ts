/**
 * The size of the Worker, and what each feature adds to it.
 *
 * @module
 */
import { readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import type { Measure } from "../bench.ts"
import { bundle } from "../bundle.ts"
import { summarise } from "../summary.ts"
import type { Row } from "../table.ts"

/** Files by feature. One that has no files (yet) has no row. */
const features: Readonly<Record<string, RegExp>> = {
  cache: /lib\/(cache\/|steps\/(cached-step|keeper|.*misses))/i,
  limits: /lib\/limit\//,
  circuits: /lib\/relay\/circuit/i,
  usage: /lib\/meter\/usage/,
  prices: /lib\/meter\/(?!usage)/,
  "universal endpoint": /lib\/(steps\/call-in-turn|request\/universal)/,
  "dynamic routes": /lib\/(config\/(dynamic-routes|route-)|steps\/follow-route|route\/dynamic-route)/,
  WebSocket: /lib\/runtime\/websocket/,
  log: /lib\/.*request-?log/i,
  metrics: /lib\/.*metric/i,
  OTLP: /lib\/.*otlp/i,
  dashboard: /lib\/.*dashboard/i,
}

const row = (name: string, code: string, whole?: string): Row => {
  const raw = (text = "") => text.length / 1000
  const packed = (text = "") => text === "" ? 0 : gzipSync(text, { level: 9 }).length / 1000
  const of = (size: (text?: string) => number) =>
    summarise([whole === undefined ? size(code) : size(whole) - size(code)])
  return { name, cells: { "kB": of(raw), "kB gzip": of(packed) } }
}

export const size: Measure = {
  name: "size",
  run: async ({ short }) => {
    const rows = [row("dist/worker.js", readFileSync("dist/worker.js", "utf8"))]
    const whole = short ? undefined : await bundle()
    for (const [feature, files] of whole === undefined ? [] : Object.entries(features)) {
      if (!whole?.inputs.some((name) => files.test(name))) continue
      rows.push(row(`added by: ${feature}`, (await bundle(files)).code, whole.code))
    }
    return {
      measure: "size",
      title: "Size of the Worker; what a feature adds is what goes when its files are emptied",
      rows,
      doesNotShow:
        "sums: what two features share goes with neither. Calls of a feature, in other files, stay.",
    }
  },
}
