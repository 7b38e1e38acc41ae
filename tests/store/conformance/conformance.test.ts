/** What every store has to do, on each runtime: in memory, in a file, in a real Redis by TCP and over HTTP, in a real Postgres. */
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import process from "node:process"
import { after, before, describe, test } from "node:test"
import { promisify } from "node:util"
import { makeTcpLink } from "../../../lib/runtime/redis-connection.ts"
import { nodeCommand } from "../../support/compiled.ts"
import { anyPostgres, withoutPostgres } from "../../support/postgres-server.ts"
import { type RedisServer, startRedis, withoutRedis } from "../../support/redis-server.ts"
import { type RestSimulator, startRestSimulator } from "../../support/rest-simulator.ts"
import { nodeHasSqlite } from "../../support/sqlite-cases.ts"
import { casesOf } from "./cases.ts"
import { layers } from "./layers.ts"

const main = "tests/store/conformance/main.ts"
const commands: Readonly<Record<string, ReadonlyArray<string>>> = {
  bun: ["node_modules/.bin/bun", main],
  deno: ["node_modules/.bin/deno", "run", "-A", "--node-modules-dir=manual", main],
  node: nodeCommand(main),
}
const names = Object.keys(casesOf({ open: () => assert.fail("not run here") }))

describe("every store", { skip: withoutRedis || withoutPostgres }, () => {
  let redis: RedisServer
  let rest: RestSimulator
  let postgres: Awaited<ReturnType<typeof anyPostgres>>
  let database = ""
  before(async () => {
    redis = await startRedis()
    rest = await startRestSimulator(makeTcpLink(redis.url))
  })
  before(async () => {
    postgres = await anyPostgres()
    database = await postgres.newDatabase()
  })
  after(async () => {
    await postgres?.close()
    await rest?.close()
    await redis?.kill()
  })
  for (const [runtime, [command = "", ...args]] of Object.entries(commands)) {
    describe(runtime, () => {
      const failures = new Map<string, string | undefined>()
      before(async () => {
        const env = {
          ...process.env,
          TEST_POSTGRES_URL: database,
          TEST_REDIS_URL: redis.url,
          TEST_REST_URL: rest.url,
          TEST_REST_TOKEN: rest.token,
        }
        const { stdout } = await promisify(execFile)(command, args, { env })
        for (const line of stdout.trim().split("\n")) {
          const { name, failure } = JSON.parse(line) as { name: string; failure?: string }
          failures.set(name, failure)
        }
      })
      for (const layer of layers) {
        if (layer.includes("file") && runtime === "node" && !nodeHasSqlite) continue
        for (const name of names.map((name) => `${layer}: ${name}`)) {
          test(
            name,
            () => assert.ok(failures.has(name) && failures.get(name) === undefined, failures.get(name)),
          )
        }
      }
    })
  }
})
