/**
 * `npm run bench:console -- million.db`: how long each page of the console takes over a log of a million entries (which
 * `bun tests/bench/log.ts 1000000 million.db` makes), and what an open console costs callers.
 *
 * With `calls` behind the file only callers are measured.
 *
 * A page is what it asks for, at once, as its script does. Callers are measured in turns without a console, and with one that is
 * open on the overview of thirty days: it asks once in four seconds, or again as soon as it has its answer. The page itself
 * waits a minute.
 *
 * @module
 */
import process from "node:process"
import { startSimulator } from "../simulator/server.ts"
import { spawnGateway } from "../support/spawn-gateway.ts"
import { cpuMeter } from "./process-use.ts"

const [file, part = "all"] = process.argv.slice(2)
if (file === undefined) throw new Error("name the file of the log: npm run bench:console -- million.db")

const token = "adm-bench-0a1b2c"
const simulator = await startSimulator()
const gateway = await spawnGateway("bun", {
  ...simulator.env,
  BASEGATE_DB: file,
  BASEGATE_ADMIN_TOKEN: token,
  BASEGATE_CONFIG: JSON.stringify({ gateways: { "acme/team": {}, "acme/calls": {} } }),
})

const base = "/client/v4/accounts/acme/ai-gateway"
const ask = async (path: string): Promise<void> => {
  const response = await fetch(gateway.url + path, { headers: { authorization: `Bearer ${token}` } })
  if (!response.ok) throw new Error(`${response.status} ${path}: ${await response.text()}`)
  await response.arrayBuffer()
}

const iso = (ago: number): string => new Date(Date.now() - ago).toISOString()
const day = 86_400_000
/** Key, operator and value. */
type Condition = readonly [key: string, operator: string, value: string]

const filtersOf = (...conditions: ReadonlyArray<Condition>): string =>
  encodeURIComponent(
    JSON.stringify(conditions.map(([key, operator, value]) => ({ key, operator, value: [value] }))),
  )

const overview = (since: string, by = "model"): ReadonlyArray<string> => {
  const more = by === "model" ? "" : `,${by}`
  const breakdown = `model,token,gateway,deployment,status${more},model*cached`
  return [`${base}/analytics?since=${since}&compare=previous&breakdown=${breakdown}&series=${by},ending`]
}
const log = (ago: number, ...filters: ReadonlyArray<Condition>): ReadonlyArray<string> => [
  `${base}/gateways/team/logs?per_page=50&filters=${filtersOf(...filters, ["created_at", "gt", iso(ago)])}`,
]
const failures = (since: string): ReadonlyArray<string> => [
  `${base}/gateways/team/analytics?since=${since}&bucket=all&by=status,model,reason&filters=${
    filtersOf(["success", "eq", "false"])
  }`,
  `${base}/gateways/team/analytics?since=${since}&bucket=all&by=rescued,rescued_from,model&filters=${
    filtersOf(["rescued", "neq", ""])
  }`,
]
const spend = (by: string): ReadonlyArray<string> => [
  `${base}/analytics?since=${iso(30 * day)}&bucket=all&by=${by}&time_zone=Europe/Berlin`,
  `${base}/analytics?since=${iso(360 * day)}&bucket=1mo&by=${by}&time_zone=Europe/Berlin`,
  `${base}/limits?per_page=50`,
]

/** Each page, and how long it may take, in milliseconds. */
const pages: ReadonlyArray<readonly [name: string, most: number, paths: ReadonlyArray<string>]> = [
  ["overview of a day", 1000, overview("-24h")],
  ["overview of thirty days", 3000, overview("-30d")],
  ["overview of thirty days, by team", 3000, overview("-30d", "metadata.team")],
  ["log of a day", 1000, log(day)],
  ["log of thirty days, failed", 1000, log(30 * day, ["success", "eq", "false"])],
  ["log of thirty days, one user", 1000, log(30 * day, ["metadata.value", "eq", "user-77"])],
  ["log, searched", 1000, [`${base}/gateways/team/logs?per_page=50&search=user-777`]],
  ["errors and rescues of a day", 1000, failures("-24h")],
  ["errors and rescues of thirty days", 3000, failures("-30d")],
  ["spend of a month, by model", 3000, spend("model")],
  ["spend of a month, by team", 3000, spend("metadata.team")],
  ["health", 1000, [`${base}/status`]],
]

/** How often each is asked, once it was asked for the first time. */
const turns = 4

const timed = async (paths: ReadonlyArray<string>): Promise<number> => {
  const start = performance.now()
  await Promise.all(paths.map(ask))
  return performance.now() - start
}

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN
const ms = (value: number): string => value.toFixed(0).padStart(7)

// On a busy machine time says little; what the gateway's threads took of a processor does.
console.log("  first  median   worst     cpu    goal (ms)  page")
for (const [name, most, paths] of part === "calls" ? [] : pages) {
  const first = await timed(paths)
  const used = cpuMeter(gateway.pid)
  const times: Array<number> = []
  for (let time = 0; time < turns; time++) times.push(await timed(paths))
  const cpu = used() / turns / 1000
  console.log(`${ms(first)} ${ms(median(times))} ${ms(Math.max(...times))} ${ms(cpu)} ${ms(most)}  ${name}`)
}

const body = JSON.stringify({ model: "openai/gpt-oss-120b", messages: [{ role: "user", content: "Hello" }] })
const call = async (): Promise<number> => {
  const start = performance.now()
  const response = await fetch(`${gateway.url}/v1/acme/calls/baseten/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: "Bearer sk-own", "content-type": "application/json" },
    body,
  })
  await response.arrayBuffer()
  return performance.now() - start
}

const share = (times: ReadonlyArray<number>, part: number): number =>
  [...times].sort((one, other) => one - other)[Math.floor(times.length * part)] ?? NaN

/** Calls for some seconds, one every few milliseconds. */
const callsFor = async (seconds: number): Promise<ReadonlyArray<number>> => {
  const times: Array<Promise<number>> = []
  for (const end = performance.now() + 1000 * seconds; performance.now() < end;) {
    times.push(call())
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return Promise.all(times)
}

/** A console that is open on a page. */
const openConsole = (paths: ReadonlyArray<string>): () => Promise<void> => {
  let isOpen = true
  const asking = (async () => {
    while (isOpen) await timed(paths)
  })()
  return async () => {
    isOpen = false
    await asking
  }
}

await callsFor(2)
const kinds = [
  "without a console",
  "with one that asks once in four seconds",
  "with one that never rests",
] as const
const times = kinds.map((): Array<number> => [])
for (let turn = 0; turn < 5; turn++) {
  times[0]?.push(...await callsFor(4))
  const [calls] = await Promise.all([callsFor(4), timed(overview("-30d"))])
  times[1]?.push(...calls)
  const close = openConsole(overview("-30d"))
  times[2]?.push(...await callsFor(4))
  await close()
}
console.log("\n    p50     p99 (ms)  calls")
for (const [index, name] of kinds.entries()) {
  const of = times[index] ?? []
  console.log(
    `${share(of, 0.5).toFixed(2).padStart(7)} ${share(of, 0.99).toFixed(2).padStart(7)}        ${name}`,
  )
}
await gateway.stop()
await simulator.close()
