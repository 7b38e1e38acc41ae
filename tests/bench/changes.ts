/**
 * `npm run bench:changes -- [changes] [bun|deno|node]`: how soon a written setting is in force on 8 instances, each a process
 * of its own, that share a SQLite file or a Postgres. Two settings are written together: no call may see one without the other.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { Agent, request } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { startSimulator } from "../simulator/server.ts"
import { startPostgres } from "../support/postgres-server.ts"
import { type Runtime, runtimes, type SpawnedGateway, spawnGateway } from "../support/spawn-gateway.ts"

const instances = 8
/** How often an instance is called, in milliseconds. */
const every = 50
const admin = "admin-token-of-the-bench"
const agent = new Agent({ keepAlive: true })

const ask = (
  url: string,
  method: string,
  headers: Record<string, string>,
  body?: string,
): Promise<{ readonly status: number; readonly policy: string }> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { method, agent, headers }, (response) => {
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          policy: String(response.headers["ratelimit-policy"] ?? ""),
        }))
      response.on("error", reject).resume()
    })
    asked.on("error", reject)
    asked.end(body)
  })

/** What a call of an instance sees: the number of the change by its limit, and by its interval. */
const seenBy = async ({ url }: SpawnedGateway): Promise<readonly [limit: number, interval: number]> => {
  const { policy } = await ask(`${url}/v1/a/changing/baseten/v1/models`, "GET", {
    authorization: "Bearer sk-own",
  })
  const [, limit = "", interval = ""] = /q=(\d+);w=(\d+)/.exec(policy) ?? []
  return [Number(limit) - 1_000_000, Number(interval) - 1_000]
}

const write = async (
  { url }: SpawnedGateway,
  method: string,
  path: string,
  number: number,
): Promise<void> => {
  const { status } = await ask(
    `${url}/client/v4/accounts/a/ai-gateway/gateways${path}`,
    method,
    { authorization: `Bearer ${admin}`, "content-type": "application/json" },
    JSON.stringify({
      ...method === "POST" && { id: "changing" },
      rate_limiting_limit: 1_000_000 + number,
      rate_limiting_interval: 1_000 + number,
    }),
  )
  if (status !== 200) throw new Error(`a change is answered ${status}`)
}

const measure = async (what: string, runtime: Runtime, database: string, changes: number): Promise<void> => {
  const simulator = await startSimulator()
  const all: Array<SpawnedGateway> = []
  try {
    for (let at = 0; at < instances; at++) {
      all.push(
        await spawnGateway(runtime, {
          ...simulator.env,
          BASEGATE_DB: database,
          BASEGATE_ADMIN_TOKEN: admin,
          LOG_LEVEL: "error",
        }),
      )
    }
    const [writer] = all
    if (writer === undefined) return
    await write(writer, "POST", "", 0)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    const took: Array<number> = []
    let mixed = 0
    let asked = 0
    for (let number = 1; number <= changes; number++) {
      await write(all[number % instances] ?? writer, "PATCH", "/changing", number)
      const written = performance.now()
      const follow = async (instance: SpawnedGateway): Promise<number> => {
        for (;;) {
          const began = performance.now()
          const [limit, interval] = await seenBy(instance)
          asked++
          if (limit !== interval) mixed++
          if (limit === number) return began - written
          await new Promise((resolve) => setTimeout(resolve, every))
        }
      }
      took.push(Math.max(...await Promise.all(all.map(follow))))
    }
    took.sort((one, other) => one - other)
    const quantile = (part: number) => (took[Math.floor(part * (took.length - 1))] ?? 0).toFixed()
    console.log(
      `${what}, ${runtime}: ${changes} changes in force on all ${instances} after ${
        quantile(0.5)
      } ms (p50), ` +
        `${quantile(0.95)} (p95), ${quantile(1)} (last); ${
          took.filter((each) => each > 2_000).length
        } over 2 s; ` +
        `of ${asked} calls ${mixed} saw a mix`,
    )
  } finally {
    await Promise.all(all.map((each) => each.stop()))
    await simulator.close()
  }
}

const changes = Number(process.argv[2] ?? 100)
const runtime = runtimes.find((each) => each === process.argv[3]) ?? "bun"
const folder = mkdtempSync(join(tmpdir(), "basegate-bench-"))
await measure("SQLite", runtime, join(folder, "gateway.db"), changes)
const postgres = await startPostgres()
await measure("Postgres", runtime, await postgres.newDatabase(), changes)
await postgres.close()
rmSync(folder, { recursive: true, force: true })
process.exit()
