/**
 * `npm run bench:workers -- [seconds] [soak]`: what several processes on one port are worth, and whether they lose anything.
 *
 * 1. Calls a second by one process and by two, on Bun, and what a call takes of the processor: where the client and the
 *    upstream take a share of the same cores, that says how the rest grows. Left out if only the soak is asked for.
 * 2. A soak: 8 processes, streams and whole answers, upstream faults, clients that leave, and four processes that are drained
 *    and replaced in turns. Every call that was answered has one entry in the log, none has two, what was spent is the sum of
 *    what the entries cost, and the memory of the four that are left alone stays.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { Agent, request } from "node:http"
import { availableParallelism, loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { findSqlite } from "../../lib/runtime/sqlite.ts"
import { startSimulator } from "../simulator/server.ts"
import { spawnGateway } from "../support/spawn-gateway.ts"
import { startClient } from "./client/start-client.ts"
import { cpuMeter } from "./process-use.ts"
import { completion, direct } from "./requests.ts"
import { startUpstream } from "./start-upstream.ts"

const body = JSON.stringify({ model: "openai/gpt-oss-120b", messages: [{ role: "user", content: "hi" }] })
const streamed = JSON.stringify({ ...JSON.parse(body) as object, stream: true })

interface Answered {
  readonly status: number
}

/** Rejects where the answer does not end, or its client leaves it. */
const call = (
  url: string,
  headers: Record<string, string>,
  by: Agent,
  sent = body,
  leaves = false,
): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const asked = request(`${url}/v1/a/soak/baseten/v1/chat/completions`, {
      method: "POST",
      agent: by,
      headers: { authorization: "Bearer sk-own", "content-type": "application/json", ...headers },
    }, (response) => {
      response.on(
        "end",
        () => response.complete ? resolve({ status: response.statusCode ?? 0 }) : reject(new Error("cut")),
      )
      response.on("error", reject).resume()
      if (leaves) response.destroy(new Error("left"))
    })
    asked.on("error", reject)
    asked.end(sent)
  })

const childrenOf = (pid: number): ReadonlyArray<number> =>
  execFileSync("ps", ["--ppid", `${pid}`, "-o", "pid="], { encoding: "utf8" }).split("\n").map(Number).filter(
    Boolean,
  )
const residentOf = (pid: number): number => {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** Calls a second by 64 connections that never rest, and what a call takes of the processor, in microseconds. */
const throughputOf = async (
  workers: number,
  seconds: number,
): Promise<{ readonly perSecond: number; readonly cpu: number }> => {
  const upstream = await startUpstream()
  const client = startClient()
  const gateway = await spawnGateway("bun", {
    BASETEN_INFERENCE_URL: upstream.url,
    BASEGATE_WORKERS: `${workers}`,
    LOG_LEVEL: "error",
  })
  try {
    const load = (milliseconds: number) =>
      client.run({
        kind: "load",
        target: completion(direct(`${gateway.url}/v1/a/soak/baseten`)),
        connections: 64,
        milliseconds,
      })
    await load(10_000)
    const spent = cpuMeter(gateway.pid)
    const { requests, seconds: took } = await load(1000 * seconds)
    return { perSecond: requests / took, cpu: spent() / requests }
  } finally {
    await gateway.stop(15_000)
    await client.stop()
    await upstream.stop()
  }
}

const faults = [
  {},
  {},
  { split_bytes: 7 },
  { delay_ms: 40 },
  { status: 500 },
  { status: 429 },
  { cut_after: 3 },
  { drip_ms: 5 },
  { reset: true, cut_after: 2 },
]

/** How many processes are left alone, so that their memory tells something. */
const leftAlone = 4

/** How often one of the others is drained, at the most, in milliseconds. */
const oftenest = 15_000

const soak = async (seconds: number): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "basegate-soak-"))
  const file = join(folder, "gateway.db")
  const simulator = await startSimulator()
  const rule = {
    id: "all",
    limit: 1_000_000,
    limitType: "cost",
    window: "month",
    technique: "fixed",
    enabled: true,
  }
  const gateway = await spawnGateway("bun", {
    ...simulator.env,
    BASEGATE_WORKERS: "8",
    BASEGATE_DB: file,
    BASEGATE_CONFIG: JSON.stringify({
      gateways: { "*": { spend_limits: { enabled: true, reserve: true, rules: [rule] } } },
    }),
    LOG_LEVEL: "error",
  })
  const answered = new Set<string>()
  let cut = 0
  let drained = 0
  const memory: Array<number> = []
  const began = performance.now()
  const ends = began + 1000 * seconds
  // A long soak makes fewer calls a second: all of their entries are looked at in the end.
  const pause = seconds > 120 ? 100 : 20
  let next = 0
  const loop = async (): Promise<void> => {
    let own = new Agent({ keepAlive: true, maxSockets: 1 })
    while (performance.now() < ends) {
      const number = next++
      const id = `soak-${number}`
      const headers = {
        "cf-aig-event-id": id,
        "cf-aig-custom-cost": JSON.stringify({ total_cost: 0.000_001 }),
        "x-simulator-fault": JSON.stringify(faults[number % faults.length]),
      }
      try {
        await call(gateway.url, headers, own, number % 2 === 0 ? streamed : body, number % 50 === 49)
        answered.add(id)
      } catch {
        cut++
      }
      // A connection stays with one process: new ones spread over all of them.
      if (number % 20 === 19) {
        own.destroy()
        own = new Agent({ keepAlive: true, maxSockets: 1 })
      }
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
    own.destroy()
  }
  const disturb = async (): Promise<void> => {
    const every = Math.min(1000 * seconds / 6, oftenest)
    const alone = childrenOf(gateway.pid).slice(0, leftAlone)
    while (performance.now() < ends - 3_000) {
      await new Promise((resolve) => setTimeout(resolve, every))
      memory.push(alone.reduce((sum, pid) => sum + residentOf(pid), 0) / alone.length)
      const others = childrenOf(gateway.pid).filter((pid) => !alone.includes(pid))
      const victim = others[drained % others.length]
      if (victim === undefined || performance.now() > ends - 3_000) continue
      drained++
      process.kill(victim, "SIGTERM")
    }
  }
  await Promise.all([disturb(), ...Array.from({ length: 24 }, loop)])
  await gateway.stop(30_000)
  await simulator.close()
  const database = findSqlite()?.(file)
  if (database === undefined) throw new Error("no SQLite")
  const rows = database.prepare(
    "SELECT json_extract(record, '$.event_id') AS id, json_extract(record, '$.cost') AS cost FROM detail",
  ).all()
  const entries = new Map<string, number>()
  for (const { id } of rows) entries.set(String(id), (entries.get(String(id)) ?? 0) + 1)
  const missing = [...answered].filter((id) => !entries.has(id)).length
  const twice = [...entries.values()].filter((count) => count > 1).length
  const spent = Number(database.prepare("SELECT sum(nanos) AS sum FROM spend").get()?.["sum"]) / 1e9
  const cost = rows.reduce((sum, row) => sum + Number(row["cost"] ?? 0), 0)
  database.close()
  rmSync(folder, { recursive: true, force: true })
  console.log(
    `2. ${seconds} s: ${answered.size} calls answered, ${cut} cut or left, ${drained} processes drained; ` +
      `without an entry ${missing}, with two ${twice}; ` +
      `spent $${spent.toFixed(6)}, entries say $${cost.toFixed(6)}; ` +
      `MB a process that was left alone, by turns: ${memory.map(Math.round).join(", ")}`,
  )
}

const seconds = Number(process.argv[2] ?? 60)
console.log(`${availableParallelism()} cores, load ${loadavg().map((load) => load.toFixed(1)).join(" ")}`)
for (const workers of process.argv[3] === "soak" ? [] : [1, 2, 1, 2]) {
  const { perSecond, cpu } = await throughputOf(workers, Math.min(seconds, 10))
  const cores = perSecond * cpu / 1e6
  console.log(
    `1. ${workers}: ${perSecond.toFixed()} calls a second, ${cpu.toFixed()} µs of processor each (${
      cores.toFixed(2)
    } cores)`,
  )
}
await soak(seconds)
process.exit()
