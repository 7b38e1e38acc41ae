/** The sample of nginx in front of a gateway, where the machine has nginx: streams, uploads and sockets pass as they come. */
import assert from "node:assert/strict"
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, test } from "node:test"
import { chat, eventually, fault, json } from "../contract/harness.ts"
import { WebSocket } from "undici"
import { parse } from "yaml"
import { type Simulator, startSimulator } from "../simulator/server.ts"
import { freePort, type SpawnedGateway, spawnGateway } from "../support/spawn-gateway.ts"

const nginx = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/opt/homebrew/bin/nginx"].find((path) =>
  existsSync(path)
)

/** What is within nginx's `http`, with the least that it needs around it. */
const wholeConfiguration = (folder: string, http: string): string => {
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
  return `daemon off; pid ${join(folder, "pid")}; error_log stderr crit; worker_processes 1;
    events { worker_connections 64; }
    http { access_log off; ${paths.join(" ")}\n${http} }`
}

/** The sample for two gateways, but for its addresses. */
const ofTwo = (folder: string, port: number, [one, two]: readonly [string, string]): string => {
  const sample = parse(readFileSync("lib/runtime/samples/compose-many.yaml", "utf8")) as {
    configs: { nginx: { content: string } }
  }
  const http = sample.configs.nginx.content.replaceAll("$$", "$")
    .replace("server one:8787", `server ${one}`)
    .replace("server two:8787", `server ${two}`)
    .replace("listen 8787", `listen 127.0.0.1:${port}`)
  assert.ok(!http.includes("8787"))
  return wholeConfiguration(folder, http)
}

/** The sample, but for its addresses and certificates. */
const configuration = (folder: string, port: number, gateway: string): string => {
  const sample = readFileSync("lib/runtime/samples/nginx.conf", "utf8")
  const changed = sample
    .replace("server 127.0.0.1:8787;", `server ${new URL(gateway).host};`)
    .replace("listen 443 ssl;", `listen 127.0.0.1:${port};`)
    .replace(/^ +ssl_certificate.*\n/gm, "")
  assert.equal(sample.split("\n").length - changed.split("\n").length, 2)
  return wholeConfiguration(folder, changed)
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => (socket.destroy(), resolve(true)))
    socket.once("error", () => resolve(false))
  })

/** Starts nginx, and waits until it listens. */
const startNginx = async (folder: string, configuration: string, port: number): Promise<ChildProcess> => {
  const file = join(folder, "nginx.conf")
  writeFileSync(file, configuration)
  execFileSync(nginx ?? "", ["-t", "-q", "-c", file], { stdio: "inherit" })
  const proxy = spawn(nginx ?? "", ["-c", file], { stdio: ["ignore", "ignore", "inherit"] })
  for (let tries = 0; tries < 100; tries++) {
    if (await isOpen(port)) return proxy
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  proxy.kill("SIGKILL")
  throw new Error("nginx did not start")
}

const stopNginx = async (proxy: ChildProcess | undefined): Promise<void> => {
  if (proxy === undefined) return
  const ended = new Promise((resolve) => proxy.once("exit", resolve))
  proxy.kill("SIGTERM")
  await ended
}

const suite = nginx === undefined ? () => {} : describe
suite("nginx as in the sample", () => {
  let simulator: Simulator
  let gateway: SpawnedGateway
  let proxy: ChildProcess | undefined
  let url: string
  const folder = mkdtempSync(join(tmpdir(), "basegate-nginx-"))

  before(async () => {
    simulator = await startSimulator()
    gateway = await spawnGateway("bun", {
      ...simulator.env,
      BASETEN_API_KEY: "sk-stored",
      BASEGATE_ADMIN_TOKEN: "adm-nginx",
      BASEGATE_CONFIG: JSON.stringify({ gateways: { "a/g": {}, "a/guarded": { tokens: ["token-of-ann"] } } }),
    })
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    proxy = await startNginx(folder, configuration(folder, port, gateway.url), port)
  })
  after(async () => {
    await stopNginx(proxy)
    await gateway?.stop()
    await simulator?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const call = (headers: Record<string, string>, body: string, signal?: AbortSignal) =>
    fetch(`${url}/v1/a/g/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, ...headers },
      body,
      ...(signal && { signal }),
    })

  test("the events of a stream come one by one, and it ends properly", async () => {
    const response = await call(fault({ drip_ms: 100, events: 10 }), chat({ stream: true }))
    assert.equal(response.headers.get("content-type"), "text/event-stream")
    const times: Array<number> = []
    let text = ""
    for await (const chunk of response.body ?? []) {
      times.push(performance.now())
      text += new TextDecoder().decode(chunk)
    }
    assert.match(text, /data: \[DONE\]\n\n$/)
    assert.ok(times.length >= 8, `${times.length} chunks`)
    assert.ok((times.at(-1) ?? 0) - (times[0] ?? 0) > 500)
  })

  test("a client that leaves ends the call", async () => {
    const controller = new AbortController()
    const id = "nginx-left"
    const response = await call(
      { ...fault({ drip_ms: 50, events: 200 }), "x-simulator-case": id },
      chat({ stream: true }),
      controller.signal,
    )
    await response.body?.getReader().read()
    controller.abort()
    await eventually("Baseten sees it", () => simulator.requests(id)[0]?.outcome === "client_closed")
  })

  test("a long body passes, whatever its length", async () => {
    const response = await call({}, chat({ user: "x".repeat(3_000_000) }))
    assert.equal(response.status, 200)
    await response.text()
  })

  test("the stored key serves nobody without a token, since the gateway knows that the caller came through a proxy", async () => {
    const ask = (entry: string, headers: Record<string, string>) =>
      fetch(`${url}/v1/a/${entry}/baseten/v1/models`, { headers })
    const open = await ask("g", {})
    assert.equal(open.status, 401)
    assert.match(await open.text(), /proxy|loopback/)
    assert.equal((await ask("guarded", { authorization: "Bearer token-of-ann" })).status, 200)
  })

  test("the gateway knows the address that was called", async () => {
    const response = await fetch(`${url}/client/v4/accounts/a/ai-gateway/gateways/g/url/baseten`, {
      headers: { authorization: "Bearer adm-nginx" },
    })
    const { result } = await response.json() as { result: string }
    assert.match(result, /^http:\/\/127\.0\.0\.1.*\/v1\/a\/g\/baseten$/)
  })

  test("one of two gateways may be down without any caller noticing", async () => {
    const [port, gone] = [await freePort(), await freePort()]
    const url = `http://127.0.0.1:${port}`
    const both = [`127.0.0.1:${gone}`, new URL(gateway.url).host] as const
    const second = mkdtempSync(join(folder, "two-"))
    const proxy = await startNginx(second, ofTwo(second, port, both), port)
    try {
      for (let calls = 0; calls < 6; calls++) {
        const response = await fetch(`${url}/v1/a/g/baseten/v1/chat/completions`, {
          method: "POST",
          headers: { ...json, authorization: "Bearer sk-own" },
          body: chat({ stream: calls % 2 === 0 }),
        })
        assert.equal(response.status, 200, `call ${calls}`)
        await response.text()
      }
    } finally {
      await stopNginx(proxy)
    }
  })

  test("a WebSocket is relayed", async () => {
    const socket = new WebSocket(`${url.replace("http", "ws")}/v1/a/g`)
    const opened = await new Promise<boolean>((resolve) => {
      socket.onopen = () => resolve(true)
      socket.onerror = () => resolve(false)
    })
    assert.ok(opened)
    socket.close()
  })
})
