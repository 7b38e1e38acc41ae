/** A file that the log cannot be kept in: said at the start, and by /readyz. */
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { test } from "node:test"
import { nodeCommand } from "../support/compiled.ts"
import { freePort, inherited, nodeLoads, serverOn, untilItAnswers } from "../support/spawn-gateway.ts"

const bin = "node_modules/.bin"
const denoServe = ["serve", "-A", "--node-modules-dir=manual", "--host", "127.0.0.1", "--port"]
const commands: Readonly<Record<string, (port: number) => readonly [string, ...ReadonlyArray<string>]>> = {
  bun: () => [`${bin}/bun`, serverOn("bun")],
  "bun run mod.ts": () => [`${bin}/bun`, "run", "mod.ts"],
  deno: (port) => [`${bin}/deno`, ...denoServe, `${port}`, serverOn("deno")],
  node: () => [process.execPath, ...nodeLoads, serverOn("node")],
  workerd: () => nodeCommand("lib/commands/start-workers.ts"),
}
/** What this runtime can keep a log in. */
const hasFiles = (name: string): boolean =>
  name !== "node" || process.getBuiltinModule("node:sqlite") !== undefined

for (const [name, command] of Object.entries(commands)) {
  test(`${name}: an unusable BASEGATE_DB is reported at the start and by /readyz; a usable one is not`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "basegate-log-file-"))
    try {
      for (
        const [file, isUsable] of [["log.db", hasFiles(name)], [join("missing", "log.db"), false]] as const
      ) {
        const port = await freePort()
        const [program, ...args] = command(port)
        const env = { ...inherited, HOST: "127.0.0.1", PORT: `${port}`, BASEGATE_DB: join(folder, file) }
        const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] })
        const gateway = await untilItAnswers(name, child, port)
        try {
          const said = gateway.errors()
          const ready = await fetch(`${gateway.url}/readyz`)
          const text = await ready.text()
          if (isUsable) {
            assert.doesNotMatch(said, /BASEGATE_DB/)
            assert.deepEqual([ready.status, text], [200, '{"status":"ok"}'])
          } else {
            assert.match(said, /^basegate: BASEGATE_DB: .*memory/m)
            assert.equal(ready.status, 503)
            assert.match(text, /BASEGATE_DB/)
            assert.ok(!text.includes(folder), "a stranger learns no path")
          }
          assert.equal((await fetch(`${gateway.url}/livez`)).status, 200)
        } finally {
          await gateway.stop()
        }
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}
