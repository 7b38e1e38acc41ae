/**
 * `npm run bench`: what the gateway costs, beside the least that a proxy costs on the same runtime.
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import process from "node:process"
import { type Arguments, readArguments, usage } from "./arguments.ts"
import type { Bench, Measure } from "./bench.ts"
import { buildBases, buildCheckout } from "./build.ts"
import { startClient } from "./client/start-client.ts"
import { changes, changesText } from "./compare.ts"
import { disturbance, machine } from "./machine.ts"
import { groupsOf } from "./groups.ts"
import { goalsText, measuresWithGoals } from "./goals.ts"
import { allocation } from "./measures/allocation.ts"
import { chunk } from "./measures/chunk.ts"
import { coldFirstToken, coldLatency } from "./measures/cold-calls.ts"
import { coldStart } from "./measures/cold-start.ts"
import { eventsPerSecond } from "./measures/events.ts"
import { firstToken } from "./measures/first-token.ts"
import { latency } from "./measures/latency.ts"
import { longMemory, openStreams } from "./measures/memory.ts"
import { request } from "./measures/request.ts"
import { size } from "./measures/size.ts"
import { observed, throughput } from "./measures/throughput.ts"
import { findPeers } from "./peers.ts"
import { startUpstream } from "./start-upstream.ts"
import { type Table, tableText } from "./table.ts"

const all: ReadonlyArray<Measure> = [
  throughput,
  latency,
  firstToken,
  coldLatency,
  coldFirstToken,
  eventsPerSecond,
  chunk,
  openStreams,
  allocation,
  observed,
  size,
  request,
  longMemory,
  coldStart,
]

/** What a file of results holds. */
interface Results extends ReturnType<typeof machine> {
  readonly tables: ReadonlyArray<Table>
}

const measured = async (bench: Bench, measures: ReadonlyArray<Measure>): Promise<ReadonlyArray<Table>> => {
  const tables: Array<Table> = []
  for (const { run } of measures) {
    const began = performance.now()
    const table = await run(bench)
    if (table.rows.length === 0) continue
    console.log(tableText(table))
    console.log(`(${table.measure} took ${Math.round((performance.now() - began) / 1000)} s)`)
    tables.push(table)
  }
  return tables
}

const run = async (given: Arguments): Promise<void> => {
  const unknown = given.only.find((name) => !all.some((measure) => measure.name === name))
  if (unknown !== undefined) {
    throw new Error(`--only takes ${all.map(({ name }) => name).join(", ")}, not ${unknown}`)
  }
  const { peers, absent } = findPeers(given.peers, given.portkey)
  const busy = given.busy ? undefined : await disturbance()
  if (busy !== undefined) throw new Error(`Not measured: ${busy}. --busy measures all the same.`)

  const earlier = given.compare === undefined
    ? undefined
    : JSON.parse(readFileSync(given.compare, "utf8")) as Results
  buildCheckout(".")
  if (given.against !== undefined) buildCheckout(given.against)
  await buildBases(given.against)

  const about = machine()
  console.log(JSON.stringify(about, undefined, 2))
  console.log("Gateways run with their defaults; what they log, a line a request, goes to /dev/null.")
  if (absent.length > 0) console.log(`Not installed, and not measured: ${absent.join(", ")}.`)
  const upstream = await startUpstream()
  const client = startClient()
  const tables = await measured(
    {
      upstream,
      client,
      peers,
      short: given.short,
      against: given.against,
      ...groupsOf(given.runtimes, given.against),
    },
    all.filter(({ name }) =>
      given.only.length > 0 ? given.only.includes(name) : !given.goals || measuresWithGoals.has(name)
    ),
  )
  await client.stop()
  await upstream.stop()

  const goals = goalsText(tables)
  if (goals !== undefined) console.log(goals)
  if (earlier !== undefined) {
    console.log(changesText(changes(earlier.tables, tables)))
    console.log(`Before: ${earlier.commit}, ${earlier.date}, ${earlier.command}`)
  }
  mkdirSync(dirname(given.json), { recursive: true })
  const results: Results = { ...about, tables }
  writeFileSync(given.json, JSON.stringify(results, undefined, 2))
  console.log(`Results: ${given.json}`)
}

try {
  await run(readArguments(process.argv.slice(2), process.env))
} catch (cause) {
  console.error(cause instanceof Error ? cause.message : cause)
  if (cause instanceof TypeError) console.error(usage)
  process.exit(1)
}
