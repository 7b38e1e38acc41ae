/**
 * `npm run bench:streams`: many streams at once, one large stream, and a reader that pauses, on each runtime.
 *
 * Memory is the resident set of the gateway's largest process, read from /proc (Linux only). It does not show
 * latency or throughput, and one run on a shared machine says little about a few MiB.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs"
import { Agent, type IncomingMessage, request } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { startSimulator } from "../simulator/server.ts"
import { runtimes, spawnGateway } from "../support/spawn-gateway.ts"

const streams = 1000
const gigabyte = 1_000_000_000

const processes = (): ReadonlyArray<string> => readdirSync("/proc").filter((name) => /^\d+$/.test(name))

/** The largest resident set among processes that were not there before, in MiB. */
const largest = (before: ReadonlySet<string>): number =>
  Math.max(
    0,
    ...processes().filter((id) => !before.has(id)).map((id) => {
      try {
        return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1] ?? 0) / 1024
      } catch {
        return 0
      }
    }),
  )

const agent = new Agent({ maxSockets: Infinity })
const headers = { authorization: "Bearer key", "content-type": "application/json" }

const post = (
  url: string,
  body: object,
  extra: Record<string, string>,
  use: (answer: IncomingMessage) => void,
) => {
  const call = request(url, { agent, method: "POST", headers: { ...headers, ...extra } }, use)
  call.on("error", () => {})
  call.end(JSON.stringify(body))
  return call
}

for (const runtime of runtimes) {
  const simulator = await startSimulator()
  const before = new Set(processes())
  const gateway = await spawnGateway(runtime, { ...simulator.env, LOG_LEVEL: "none" })
  const base = `${gateway.url}/v1/account/gateway/baseten`
  const generated = (bytes: number, use: (answer: IncomingMessage) => void) =>
    post(`${base}/model/size1234`, { bytes, chunk: 65_536 }, {}, use)
  const whole = (bytes: number): Promise<void> =>
    new Promise((done) => void generated(bytes, (answer) => answer.resume().once("end", () => done())))

  await whole(gigabyte / 20)
  await sleep(1500)
  const idle = largest(before)

  const paused = generated(gigabyte, (answer) => void answer.pause())
  await sleep(2500)
  const whilePaused = largest(before)
  paused.destroy()

  let peak = 0
  const sampling = setInterval(() => peak = Math.max(peak, largest(before)), 100)
  await whole(gigabyte)
  clearInterval(sampling)

  let served = 0
  const chat = {
    model: "openai/gpt-oss-120b",
    stream: true,
    messages: [{ role: "user", content: "hi" }],
  }
  const slow = { "x-simulator-fault": JSON.stringify({ drip_ms: 300, events: 1000 }) }
  const calls = Array.from(
    { length: streams },
    () =>
      post(
        `${base}/v1/chat/completions`,
        chat,
        slow,
        (answer) => answer.once("data", () => served++).on("error", () => {}),
      ),
  )
  for (let tries = 0; tries < 100 && served < streams; tries++) await sleep(100)
  const withStreams = largest(before)
  for (const call of calls) call.destroy()
  const left = Date.now()
  while (simulator.open() > 0 && Date.now() - left < 5000) await sleep(10)

  console.log(
    `${runtime}: ${served} of ${streams} streams served, upstream gone ${
      Date.now() - left
    } ms after the clients ` +
      `(${simulator.open()} left); MiB: idle ${idle.toFixed(0)}, paused reader ${whilePaused.toFixed(0)}, ` +
      `1 GB stream ${peak.toFixed(0)}, ${streams} streams ${withStreams.toFixed(0)}`,
  )
  await gateway.stop()
  await simulator.close()
}
