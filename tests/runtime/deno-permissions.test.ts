/** `deno serve mod.ts` with whatever permissions Deno grants: it serves, and says what it goes on without. */
import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import process from "node:process"
import { after, before, describe, test } from "node:test"
import { type Simulator, startSimulator } from "../simulator/server.ts"

let simulator: Simulator
let folder: string
let file: string
before(async () => {
  simulator = await startSimulator()
  folder = await mkdtemp(join(tmpdir(), "basegate-deno-"))
  file = join(folder, "log.db")
})
after(async () => {
  await simulator.close()
  await rm(folder, { recursive: true })
})

const denoServe = (flags: ReadonlyArray<string>): ReadonlyArray<string> => [
  resolve("node_modules/.bin/deno"),
  "serve",
  ...flags,
  "--host",
  "127.0.0.1",
  "--port",
  "0",
  "mod.ts",
]

interface Served {
  /** What it has said until it listened. */
  readonly said: string
  readonly live: number
  readonly call: { readonly status: number; readonly text: string }
  /** How often Deno has asked for something. */
  readonly asked: number
}

/** Starts a server, answers each question of Deno's, asks it twice, and ends it. */
const serve = async (
  command: ReadonlyArray<string>,
  variables: Readonly<Record<string, string>> = {},
  answer = "",
  headers: Readonly<Record<string, string>> = { authorization: "Bearer sk-own" },
): Promise<Served> => {
  const [name = "", ...args] = command
  const env = { ...process.env, ...simulator.env, LOG_LEVEL: "warn", NO_COLOR: "1", ...variables }
  const server: ChildProcess = spawn(name, args, { env, stdio: ["pipe", "pipe", "pipe"] })
  const exited = new Promise<void>((done) => server.once("exit", () => done()))
  let output = ""
  let asked = 0
  try {
    const url = await new Promise<string>((found, failed) => {
      const hear = (text: string): void => {
        output += text
        if (output.split("Allow? [y/n").length - 1 > asked) {
          asked++
          // Deno throws away what has been typed before it asks.
          setTimeout(() => server.stdin?.write(`${answer}\n`), 300)
        }
        const [, address] = /basegate listens on (http:\S+)\r?\n/.exec(output) ?? []
        if (address !== undefined) found(address)
      }
      for (const stream of [server.stdout, server.stderr]) stream?.setEncoding("utf8").on("data", hear)
      server.once("exit", () => failed(new Error(`deno serve ended: ${output}`)))
    })
    const said = output
    const { status: live } = await fetch(`${url}/livez`)
    const call = await fetch(`${url}/v1/account/gateway/baseten/v1/models`, { headers })
    const text = await call.text()
    return { said, live, call: { status: call.status, text }, asked }
  } finally {
    server.kill("SIGTERM")
    await exited
  }
}

/** What a server says, by the flags that it is started with. */
const cases: ReadonlyArray<readonly [flags: string, lacks: ReadonlyArray<RegExp>]> = [
  ["", [/its variables/, /the network/]],
  ["-N", [/its variables/]],
  ["-E", [/the network/]],
  ["-NE", []],
  ["-P", []],
  ["-A", []],
]

describe("deno serve mod.ts, not on a terminal", { concurrency: 2 }, () => {
  for (const [flags, lacks] of cases) {
    test(`with ${flags || "no flag"}`, async () => {
      // With the network and without the variables it would call Baseten itself: there is no key to do so.
      const headers = flags === "-N" ? {} : undefined
      const { said, live, call, asked } = await serve(denoServe(flags === "" ? [] : [flags]), {}, "", headers)
      assert.equal(asked, 0)
      assert.equal(live, 200)
      const line = said.split("\n").find((line) => line.startsWith("basegate goes on without")) ?? ""
      for (const lack of lacks) assert.match(line, lack)
      for (const lack of [/its variables/, /the network/]) {
        if (!lacks.some(({ source }) => source === lack.source)) assert.doesNotMatch(line, lack)
      }
      if (lacks.length > 0) assert.ok(line.includes(`deno serve -NE ${resolve("mod.ts")} (or -A)`), line)
      if (lacks.length === 0) return assert.equal(call.status, 200, call.text)
      assert.equal(call.status, flags === "-N" ? 401 : 502)
      if (flags !== "-N") {
        assert.match(call.text, /Deno does not let the gateway use the network\. [^"]* --allow-net \(-N\)/)
      }
    })
  }

  test("with some variables and hosts granted: they are used, and no more is requested", async () => {
    const flags = [
      "--allow-env=BASETEN_INFERENCE_URL,BASETEN_API_KEY",
      `--allow-net=${new URL(simulator.url).host}`,
    ]
    const { said, call } = await serve(denoServe(flags))
    assert.equal(call.status, 200, call.text)
    assert.doesNotMatch(said, /goes on without/)
  })

  test("with one variable and one host denied: they are unavailable, and nothing breaks", async () => {
    const { host } = new URL(simulator.url)
    const denied = await serve(
      denoServe(["-NE", "--deny-env=BASETEN_API_KEY"]),
      { BASETEN_API_KEY: "sk-hidden" },
      "",
      {},
    )
    assert.deepEqual([denied.live, denied.call.status], [200, 401])
    assert.doesNotMatch(denied.said, /Stored keys|goes on without/)
    const cutOff = await serve(denoServe(["-NE", `--deny-net=${host}`]))
    assert.deepEqual([cutOff.live, cutOff.call.status], [200, 502])
    assert.match(cutOff.call.text, /Deno does not let the gateway use the network/)
    assert.match(cutOff.said, /goes on without what Deno has not granted: the network/)
  })

  test("a log file that may not be written: calls are answered, and the start warns", async () => {
    const { said, call } = await serve(denoServe(["-NE"]), { BASEGATE_DB: file })
    assert.equal(call.status, 200, call.text)
    assert.ok(
      said.includes(`goes on without what Deno has not granted: ${file} (the log is kept in memory)`),
      said,
    )
    assert.match(said, /deno serve -NERW /)
    const granted = await serve(denoServe(["-NE", `--allow-read=${folder}`, `--allow-write=${folder}`]), {
      BASEGATE_DB: file,
    })
    assert.equal(granted.call.status, 200, granted.call.text)
    assert.doesNotMatch(granted.said, /goes on without/)
  })
})

// Elsewhere `script` takes its arguments in another order.
if (process.platform === "linux") {
  describe("deno serve mod.ts on a terminal", () => {
    const onTerminal = (flags: ReadonlyArray<string>): ReadonlyArray<string> => [
      "script",
      "--quiet",
      "--return",
      "--command",
      denoServe(flags).join(" "),
      "/dev/null",
    ]

    test("asks once for each permission that it needs, and uses it", async () => {
      const { said, call, asked } = await serve(onTerminal([]), { BASEGATE_DB: file }, "y")
      assert.equal(asked, 4, said)
      for (const what of ["env access", "net access", "read access", "write access"]) {
        assert.match(said, new RegExp(`Deno requests ${what}`))
      }
      assert.doesNotMatch(said, /goes on without/)
      assert.equal(call.status, 200, call.text)
    })

    test("continues without what is refused, and does not ask again", async () => {
      const { said, live, call, asked } = await serve(onTerminal([]), {}, "n")
      assert.equal(asked, 2, said)
      assert.match(said, /goes on without what Deno has not granted: its variables .*the network/)
      assert.deepEqual([live, call.status], [200, 502])
    })
  })
}
