/**
 * A settings file of a running gateway: a change holds for the next request in less than a second, however the file is
 * changed, and streams that run do not notice.
 *
 * `STREAMS=200 CHANGES=100` makes of the first test a run of some minutes.
 *
 * @module
 */
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readFile, rename, rm, symlink, unlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import process from "node:process"
import { describe, test } from "node:test"
import { type CloseEvent, type MessageEvent, WebSocket } from "undici"
import { spawnWorkerd, workerdConfig } from "../../lib/commands/workerd-config.ts"
import { eventually } from "../contract/harness.ts"
import { startSimulator } from "../simulator/server.ts"
import { timeUntil } from "../support/time-until.ts"
import {
  freePort,
  inherited,
  nodeLoads,
  runtimes,
  serverOn,
  type SpawnedGateway,
  spawnGateway,
  untilItAnswers,
} from "../support/spawn-gateway.ts"

const streams = Number(process.env["STREAMS"] ?? 10)
const changes = Number(process.env["CHANGES"] ?? 6)
const admin = { authorization: "Bearer tok-admin" }
const bin = (name: string): string => resolve("node_modules/.bin", name)
const denoServe = ["serve", "-A", "--node-modules-dir=manual", "--host", "127.0.0.1", "--port"]

type Command = (port: number) => readonly [string, ...ReadonlyArray<string>]
const servers: Readonly<Record<string, Command>> = {
  bun: () => [bin("bun"), resolve(serverOn("bun"))],
  deno: (port) => [bin("deno"), ...denoServe, `${port}`, resolve(serverOn("deno"))],
  node: () => [process.execPath, ...nodeLoads, resolve(serverOn("node"))],
}
const modules: Readonly<Record<string, Command>> = {
  "bun run mod.ts": () => [bin("bun"), "run", resolve("mod.ts")],
  "deno serve mod.ts": (port) => [bin("deno"), ...denoServe, `${port}`, resolve("mod.ts")],
}

const settingsOf = (ttl: number): string => `# written by a test\ngateways:\n  a/g:\n    cache_ttl: ${ttl}\n`

interface Running {
  readonly gateway: SpawnedGateway
  readonly file: string
  readonly pid: number
  readonly simulator: Awaited<ReturnType<typeof startSimulator>>
  /** The setting that a new request finds. */
  readonly ttl: () => Promise<unknown>
  /** How long it takes until requests find a value, in milliseconds. */
  readonly until: (ttl: number) => Promise<number>
}

/** Runs a gateway whose settings are in a file. */
const withFile = async (
  name: string,
  command: Command,
  text: string,
  use: (running: Running) => Promise<void>,
): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "basegate-settings-"))
  const simulator = await startSimulator()
  const file = join(folder, "basegate.yaml")
  await writeFile(file, text)
  const port = await freePort()
  const [program, ...args] = command(port)
  const env = {
    HOST: "127.0.0.1",
    PORT: `${port}`,
    BASEGATE_ADMIN_TOKEN: "tok-admin",
    BASEGATE_DRAIN_SECONDS: "2",
  }
  const child = spawn(program, args, {
    env: { ...inherited, ...simulator.env, ...env, BASEGATE_CONFIG_FILE: file },
    stdio: ["ignore", "pipe", "pipe"],
  })
  try {
    const gateway = await untilItAnswers(name, child, port)
    const ttl = async (): Promise<unknown> => {
      const response = await fetch(`${gateway.url}/client/v4/accounts/a/ai-gateway/gateways/g`, {
        headers: admin,
      })
      const { result } = await response.json() as { readonly result?: { readonly cache_ttl?: unknown } }
      return result?.cache_ttl
    }
    const until = (expected: number): Promise<number> =>
      timeUntil(
        child.pid ?? 0,
        async () => await ttl() === expected,
        () => `${name}: ${expected} does not hold: ${gateway.errors()}`,
      )
    await use({ gateway, file, pid: child.pid ?? 0, simulator, ttl, until })
  } finally {
    child.kill("SIGKILL")
    await simulator.close()
    await rm(folder, { recursive: true, force: true })
  }
}

const stream = async (url: string, events: number): Promise<string> => {
  const response = await fetch(`${url}/v1/a/g/baseten/v1/chat/completions`, {
    method: "POST",
    headers: {
      authorization: "Bearer sk-own",
      "content-type": "application/json",
      "cf-aig-skip-cache": "true",
      "x-simulator-fault": JSON.stringify({ drip_ms: 250, events }),
    },
    body: JSON.stringify({
      model: "openai/gpt-oss-120b",
      stream: true,
      messages: [{ role: "user", content: "hi" }],
    }),
  })
  return await response.text()
}

/** The memory of a process, in MiB. */
const memoryOf = async (pid: number): Promise<number> =>
  Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024

/** The ways in which files are changed. */
const ways: ReadonlyArray<(file: string, text: string, turn: number) => Promise<void>> = [
  (file, text) => writeFile(file, text),
  async (file, text) => {
    await writeFile(`${file}.new`, text)
    await rename(`${file}.new`, file)
  },
  async (file, text, turn) => {
    // As Kubernetes does it: a link that is turned to other files.
    await writeFile(`${file}.${turn}`, text)
    await symlink(`${file}.${turn}`, `${file}.link`)
    await rename(`${file}.link`, file)
  },
]

for (const [name, command] of Object.entries(servers)) {
  test(`${name}: a change is in force in less than a second, and ends no stream`, async () => {
    await withFile(name, command, settingsOf(0), async ({ gateway, file, pid, until, ttl, simulator }) => {
      const events = Math.max(8, changes * 2)
      const open = Array.from({ length: streams }, () => stream(gateway.url, events))
      await eventually("the streams run", () => simulator.requests().length >= streams, 20_000)
      const memory: Array<number> = []
      const took: Array<number> = []
      /** Of most: a machine that runs other tests beside this one stands still for a second at times. */
      const areSoon = () => took.filter((time) => time < 1000).length >= took.length * 0.8
      let turn = 0
      while (turn < changes || (!areSoon() && turn < 3 * changes)) {
        turn++
        const [first = unlink] = ways
        await (ways[turn % ways.length] ?? first)(file, settingsOf(turn), turn)
        took.push(await until(turn))
        memory.push(await memoryOf(pid))
      }
      for (const text of await Promise.all(open)) assert.match(text, /data: \[DONE\]\n\n$/)
      assert.equal(await ttl(), turn)
      assert.ok(areSoon(), `${took}`)
      const sorted = took.toSorted((one, other) => one - other)
      const round = (value = 0) => Math.round(value)
      if (changes > 50) {
        console.log(
          `${name}: ${streams} streams, ${changes} changes: median ${
            round(sorted[sorted.length >> 1])
          } ms, most ` +
            `${round(sorted.at(-1))} ms; MiB ${[memory[0], memory[changes >> 1], memory.at(-1)].map(round)}`,
        )
      }
    })
  })
}

describe("a settings file", () => {
  for (const [name, command] of Object.entries({ ...servers, ...modules })) {
    test(`${name}: a mistake changes nothing and is reported; SIGHUP reads the file, SIGTERM drains`, async () => {
      await withFile(name, command, settingsOf(1), async ({ gateway, file, ttl, until }) => {
        assert.equal(await ttl(), 1)
        const metric = async (): Promise<unknown> => {
          const text = await (await fetch(`${gateway.url}/metrics`, { headers: admin })).text()
          return /^basegate_settings_reload_success (\d)$/m.exec(text)?.[1]
        }
        const ready = async () => await (await fetch(`${gateway.url}/readyz`)).json() as { problem?: string }
        assert.equal(await metric(), "1")
        assert.equal((await ready()).problem, undefined)
        await writeFile(file, "gateways:\n  a/g:\n    cache_tll: 5\n")
        await eventually("it is told", () => gateway.errors().includes("cache_tll"), 5000)
        assert.match(
          gateway.errors(),
          /basegate\.yaml, line 3, column 5 \(gateways, a\/g, cache_tll\): unknown setting/,
        )
        assert.equal(await metric(), "0")
        assert.match((await ready()).problem ?? "", /settings file/)
        assert.equal(await ttl(), 1)
        await unlink(file)
        await eventually("it is told", () => gateway.errors().includes("no such file"), 5000)
        assert.equal(await ttl(), 1)
        assert.equal(gateway.errors().split("cache_tll").length, 2)
        await writeFile(file, settingsOf(2))
        await until(2)
        assert.equal(await metric(), "1")
        assert.equal((await ready()).problem, undefined)

        const running = stream(gateway.url, 8)
        for (let turn = 3, took = Infinity; took >= 1000; turn++) {
          assert.ok(turn < 8, `${took}`)
          await writeFile(file, settingsOf(turn))
          gateway.signal("SIGHUP")
          took = await until(turn)
        }
        assert.match(await running, /\[DONE\]/)
        gateway.signal("SIGTERM")
        assert.equal(await gateway.exited, 0)
      })
    })
  }
})

for (
  const [name, command] of [["bun", servers["bun"]], ["bun run mod.ts", modules["bun run mod.ts"]]] as const
) {
  test(`${name}: the largest message of a WebSocket follows the file`, async () => {
    const limit = (bytes: number) => `gateways:\n  a/g:\n    request_body_limit: ${bytes}\n`
    await withFile(name, command as Command, limit(1024), async ({ gateway, file }) => {
      const open = async (): Promise<WebSocket> => {
        const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/v1/a/g`, {
          headers: { authorization: "Bearer sk-own" },
        })
        await once(socket, "open")
        return socket
      }
      /** What comes of a message of 70 MB: the gateway's own refusal, or the end of the socket. */
      const said = async (socket: WebSocket): Promise<unknown> => {
        const answer = Promise.race([once(socket, "message"), once(socket, "close")])
        const query = { model: "m", user: "x".repeat(70_000_000) }
        const request = { eventId: "large", provider: "baseten", endpoint: "v1/chat/completions", query }
        socket.send(JSON.stringify({ type: "universal.create", request }))
        const [event] = await answer as [MessageEvent | CloseEvent]
        socket.close()
        return "code" in event ? event.code : JSON.parse(String(event.data)).metadata.status
      }
      const before = await open()
      assert.notEqual(await said(before), 413)
      await writeFile(file, limit(40_000_000))
      await eventually("it is in force", () => gateway.errors().includes("are in force"), 5000)
      assert.equal(await said(await open()), 413)
    })
  })
}

describe("a settings file that is wrong at the start", () => {
  const wrong = "gateways:\n  a/g:\n    cache_ttl: -1\n"
  const said = /basegate\.yaml, line 3, column 16 \(gateways, a\/g, cache_ttl\): expected a whole number/
  const begin = async (command: Command) => {
    const folder = await mkdtemp(join(tmpdir(), "basegate-settings-"))
    await writeFile(join(folder, "basegate.yaml"), wrong)
    const port = await freePort()
    const [program, ...args] = command(port)
    // The working folder has the file: no variable names it.
    const env = { ...inherited, HOST: "127.0.0.1", PORT: `${port}`, BASEGATE_ADMIN_TOKEN: "tok-admin" }
    const child = spawn(program, args, { env, cwd: folder, stdio: ["ignore", "ignore", "pipe"] })
    let errors = ""
    child.stderr?.setEncoding("utf8").on("data", (text: string) => errors += text)
    const exited = new Promise<unknown>((done) => child.once("close", done))
    const end = async (): Promise<void> => {
      child.kill("SIGKILL")
      await exited
      await rm(folder, { recursive: true, force: true })
    }
    return { url: `http://127.0.0.1:${port}`, folder, exited, errors: () => errors, end }
  }

  for (const name of ["bun", "deno"] as const) {
    test(`${name}: the server stops, and says where`, async () => {
      const { exited, errors, end } = await begin(servers[name] as Command)
      assert.equal(await exited, 1)
      assert.match(errors(), said)
      await end()
    })
  }

  for (const [name, command] of Object.entries(modules)) {
    test(`${name}: each request gets the error, until the file is right`, async () => {
      const { url, folder, errors, end } = await begin(command)
      try {
        const answer = () => fetch(`${url}/livez`).catch(() => undefined)
        let first = await answer()
        for (let tries = 0; tries < 200 && first === undefined; tries++) {
          await new Promise((done) => setTimeout(done, 100))
          first = await answer()
        }
        assert.equal(first?.status, 500)
        assert.match(await first?.text() ?? "", said)
        assert.match(errors(), said)
        await writeFile(join(folder, "basegate.yaml"), settingsOf(1))
        assert.equal((await answer())?.status, 200)
      } finally {
        await end()
      }
    })
  }
})

for (const runtime of runtimes.filter((name) => name !== "workerd")) {
  test(`${runtime}: a key and a token in files`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "basegate-secrets-"))
    const simulator = await startSimulator()
    await writeFile(join(folder, "key"), "sk-of-a-file\n")
    await writeFile(join(folder, "token"), "tok-of-a-file\n")
    const variables = {
      ...simulator.env,
      BASETEN_API_KEY_FILE: join(folder, "key"),
      BASEGATE_CONFIG: JSON.stringify({ defaults: { tokens: [`file:${join(folder, "token")}`] } }),
    }
    const starting = spawnGateway(runtime, variables)
    try {
      const { url } = await starting
      const headers = { "cf-aig-authorization": "Bearer tok-of-a-file" }
      assert.equal((await fetch(`${url}/v1/a/g/baseten/v1/models`, { headers })).status, 200)
      assert.equal((await fetch(`${url}/v1/a/g/baseten/v1/models`)).status, 401)
      assert.equal(simulator.requests().at(-1)?.headers["authorization"], "Bearer sk-of-a-file")
    } finally {
      await starting.then(({ kill }) => kill(), () => {})
      await simulator.close()
      await rm(folder, { recursive: true, force: true })
    }
  })
}

test("workerd: a variable that needs a file says that there are none", async () => {
  const port = await freePort()
  const env = { BASETEN_API_KEY_FILE: "/run/key", BASEGATE_CONFIG_FILE: "/run/basegate.yaml" }
  const workerd = spawnWorkerd(workerdConfig(env, "127.0.0.1", port, true), env, "pipe")
  try {
    const answer = () => fetch(`http://127.0.0.1:${port}/livez`).catch(() => undefined)
    let response = await answer()
    for (let tries = 0; tries < 100 && response === undefined; tries++) {
      await new Promise((done) => setTimeout(done, 100))
      response = await answer()
    }
    assert.equal(response?.status, 500)
    const text = await response?.text() ?? ""
    assert.match(text, /BASETEN_API_KEY_FILE: expected BASETEN_API_KEY in its place: Workers have no files/)
    assert.match(text, /BASEGATE_CONFIG_FILE: expected BASEGATE_CONFIG in its place: Workers have no files/)
  } finally {
    workerd.kill("SIGKILL")
  }
})
