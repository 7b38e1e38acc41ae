/** A server goes on, whatever becomes of those who read what it prints. */
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import process from "node:process"
import { test } from "node:test"
import { freePort, inherited, nodeLoads, serverOn, untilItAnswers } from "../support/spawn-gateway.ts"

const programs = {
  bun: () => ["node_modules/.bin/bun", serverOn("bun")],
  deno: (port: number) => [
    ...["node_modules/.bin/deno", "serve", "-A", "--node-modules-dir=manual"],
    ...["--host", "127.0.0.1", "--port", `${port}`, serverOn("deno")],
  ],
  node: () => [process.execPath, ...nodeLoads, serverOn("node")],
} as const

for (const [name, words] of Object.entries(programs)) {
  test(`on ${name} a pipe that nobody reads any more ends neither the process nor a call`, async () => {
    const port = await freePort()
    const [program = "", ...args] = words(port)
    const child = spawn(program, args, {
      env: { ...inherited, HOST: "127.0.0.1", PORT: `${port}`, BASETEN_INFERENCE_URL: "http://127.0.0.1:1" },
      stdio: ["ignore", "pipe", "pipe"],
    })
    try {
      const { url, exited, signal } = await untilItAnswers(name, child, port)
      child.stdout.destroy()
      child.stderr.destroy()
      for (let calls = 0; calls < 4; calls++) {
        const answer = await fetch(`${url}/v1/a/g/baseten/v1/models`, {
          headers: { authorization: "Bearer k" },
        })
        assert.equal(answer.status, 502)
        await answer.text()
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      signal("SIGTERM")
      assert.equal(await exited, 0)
    } finally {
      child.kill("SIGKILL")
    }
  })
}
