/** Several processes on one port: one settings, one log, one set of limits and figures, and an end in order. */
import assert from "node:assert/strict"
import { execFileSync, spawn } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { Agent, request } from "node:http"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { after, before, describe, test } from "node:test"
import { type Simulator, startSimulator } from "../simulator/server.ts"
import { inherited, type SpawnedGateway, spawnGateway } from "../support/spawn-gateway.ts"
import { nodeHasSqlite } from "../support/sqlite-cases.ts"

const entry = (limit: number) => ({
  gateways: {
    "a/limited": {
      rate_limiting_limit: limit,
      rate_limiting_interval: 86_400,
      rate_limiting_technique: "fixed",
    },
    "*": {},
  },
})
const admin = { authorization: "Bearer admin" }

/** A call over a connection of its own: which process gets it is for the system to say. */
const call = (url: string, headers: Record<string, string> = {}, body?: string) =>
  new Promise<{ status: number; text: string }>((resolve, reject) => {
    const asked = request(url, {
      agent: new Agent({ keepAlive: false }),
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: "Bearer sk-own", "content-type": "application/json", ...headers },
    }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (part: string) => text += part)
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }))
      response.on("error", reject)
    })
    asked.on("error", reject)
    asked.end(body)
  })
const models = (url: string, gateway: string) => call(`${url}/v1/a/${gateway}/baseten/v1/models`)
const api = async (url: string, path: string) =>
  (JSON.parse((await call(`${url}/client/v4/accounts/a/ai-gateway/${path}`, admin)).text) as {
    readonly result: unknown
  }).result
const metric = async (url: string, name: RegExp): Promise<number> => {
  const { text } = await call(`${url}/metrics`, admin)
  return text.split("\n").filter((line) => name.test(line)).reduce(
    (sum, line) => sum + Number(line.split(" ").at(-1)),
    0,
  )
}
const until = async (what: string, holds: () => Promise<boolean>, longest = 20_000): Promise<void> => {
  const began = performance.now()
  while (!await holds()) {
    assert.ok(performance.now() - began < longest, what)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
const statuses = async (calls: number, one: () => Promise<{ status: number }>) =>
  (await Promise.all(Array.from({ length: calls }, one))).map(({ status }) => status)

interface Answered {
  readonly line: string | undefined
  readonly closes: boolean
}

/** A connection whose request comes when the result is called. */
const opened = (url: string) =>
  new Promise<(path: string) => Promise<Answered>>((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.once("error", reject)
    socket.once("connect", () =>
      resolve((path) => {
        socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer sk-own\r\n\r\n`)
        return new Promise((answered) => {
          socket.once("data", (bytes) => {
            socket.destroy()
            const [head = ""] = `${bytes}`.split("\r\n\r\n", 1)
            answered({ line: head.split("\r\n", 1)[0], closes: /^connection: close\r?$/im.test(head) })
          })
          socket.once("close", () => answered({ line: "closed", closes: true }))
        })
      }))
  })

/** The processes that another has started, itself left out. */
const childrenOf = (pid: number): ReadonlyArray<number> =>
  execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)).filter((found) => Number(found?.[2]) === pid)
    .filter((found) => !/esbuild/.test(found?.[3] ?? "")).map((found) => Number(found?.[1]))

for (const runtime of ["bun", "deno", "node"] as const) {
  describe(`several processes on ${runtime}`, () => {
    const hasFile = runtime !== "node" || nodeHasSqlite
    /** A test of what they share in a file. */
    const shared: typeof test = hasFile ? test : (() => Promise.resolve()) as typeof test
    let folder: string
    let simulator: Simulator
    let gateway: SpawnedGateway
    const settle = (limit: number) => writeFile(join(folder, "gateways.json"), JSON.stringify(entry(limit)))
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "basegate-workers-"))
      await settle(20)
      simulator = await startSimulator()
      gateway = await spawnGateway(runtime, {
        ...simulator.env,
        BASETEN_API_KEY: "sk-for-prices",
        BASEGATE_CONFIG_FILE: join(folder, "gateways.json"),
        BASEGATE_DB: join(folder, "gateway.db"),
        BASEGATE_ADMIN_TOKEN: "admin",
        BASEGATE_WORKERS: "2",
      })
      await until("all serve", async () => await metric(gateway.url, /^basegate_workers /) === 2)
    })
    after(async () => {
      await gateway?.stop(15_000)
      await simulator?.close()
      await rm(folder, { recursive: true, force: true })
    })

    shared("limits count together", async () => {
      const all = await statuses(60, () => models(gateway.url, "limited"))
      assert.equal(all.filter((status) => status === 200).length, 20, `${all}`)
      assert.ok(all.every((status) => status === 200 || status === 429))
    })

    test("every call is in the log and in the figures, whichever process answers", async () => {
      const before = await metric(gateway.url, /^basegate_request_endings_total\{/)
      await statuses(40, () => models(gateway.url, "logged"))
      for (let asked = 0; asked < 4; asked++) {
        await until(
          "all are counted",
          async () => await metric(gateway.url, /^basegate_request_endings_total\{/) === before + 40,
        )
      }
      if (!hasFile) return
      await until(
        "all are logged",
        async () =>
          (await api(gateway.url, "gateways/logged/logs?per_page=50") as ReadonlyArray<unknown>).length ===
            40,
      )
      const { workers } = await api(gateway.url, "status") as { workers: unknown }
      assert.deepEqual(workers, { configured: 2, running: 2 })
    })

    // Without SQLite there is nothing that is written for all.
    const ofFile = hasFile ? test : () => {}
    ofFile("what is written holds in all of them within two seconds", async () => {
      const made = await call(
        `${gateway.url}/client/v4/accounts/a/ai-gateway/gateways`,
        admin,
        JSON.stringify({
          id: "written",
          rate_limiting_limit: 1,
          rate_limiting_interval: 86_400,
          rate_limiting_technique: "fixed",
        }),
      )
      assert.equal(made.status, 200, made.text)
      await new Promise((resolve) => setTimeout(resolve, 2_000))
      const all = await statuses(20, () => models(gateway.url, "written"))
      assert.equal(all.filter((status) => status === 200).length, 1)
    })

    test("SIGHUP reads the settings file again in all processes", async () => {
      const loaded = () => metric(gateway.url, /^basegate_settings_time_seconds /)
      const before = await loaded()
      await settle(1000)
      gateway.signal("SIGHUP")
      await until("all have read it", async () => await loaded() > before)
      assert.deepEqual([...new Set(await statuses(20, () => models(gateway.url, "limited")))], [200])
    })

    test("a killed process is replaced; what it had counted stays counted", async () => {
      const before = await metric(gateway.url, /^basegate_request_endings_total\{/)
      const [first = assert.fail()] = childrenOf(gateway.pid)
      process.kill(first, "SIGKILL")
      await until("another has come", async () =>
        !childrenOf(gateway.pid).includes(first) &&
        await metric(gateway.url, /^basegate_workers /).catch(() => 0) === 2)
      assert.ok(await metric(gateway.url, /^basegate_request_endings_total\{/) >= before)
      assert.deepEqual([...new Set(await statuses(20, () => models(gateway.url, "logged")))], [200])
    })

    test("SIGUSR2 renews the processes one by one, while they serve", async () => {
      const before = await metric(gateway.url, /^basegate_request_endings_total\{/)
      const old = childrenOf(gateway.pid)
      gateway.signal("SIGUSR2")
      let reset = 0
      const served = async (): Promise<number> => {
        try {
          return (await models(gateway.url, "logged")).status
        } catch {
          reset++
          return served()
        }
      }
      await until("all are new", async () => {
        assert.equal(await served(), 200)
        const now = childrenOf(gateway.pid)
        return now.length === 2 && now.every((pid) => !old.includes(pid))
      }, 40_000)
      // Bun and Deno share the port by the system, which resets what one that closes it has not accepted yet.
      assert.ok(reset <= (runtime === "node" ? 0 : 2), `${reset} connections were reset`)
      assert.ok(await metric(gateway.url, /^basegate_request_endings_total\{/) >= before)
    })

    test("a process that leaves serves its connections, and asks to close each of them", async () => {
      const children = childrenOf(gateway.pid)
      const connections = await Promise.all(Array.from({ length: 16 }, () => opened(gateway.url)))
      process.kill(children[0] ?? assert.fail(), "SIGTERM")
      const answers = await Promise.all(connections.map(async (send, index) => {
        await new Promise((resolve) => setTimeout(resolve, index * 20))
        return send("/v1/a/logged/baseten/v1/models")
      }))
      assert.deepEqual([...new Set(answers.map(({ line }) => line))], ["HTTP/1.1 200 OK"])
      const closing = answers.filter(({ closes }) => closes).length
      assert.ok(closing > 0 && closing < answers.length, `${closing} were asked for another connection`)
      await until(
        "another has come",
        async () =>
          childrenOf(gateway.pid).every((pid) => pid !== children[0]) &&
          await metric(gateway.url, /^basegate_workers /).catch(() => 0) === 2,
      )
    })

    shared("Baseten's prices are read once for all of them, and for those that come later", () => {
      const reads = simulator.requests().filter(({ headers }) =>
        headers["authorization"] === "Bearer sk-for-prices"
      )
      assert.equal(reads.length, 1)
    })

    test("SIGTERM lets the calls of all processes end, and leaves no process behind", async () => {
      const children = childrenOf(gateway.pid)
      const slow = Array.from(
        { length: 6 },
        () =>
          call(`${gateway.url}/v1/a/logged/baseten/v1/chat/completions`, {
            "x-simulator-fault": JSON.stringify({ delay_ms: 1500 }),
          }, JSON.stringify({ model: "openai/gpt-oss-120b", messages: [{ role: "user", content: "hi" }] })),
      )
      await new Promise((resolve) => setTimeout(resolve, 700))
      gateway.signal("SIGTERM")
      assert.deepEqual((await Promise.all(slow)).map(({ status }) => status), Array(6).fill(200))
      assert.equal(await gateway.exited, 0)
      for (const pid of children) assert.throws(() => process.kill(pid, 0), `${pid}`)
      const lines = gateway.output().split("\n").filter((line) => /listens on/.test(line))
      assert.equal(lines.length, 1)
      assert.match(gateway.output(), /^ {2}workers {3}2 processes$/m)
    })
  })
}

test("a port that is taken is reported once, with exit code 1", async () => {
  const taken = createServer().listen(0, "127.0.0.1")
  await new Promise((resolve) => taken.once("listening", resolve))
  const address = taken.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const child = spawn("node_modules/.bin/bun", ["lib/runtime/bun.ts"], {
    env: { ...inherited, PORT: `${port}`, BASEGATE_WORKERS: "2" },
    stdio: ["ignore", "ignore", "pipe"],
  })
  let errors = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors += text)
  const code = await new Promise((resolve) => child.once("exit", resolve))
  taken.close()
  assert.equal(code, 1)
  assert.match(
    errors,
    /^basegate cannot start: it cannot listen on 127\.0\.0\.1:\d+ EADDRINUSE\. Change HOST or PORT\.\n$/,
  )
})
