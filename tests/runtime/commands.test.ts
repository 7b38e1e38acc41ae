/** Every command that starts a gateway ends it as well, and says what is wrong with its settings. */
import assert from "node:assert/strict"
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { describe, test } from "node:test"
import { promisify } from "node:util"
import { startSimulator } from "../simulator/server.ts"
import { freePort, inherited, untilItAnswers } from "../support/spawn-gateway.ts"

const bin = "node_modules/.bin"
const node = process.execPath

/** How a gateway is started on a port. */
type Command = (port: number) => readonly [string, ...ReadonlyArray<string>]
const denoServe = ["serve", "-A", "--node-modules-dir=manual", "--host", "127.0.0.1", "--port"]
const commands: Readonly<Record<string, Command>> = {
  "npm start": () => ["npm", "start"],
  "npm run start:node": () => ["npm", "run", "start:node"],
  "npm run start:deno": () => ["npm", "run", "start:deno"],
  "npx basegate start": () => ["npm", "exec", "-c", "node --import tsx lib/commands/cli.ts start"],
  // What `npm run start:workers` does once it has built the Worker.
  "start-workers.ts": () => [node, "--import", "tsx", "lib/commands/start-workers.ts"],
  "bun run mod.ts": () => [`${bin}/bun`, "run", "mod.ts"],
  "deno serve mod.ts": (port) => [`${bin}/deno`, ...denoServe, `${port}`, "mod.ts"],
}

const begin = (command: Command, port: number, variables: Readonly<Record<string, string>>): ChildProcess => {
  const [program, ...args] = command(port)
  return spawn(program, args, {
    env: { ...inherited, HOST: "127.0.0.1", PORT: `${port}`, BASEGATE_DRAIN_SECONDS: "0.5", ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  })
}

const call = (url: string, fault: object) =>
  fetch(`${url}/v1/a/g/baseten/v1/chat/completions`, {
    method: "POST",
    headers: {
      authorization: "Bearer sk-own",
      "content-type": "application/json",
      "x-simulator-fault": JSON.stringify(fault),
    },
    body: JSON.stringify({
      model: "openai/gpt-oss-120b",
      stream: true,
      messages: [{ role: "user", content: "hi" }],
    }),
  })

const isServed = (url: string): Promise<boolean> => fetch(`${url}/livez`).then(() => true, () => false)

/** Waits, for ten seconds, until nobody listens any more. */
const untilGone = async (url: string): Promise<boolean> => {
  for (let tries = 0; tries < 100; tries++) {
    if (!await isServed(url)) return true
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return false
}

/**
 * npx passes SIGTERM and SIGINT on to the shell between, which waits out SIGINT; a terminal sends it to all processes. SIGHUP
 * ends npx, which the gateway sees where there is a /proc.
 */
const signalsTo = (name: string): ReadonlyArray<NodeJS.Signals> =>
  name.startsWith("npx")
    ? ["SIGTERM", ...existsSync("/proc/self/status") ? ["SIGHUP" as const] : []]
    : ["SIGTERM", "SIGINT", "SIGHUP"]

for (const [name, command] of Object.entries(commands)) {
  describe(name, () => {
    for (const signal of signalsTo(name)) {
      test(`${signal} drains the gateway and ends it, with calls of every kind open`, async () => {
        const folder = await mkdtemp(join(tmpdir(), "basegate-starting-"))
        const simulator = await startSimulator()
        const port = await freePort()
        const child = begin(command, port, { ...simulator.env, BASEGATE_DB: join(folder, "log.db") })
        try {
          const gateway = await untilItAnswers(name, child, port)
          const waiting = call(gateway.url, { hang: "headers" }).then(({ status }) => status, () => "cut")
          const stalled = await call(gateway.url, { stall_after: 2 })
          const text = stalled.text().catch(() => "cut")
          gateway.signal(signal)
          assert.ok(await untilGone(gateway.url), "the gateway goes")
          await gateway.exited
          // workerd tells nobody (lib/runtime/README.md).
          if (name === "start-workers.ts") return
          assert.equal(await waiting, 503)
          assert.match(await text, /"code":"draining"/)
        } finally {
          child.kill("SIGKILL")
          await simulator.close()
          await rm(folder, { recursive: true, force: true })
        }
      })
    }
  })
}

test("npm start keeps the log in basegate.db, unless one of its variables says otherwise", async () => {
  const { scripts } = JSON.parse(await readFile("package.json", "utf8")) as { scripts: { start: string } }
  const folder = await mkdtemp(join(tmpdir(), "basegate-script-"))
  await writeFile(join(folder, "bun"), `#!/bin/sh\necho "[\${BASEGATE_DB-unset}]"\n`, { mode: 0o755 })
  try {
    for (
      const [variables, expected] of [
        [{}, "[basegate.db]"],
        [{ BASEGATE_DB: "other.db" }, "[other.db]"],
        [{ BASEGATE_DB: "" }, "[]"],
        [{ BASEGATE_DB_FILE: "/run/secrets/db" }, "[unset]"],
      ] as const
    ) {
      const env = { ...variables, PATH: `${folder}:${process.env["PATH"]}` }
      const { stdout } = await promisify(execFile)("sh", ["-c", scripts.start], { env })
      assert.equal(stdout.trim().split("\n").at(-1), expected)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

describe("bun run mod.ts with malformed settings", () => {
  test("listens on PORT, prints what is wrong, and answers 500 naming the variable", async () => {
    const port = await freePort()
    const child = begin(commands["bun run mod.ts"] as Command, port, {
      BASETEN_INFERENCE_URL: "ftp://secret",
    })
    let errors = ""
    child.stderr?.setEncoding("utf8").on("data", (text: string) => errors += text)
    try {
      for (let tries = 0; tries < 100 && !await isServed(`http://127.0.0.1:${port}`); tries++) {
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      const response = await fetch(`http://127.0.0.1:${port}/livez`)
      assert.equal(response.status, 500)
      assert.match(await response.text(), /BASETEN_INFERENCE_URL/)
      assert.match(errors, /every request with 500: BASETEN_INFERENCE_URL/)
      assert.doesNotMatch(errors, /secret/)
      child.kill("SIGTERM")
      assert.equal(await new Promise((resolve) => child.once("exit", resolve)), 0)
    } finally {
      child.kill("SIGKILL")
    }
  })

  for (const [variable, value] of [["PORT", "notaport"], ["PORT", "70000"], ["HOST", "no host"]] as const) {
    test(`${variable}=${value} is an error that names it`, async () => {
      const child = begin(commands["bun run mod.ts"] as Command, 0, { [variable]: value })
      let errors = ""
      child.stderr?.setEncoding("utf8").on("data", (text: string) => errors += text)
      const code = await new Promise((resolve) => child.once("close", resolve))
      assert.equal(code, 1)
      assert.match(errors, new RegExp(`basegate cannot start: ${variable}: expected`))
    })
  }
})

test("importing the module leaves signals to the app", async () => {
  for (const program of [node, `${bin}/bun`]) {
    const script = `
      await import("./mod.ts")
      console.log(process.listenerCount("SIGTERM") + process.listenerCount("SIGHUP"))
    `
    const args = program === node ? ["--import", "tsx", "--input-type=module", "-e", script] : ["-e", script]
    const child = spawn(program, args, { env: inherited, stdio: ["ignore", "pipe", "inherit"] })
    let output = ""
    child.stdout?.setEncoding("utf8").on("data", (text: string) => output += text)
    await new Promise((resolve) => child.once("close", resolve))
    assert.equal(output.trim(), "0")
  }
})
