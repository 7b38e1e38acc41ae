/** What each server says of itself when it starts. */
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import process from "node:process"
import { describe, test } from "node:test"
import { nodeCommand } from "../support/compiled.ts"
import { freePort, inherited, nodeLoads, serverOn } from "../support/spawn-gateway.ts"

const bin = (name: string): string => `node_modules/.bin/${name}`
const denoServe = ["serve", "-A", "--node-modules-dir=manual", "--host", "127.0.0.1", "--port", "{port}"]
const servers: Readonly<Record<string, readonly [string, ...ReadonlyArray<string>]>> = {
  bun: [bin("bun"), serverOn("bun")],
  deno: [bin("deno"), ...denoServe, serverOn("deno")],
  node: [process.execPath, ...nodeLoads, serverOn("node")],
  workerd: nodeCommand("lib/commands/start-workers.ts"),
  "deno serve mod.ts": [bin("deno"), ...denoServe, "mod.ts"],
  "bun run mod.ts": [bin("bun"), "run", "mod.ts"],
}

/** Starts a server, waits until it answers, and gives what it has said by then. */
const said = async (name: string, variables: Readonly<Record<string, string>>): Promise<string> => {
  const port = await freePort()
  const [command = "", ...args] = (servers[name] ?? []).map((word) => word.replace("{port}", `${port}`))
  const env = { ...inherited, HOST: "127.0.0.1", PORT: `${port}`, ...variables }
  const server = spawn(command, args, { env })
  const exited = new Promise<void>((resolve) => server.once("exit", () => resolve()))
  let output = ""
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => output += text)
  }
  const isLive = () => fetch(`http://127.0.0.1:${port}/livez`).then(({ ok }) => ok, () => false)
  for (let tries = 0; tries < 600 && !(await isLive() && /http:\S+:\d+/.test(output)); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  server.kill("SIGTERM")
  await exited
  return output
}

describe("a server's start", { concurrency: 2 }, () => {
  for (const name of Object.keys(servers)) {
    test(`${name} says where it listens, and that a stored key is open on loopback`, async () => {
      const output = await said(name, { BASETEN_API_KEY: "sk-stored" })
      // `bun run` has words of its own for it.
      assert.match(output, /http:\/\/127\.0\.0\.1:\d+\/?\s/)
      assert.equal(output.split("Stored keys serve every caller on this machine").length, 2, output)
      assert.ok(!output.includes("sk-stored"))
    })
  }

  test("if a token is required, or warnings are switched off, keys are not mentioned", async () => {
    const outputs = await Promise.all([
      said("bun", { BASETEN_API_KEY: "sk-stored", BASEGATE_TOKENS: "token" }),
      said("bun", { BASETEN_API_KEY: "sk-stored", LOG_LEVEL: "error" }),
    ])
    for (const output of outputs) assert.doesNotMatch(output, /Stored keys/)
  })
})
