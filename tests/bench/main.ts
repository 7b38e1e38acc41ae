/**
 * `npm run bench`: what the gateway costs, beside the least that a proxy costs on the same runtime.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import process from "node:process"
import { readArguments, usage } from "./arguments.ts"
import type { Bench, Measure } from "./bench.ts"
import { buildCheckout, buildFloors } from "./build.ts"
import { startClient } from "./client/start-client.ts"
import { disturbance, machine } from "./machine.ts"
import { latency } from "./measures/latency.ts"
import { throughput } from "./measures/throughput.ts"
import { startUpstream } from "./start-upstream.ts"
import { floorOf, gatewayOf } from "./subjects.ts"
import { type Table, tableText } from "./table.ts"

const measures: ReadonlyArray<Measure> = [throughput, latency]

const given = (() => {
  try {
    return readArguments(process.argv.slice(2), process.env)
  } catch (cause) {
    console.error(`${cause instanceof Error ? cause.message : cause}\n${usage}`)
    return process.exit(1)
  }
})()
const chosen = measures.filter(({ name }) => given.only.length === 0 || given.only.includes(name))
if (chosen.length === 0) {
  console.error(`--only takes ${measures.map(({ name }) => name).join(", ")}`)
  process.exit(1)
}

const busy = given.busy ? undefined : await disturbance()
if (busy !== undefined) {
  console.error(`Not measured: ${busy}. --busy measures all the same.`)
  process.exit(1)
}

const { against } = given
await buildCheckout(".")
if (against !== undefined) await buildCheckout(against)
await buildFloors()

const upstream = await startUpstream()
const client = startClient()
const bench: Bench = {
  upstream,
  client,
  short: given.short,
  pairs: given.runtimes.map((runtime) => ({
    runtime,
    base: against === undefined ? floorOf(runtime) : gatewayOf(runtime, "other", against),
    gateway: gatewayOf(runtime),
  })),
  peers: [],
}

const about = machine()
console.log(JSON.stringify(about, undefined, 2))
const tables: Array<Table> = []
for (const { run } of chosen) {
  const table = await run(bench)
  tables.push(table)
  console.log(tableText(table))
}
await client.stop()
await upstream.stop()

mkdirSync(dirname(given.json), { recursive: true })
writeFileSync(given.json, JSON.stringify({ ...about, tables }, undefined, 2))
console.log(`Results: ${given.json}`)
