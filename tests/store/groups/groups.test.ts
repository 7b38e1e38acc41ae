/** Stores that are several servers, on each runtime that has TCP. */
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { describe, test } from "node:test"
import { promisify } from "node:util"
import { nodeCommand } from "../../support/compiled.ts"
import { withoutRedis } from "../../support/redis-server.ts"
import { cases } from "./cases.ts"

const main = "tests/store/groups/main.ts"
const commands: Readonly<Record<string, ReadonlyArray<string>>> = {
  bun: ["node_modules/.bin/bun", main],
  deno: ["node_modules/.bin/deno", "run", "-A", "--node-modules-dir=manual", main],
  node: nodeCommand(main),
}

describe("a store that is several servers", { skip: withoutRedis }, () => {
  for (const [runtime, [command = "", ...args]] of Object.entries(commands)) {
    test(`${runtime}: ${Object.keys(cases).join("; ")}`, async () => {
      const { stdout } = await promisify(execFile)(command, args)
      const lines = stdout.trim().split("\n").map((line) =>
        JSON.parse(line) as { name: string; failure?: string }
      )
      assert.deepEqual(lines.map(({ name }) => name), Object.keys(cases))
      for (const { name, failure } of lines) assert.equal(failure, undefined, name)
    })
  }
})
