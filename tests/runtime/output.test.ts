/** A server goes on, whatever becomes of those who read what it prints. */
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { createServer } from "node:net"
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
  test(`on ${name} an output pipe that is no longer read ends neither the process nor a call`, async () => {
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

test("on deno serve a port that is taken is told in one line, with exit code 1", async () => {
  const taken = createServer().listen(0, "127.0.0.1")
  await new Promise((resolve) => taken.once("listening", resolve))
  const address = taken.address()
  const [program = "", ...args] = programs.deno(
    typeof address === "object" && address !== null ? address.port : 0,
  )
  const child = spawn(program, args, { env: inherited, stdio: ["ignore", "ignore", "pipe"] })
  let errors = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors += text)
  const code = await new Promise((resolve) => child.once("exit", resolve))
  taken.close()
  assert.equal(code, 1)
  assert.match(
    errors,
    /^basegate cannot start: another program listens there\. Change --host or --port .*\n$/,
  )
})
