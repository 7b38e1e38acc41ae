/**
 * `npm run bench:workers`: what several processes on one port are worth, and whether they lose anything.
 *
 * 1. Calls a second by one process and by two, on Bun.
 * 2. A soak: 8 processes, upstream faults, and processes that are drained and replaced in the middle of it. Every call that
 *    was answered has one entry in the log, what was spent is the sum of what the entries cost, and memory stays.
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

const body = JSON.stringify({ model: "openai/gpt-oss-120b", messages: [{ role: "user", content: "hi" }] })
const agent = new Agent({ keepAlive: true, maxSockets: 64 })

interface Answered {
  readonly status: number
}

/** Rejects where the answer does not end. */
const call = (url: string, headers: Record<string, string>, by: Agent): Promise<Answered> =>
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
    })
    asked.on("error", reject)
    asked.end(body)
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

/** Calls a second, by connections that never rest. */
const rateOf = async (workers: number, seconds: number): Promise<number> => {
  const simulator = await startSimulator()
  const gateway = await spawnGateway("bun", {
    ...simulator.env,
    BASEGATE_WORKERS: `${workers}`,
    LOG_LEVEL: "error",
  })
  try {
    let made = 0
    let ends = performance.now() + 2_000
    const loop = async (): Promise<void> => {
      while (performance.now() < ends) {
        await call(gateway.url, {}, agent)
        made++
      }
    }
    await Promise.all(Array.from({ length: 32 }, loop))
    made = 0
    const began = performance.now()
    ends = began + 1000 * seconds
    await Promise.all(Array.from({ length: 32 }, loop))
    return made / (performance.now() - began) * 1000
  } finally {
    await gateway.stop(15_000)
    await simulator.close()
  }
}

const faults = [{}, {}, {}, { delay_ms: 40 }, { status: 500 }, { status: 429 }, { delay_ms: 5 }]

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
  const memory: Array<number> = []
  const ends = performance.now() + 1000 * seconds
  let next = 0
  const loop = async (): Promise<void> => {
    const own = new Agent({ keepAlive: true, maxSockets: 1 })
    while (performance.now() < ends) {
      const id = `soak-${next++}`
      const headers = {
        "cf-aig-event-id": id,
        "cf-aig-custom-cost": JSON.stringify({ total_cost: 0.000_001 }),
        "x-simulator-fault": JSON.stringify(faults[next % faults.length]),
      }
      try {
        await call(gateway.url, headers, own)
        answered.add(id)
      } catch {
        cut++
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    own.destroy()
  }
  const disturb = async (): Promise<void> => {
    let turn = 0
    while (performance.now() < ends - 3_000) {
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds / 6))
      const children = childrenOf(gateway.pid)
      memory.push(children.reduce((sum, pid) => sum + residentOf(pid), 0) / children.length)
      const victim = children[turn++ % children.length]
      if (victim !== undefined && performance.now() < ends - 3_000) process.kill(victim, "SIGTERM")
    }
  }
  await Promise.all([disturb(), ...Array.from({ length: 24 }, loop)])
  await gateway.stop(30_000)
  await simulator.close()
  const database = findSqlite()?.(file)
  if (database === undefined) throw new Error("no SQLite")
  const rows = database.prepare("SELECT record FROM detail").all().map(({ record }) =>
    JSON.parse(String(record)) as { event_id?: string; cost?: number | null }
  )
  const entries = new Map<string, number>()
  for (const { event_id: id = "" } of rows) entries.set(id, (entries.get(id) ?? 0) + 1)
  const missing = [...answered].filter((id) => !entries.has(id)).length
  const twice = [...entries.values()].filter((count) => count > 1).length
  const spent = Number(database.prepare("SELECT sum(nanos) AS sum FROM spend").get()?.["sum"]) / 1e9
  const cost = rows.reduce((sum, row) => sum + (row.cost ?? 0), 0)
  database.close()
  rmSync(folder, { recursive: true, force: true })
  console.log(
    `2. ${seconds} s: ${answered.size} calls answered, ${cut} cut by the drain; without an entry ${missing}, with two ${twice}; ` +
      `spent $${spent.toFixed(6)}, entries say $${cost.toFixed(6)}; MB a process by turns: ${
        memory.map(Math.round).join(", ")
      }`,
  )
}

const seconds = Number(process.argv[2] ?? 60)
console.log(`${availableParallelism()} cores, load ${loadavg().map((load) => load.toFixed(1)).join(" ")}`)
for (const workers of [1, 2, 1, 2]) {
  console.log(`1. ${workers}: ${Math.round(await rateOf(workers, Math.min(seconds, 10)))} calls a second`)
}
await soak(seconds)
process.exit()
