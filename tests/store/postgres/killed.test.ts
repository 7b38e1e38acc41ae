/** Gateways on one Postgres, and what is left when one of them, or the Postgres, is killed. */
import assert from "node:assert/strict"
import { execFile, spawn } from "node:child_process"
import { after, before, describe, test } from "node:test"
import { promisify } from "node:util"
import { budget, costing } from "../../contract/budgets.ts"
import { chat, json } from "../../contract/harness.ts"
import { type Simulator, startSimulator } from "../../simulator/server.ts"
import { type PostgresServer, startPostgres, withoutPostgres } from "../../support/postgres-server.ts"
import {
  freePort,
  inherited,
  type Runtime,
  type SpawnedGateway,
  spawnGateway,
  untilItAnswers,
} from "../../support/spawn-gateway.ts"

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; !await holds(); tries++) {
    assert.ok(tries < 600, what)
    await pause(50)
  }
}

const admin = { authorization: "Bearer admin" }

/** Makes a call; 0 if it has no answer. */
const call = async ({ url }: SpawnedGateway, gateway: string, headers: object = {}): Promise<number> => {
  try {
    const response = await fetch(`${url}/v1/account/${gateway}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, ...headers },
      body: chat(),
    })
    await response.text()
    return response.status
  } catch {
    return 0
  }
}

const logged = async ({ url }: SpawnedGateway, gateway: string): Promise<number> => {
  const api = `${url}/client/v4/accounts/account/ai-gateway/gateways/${gateway}/logs?per_page=1`
  const answer = await (await fetch(api, { headers: admin })).json() as {
    result_info: { total_count: number }
  }
  return answer.result_info.total_count
}

describe("gateways on one Postgres", { skip: withoutPostgres }, () => {
  let postgres: PostgresServer
  let simulator: Simulator
  let env: Record<string, string> = {}
  const running: Array<SpawnedGateway> = []
  before(async () => {
    postgres = await startPostgres()
    simulator = await startSimulator()
    const url = new URL(await postgres.newDatabase())
    // A machine that is busy with other tests answers late.
    url.searchParams.set("timeout", "5000")
    const month = { window: "month", time_zone: "UTC" }
    env = {
      ...simulator.env,
      BASEGATE_DB: url.href,
      BASEGATE_ADMIN_TOKEN: "admin",
      BASEGATE_CONFIG: JSON.stringify({
        gateways: {
          "account/spent": budget(month),
          "account/rated": {
            rate_limiting_limit: 20,
            rate_limiting_interval: 86_400,
            rate_limiting_technique: "fixed",
          },
          "*": {},
        },
      }),
      LOG_LEVEL: "error",
    }
  })
  after(async () => {
    for (const gateway of running) await gateway.kill()
    await simulator?.close()
    await postgres?.close()
  })
  const start = async (runtime: Runtime): Promise<SpawnedGateway> => {
    const gateway = await spawnGateway(runtime, env)
    running.push(gateway)
    return gateway
  }

  test("two of them share a budget to the cent, which survives the death of both and of the Postgres", async () => {
    const [one, other] = [await start("bun"), await start("deno")]
    const statuses: Array<number> = []
    for (let calls = 0; calls < 3; calls++) {
      for (const gateway of [one, other]) statuses.push(await call(gateway, "spent", costing(0.15)))
    }
    assert.deepEqual(statuses, [200, 200, 200, 200, 200, 200])
    await until("what was spent is counted", async () => {
      const response = await fetch(`${one.url}/client/v4/accounts/account/ai-gateway/gateways/spent/limits`, {
        headers: admin,
      })
      return (await response.text()).includes('"spent":0.9')
    })
    await one.kill()
    await postgres.kill()
    await postgres.start()
    const again = await start("node")
    assert.deepEqual([await call(again, "spent", costing(0.15)), await call(again, "spent", costing(0.15))], [
      200,
      429,
    ])
    // It finds its way back by itself.
    await until("the other has the database again", async () => await call(other, "spent") === 429)
  })

  test("a Postgres that is killed and comes back fails no call, and has every entry once", async () => {
    const gateway = running.find(({ output }) => output().includes("deno")) ?? await start("bun")
    const statuses: Array<number> = []
    let isOver = false
    const callers = Array.from({ length: 4 }, async () => {
      while (!isOver) statuses.push(await call(gateway, "killed"))
    })
    const after = async (more: number) => {
      const most = statuses.length + more
      await until("calls go on", () => Promise.resolve(statuses.length >= most))
    }
    await after(60)
    await postgres.kill()
    await after(60)
    await postgres.start()
    await after(60)
    isOver = true
    await Promise.all(callers)
    assert.deepEqual([...new Set(statuses)], [200])
    await until("all entries are there", async () => await logged(gateway, "killed") >= statuses.length)
    assert.equal(await logged(gateway, "killed"), statuses.length)
  })

  test("processes that share a port count together, and the commands read what they wrote", async () => {
    const port = await freePort()
    const url = env["BASEGATE_DB"] ?? ""
    const { BASEGATE_DB: _, ...others } = env
    const child = spawn(
      "node_modules/.bin/bun",
      ["lib/commands/cli.ts", "start", "--port", `${port}`, "--workers", "2", "--db", url],
      { env: { ...inherited, ...others, LOG_LEVEL: "info" }, stdio: ["ignore", "pipe", "pipe"] },
    )
    const workers = await untilItAnswers("two workers", child, port)
    try {
      const statuses = await Promise.all(Array.from({ length: 60 }, () => call(workers, "rated")))
      assert.equal(statuses.filter((status) => status === 200).length, 20)
      assert.equal(statuses.filter((status) => status === 429).length, 40)
      assert.match(workers.output() + workers.errors(), /limits +postgres:.*rates exact in all that share/)
      await until("they are in the log", async () => await logged(workers, "rated") === 60)
      const basegate = async (...args: ReadonlyArray<string>) =>
        (await promisify(execFile)("node_modules/.bin/bun", ["lib/commands/cli.ts", ...args], {
          env: { ...inherited, BASEGATE_DB: url },
        })).stdout
      const usage = JSON.parse(await basegate("usage", "--db", url, "--by", "gateway", "--json")) as {
        readonly rows: ReadonlyArray<{ readonly group: object; readonly requests: number }>
      }
      const rated = usage.rows.find(({ group }) => JSON.stringify(group).includes("account/rated"))
      assert.equal(rated?.requests, 60)
      const lines = (await basegate("logs", "--gateway", "account/rated", "--last", "5", "--json")).trim()
        .split("\n")
      assert.equal(lines.length, 5)
    } finally {
      await workers.stop(10_000)
    }
  })
})
