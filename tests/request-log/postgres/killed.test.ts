/** What a gateway that is killed takes with it of a log in Postgres. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import * as Redacted from "effect/Redacted"
import { connectPostgres } from "../../../lib/postgres/connect.ts"
import { chat, json } from "../../contract/harness.ts"
import { type Simulator, startSimulator } from "../../simulator/server.ts"
import { type PostgresServer, startPostgres, withoutPostgres } from "../../support/postgres-server.ts"
import { type SpawnedGateway, spawnGateway } from "../../support/spawn-gateway.ts"

/** How old an entry may be, in milliseconds, that is not in the database yet. */
const longest = 200
/** A machine that does something else for a moment makes one of them wait longer. */
const mostTries = 3

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Calls until the gateway goes; notes when each answer had come, by its log id. */
const callOn = async ({ url }: SpawnedGateway, answered: Map<string, number>): Promise<void> => {
  for (;;) {
    try {
      const response = await fetch(`${url}/v1/account/gateway/baseten/v1/chat/completions`, {
        method: "POST",
        headers: json,
        body: chat(),
      })
      await response.text()
      answered.set(response.headers.get("cf-aig-log-id") ?? "", performance.now())
    } catch {
      return
    }
    await pause(5)
  }
}

describe("a gateway that is killed", { skip: withoutPostgres }, () => {
  let postgres: PostgresServer
  let simulator: Simulator
  let url = ""
  before(async () => {
    postgres = await startPostgres()
    simulator = await startSimulator()
    url = await postgres.newDatabase()
  })
  after(async () => {
    await simulator?.close()
    await postgres?.close()
  })

  /** How old the oldest was of those that were answered and are not in the log; 0 if there is none. */
  const lostFor = async (): Promise<number> => {
    const gateway = await spawnGateway("bun", { ...simulator.env, BASEGATE_DB: url, LOG_LEVEL: "error" })
    const answered = new Map<string, number>()
    const calls = Array.from({ length: 4 }, () => callOn(gateway, answered))
    const began = performance.now()
    // Until it has compiled what it runs.
    while (performance.now() - began < 1500 || answered.size < 300) await pause(7)
    const killedAt = performance.now()
    await gateway.kill()
    await Promise.all(calls)
    const database = connectPostgres(Redacted.make(url))
    const kept = new Set((await database.query("SELECT id FROM basegate.entry")).map(({ id }) => id))
    await database.close()
    assert.ok([...answered.keys()].some((id) => kept.has(id)))
    return Math.max(0, ...[...answered].filter(([id]) => !kept.has(id)).map(([, at]) => killedAt - at))
  }

  test("loses what ended in its last 200 ms alone", async () => {
    const lost: Array<number> = []
    while (Math.min(Infinity, ...lost) > longest) {
      assert.ok(lost.length < mostTries, `lost what was up to ${lost.map(Math.round).join(", ")} ms old`)
      lost.push(await lostFor())
    }
  })
})
