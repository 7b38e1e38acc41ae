/** The SQLite log on each runtime that has SQLite; the cases run in a process of their own. */
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import process from "node:process"
import { before, describe, test } from "node:test"
import { promisify } from "node:util"
import { cases } from "./cases.ts"

const main = "tests/request-log/sqlite/main.ts"
const ofNode = process.getBuiltinModule("node:sqlite") === undefined
  ? {}
  : { node: [process.execPath, "--no-warnings", "--import", "tsx", main] }
const runtimes: Readonly<Record<string, ReadonlyArray<string>>> = {
  bun: ["node_modules/.bin/bun", main],
  deno: ["node_modules/.bin/deno", "run", "-A", "--node-modules-dir=manual", main],
  ...ofNode,
}

describe("the request log in SQLite", { concurrency: true }, () => {
  for (const [runtime, [command = "", ...args]] of Object.entries(runtimes)) {
    describe(runtime, () => {
      const failures = new Map<string, string | undefined>()
      before(async () => {
        const { stdout } = await promisify(execFile)(command, args)
        for (const line of stdout.trim().split("\n")) {
          const { name, failure } = JSON.parse(line) as { name: string; failure?: string }
          failures.set(name, failure)
        }
      })
      for (const name of Object.keys(cases)) {
        test(
          name,
          () => assert.ok(failures.has(name) && failures.get(name) === undefined, failures.get(name)),
        )
      }
    })
  }
})

// A Node that has SQLite runs the suite above in its place.
const ofOldNode = "node" in runtimes ? () => {} : test
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
