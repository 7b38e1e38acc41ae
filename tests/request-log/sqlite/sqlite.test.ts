/** The SQLite log on each runtime that has SQLite. */
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import process from "node:process"
import { test } from "node:test"
import { promisify } from "node:util"
import { describeCases, nodeHasSqlite } from "../../support/sqlite-cases.ts"
import { cases } from "./cases.ts"

describeCases("the request log in SQLite", "tests/request-log/sqlite/main.ts", Object.keys(cases))

// A Node that has SQLite runs the suite above in its place.
const ofOldNode = nodeHasSqlite ? () => {} : test
ofOldNode("Node without SQLite keeps the log in memory, and says so once", async () => {
  const script = `
    import { createGateway } from "./lib/runtime/module.ts"
    const gateway = createGateway({ env: { BASEGATE_DB: "never-made.db", LOG_LEVEL: "none" } })
    for (let request = 0; request < 3; request++) await gateway.fetch(new Request("https://app.example/livez"))
    await gateway.dispose()
  `
  const args = ["--import", "tsx", "--input-type=module", "--eval", script]
  const { stderr } = await promisify(execFile)(process.execPath, args)
  assert.deepEqual(JSON.parse(stderr), {
    level: "warn",
    msg: "request log is kept in memory: this Node has no SQLite; use Node 22.13 or later for BASEGATE_DB",
  })
})
