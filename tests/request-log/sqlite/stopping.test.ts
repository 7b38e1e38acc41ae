/** What is in the log's file after a gateway was stopped, or killed, while it was busy. */
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, test } from "node:test"
import { promisify } from "node:util"
import { startSimulator } from "../../simulator/server.ts"
import { type SpawnedGateway, spawnGateway } from "../../support/spawn-gateway.ts"

const callers = 16
const answersBefore = 500

/** Calls again and again until the gateway goes; notes when each answer had come, by its log id. */
const callOn = async (
  { url }: SpawnedGateway,
  answered: Map<string, number>,
  enough: () => void,
): Promise<void> => {
  const caller = async (): Promise<void> => {
    for (;;) {
      try {
        const response = await fetch(`${url}/v1/account/gateway/baseten/v1/chat/completions`, {
          method: "POST",
          headers: { authorization: "Bearer sk-own", "content-type": "application/json" },
          body: `{"model": "openai/gpt-oss-120b", "messages": [{"role": "user", "content": "hi"}]}`,
        })
        await response.text()
        answered.set(response.headers.get("cf-aig-log-id") ?? "", performance.now())
        if (answered.size === answersBefore) enough()
      } catch {
        return
      }
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
}

const idsIn = async (file: string): Promise<ReadonlySet<string>> => {
  const { stdout } = await promisify(execFile)(
    "node_modules/.bin/bun",
    ["tests/request-log/sqlite/entries.ts", file],
    {
      maxBuffer: 1e8,
    },
  )
  return new Set(JSON.parse(stdout) as Array<string>)
}

const underLoad = async (
  runtime: "bun" | "deno",
  end: (gateway: SpawnedGateway) => Promise<void>,
): Promise<{ answered: ReadonlyMap<string, number>; kept: ReadonlySet<string>; ended: number }> => {
  const folder = await mkdtemp(join(tmpdir(), "basegate-stopping-"))
  const simulator = await startSimulator()
  try {
    const file = join(folder, "log.db")
    const gateway = await spawnGateway(runtime, { ...simulator.env, BASEGATE_DB: file, LOG_LEVEL: "none" })
    const answered = new Map<string, number>()
    let calls = Promise.resolve()
    await new Promise<void>((enough) => calls = callOn(gateway, answered, enough))
    const ended = performance.now()
    await end(gateway)
    await calls
    return { answered, kept: await idsIn(file), ended }
  } finally {
    await simulator.close()
    await rm(folder, { recursive: true, force: true })
  }
}

describe("the log's file after the end of a busy gateway", () => {
  for (const runtime of ["bun", "deno"] as const) {
    test(`${runtime}: SIGTERM loses no answered request`, async () => {
      const { answered, kept } = await underLoad(runtime, (gateway) => gateway.stop(20_000))
      assert.deepEqual([...answered.keys()].filter((id) => !kept.has(id)), [])
    })

    test(`${runtime}: SIGKILL loses no more than the last interval, and the file is whole`, async () => {
      const { answered, kept, ended } = await underLoad(runtime, (gateway) => gateway.kill())
      const lost = [...answered].filter(([id]) => !kept.has(id)).map(([, time]) => ended - time)
      // 200 ms, and as much again for a machine that is busy with the callers and the simulator.
      assert.ok(
        Math.max(0, ...lost) < 400,
        `${lost.length} of ${answered.size}, up to ${Math.max(...lost)} ms before`,
      )
    })
  }
})
