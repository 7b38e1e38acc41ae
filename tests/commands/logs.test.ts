/** `npm run logs`, as its users run it: on Bun, over the file that a gateway has written. */
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { after, before, test } from "node:test"
import type { LogEntry } from "../../lib/request-log/entry.ts"
import { startSimulator } from "../simulator/server.ts"
import { spawnGateway } from "../support/spawn-gateway.ts"

const folder = mkdtempSync(join(tmpdir(), "basegate-logs-"))
const file = join(folder, "log.db")
after(() => rmSync(folder, { recursive: true, force: true }))

interface Printed {
  readonly code: number
  readonly out: string
  readonly err: string
}

const logs = (args: ReadonlyArray<string>, db = file): Promise<Printed> =>
  new Promise((resolve) => {
    const env = { PATH: process.env["PATH"], BASEGATE_DB: db }
    execFile(
      "node_modules/.bin/bun",
      ["lib/commands/cli.ts", "logs", ...args],
      { env },
      (error, out, err) => {
        resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err })
      },
    )
  })

const entries = async (...args: ReadonlyArray<string>): Promise<ReadonlyArray<LogEntry>> => {
  const { code, out, err } = await logs([...args, "--json"])
  assert.deepEqual([code, err], [0, ""])
  return out.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as LogEntry)
}
const models = (list: ReadonlyArray<LogEntry>) => list.map(({ model }) => model)

const hostile = "evil\x1b[2J\x9b2J"
const calls = [
  ["team", "openai/gpt-oss-120b"],
  ["team", hostile],
  ["other", "zai-org/GLM-5.3"],
] as const

before(async () => {
  const simulator = await startSimulator()
  const settings = { gateways: { "*": { collect_log_payloads: true } } }
  const gateway = await spawnGateway("bun", {
    ...simulator.env,
    BASEGATE_DB: file,
    BASEGATE_CONFIG: JSON.stringify(settings),
  })
  for (const [id, model] of calls) {
    const response = await fetch(`${gateway.url}/v1/acme/${id}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer sk-own", "content-type": "application/json" },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "hi" }] }),
    })
    await response.text()
  }
  await gateway.stop()
  await simulator.close()
})

test("npm run logs: the newest of all gateways, the newest last, as lines", async () => {
  const { code, out, err } = await logs([])
  assert.deepEqual([code, err], [0, ""])
  const [header, ...lines] = out.trimEnd().split("\n")
  assert.match(header ?? "", /^time +gateway +model/)
  assert.deepEqual(lines.map((line) => line.split(/ +/).slice(2, 5)), [
    ["acme/team", "openai/gpt-oss-120b", "200"],
    ["acme/team", "evil?[2J?2J", "404"],
    ["acme/other", "zai-org/GLM-5.3", "200"],
  ])
})

test("npm run logs: options choose", async () => {
  assert.deepEqual(models(await entries()), calls.map(([, model]) => model))
  assert.deepEqual(models(await entries("--last", "2")), [hostile, "zai-org/GLM-5.3"])
  assert.deepEqual(models(await entries("--failed")), [hostile])
  assert.deepEqual(models(await entries("--model", "GPT")), ["openai/gpt-oss-120b"])
  assert.deepEqual(models(await entries("--gateway", "acme/other")), ["zai-org/GLM-5.3"])
  assert.equal((await entries("--since", "1h")).length, 3)
  assert.equal((await entries("--since", "2100-01-01")).length, 0)
  assert.equal((await logs(["--gateway", "acme/none"])).out, "No request fits.\n")
})

test("npm run logs --id: one entry with its bodies", async () => {
  const [, entry] = await entries()
  const { out } = await logs(["--id", entry?.request_id ?? ""])
  const whole = JSON.parse(out) as LogEntry & Record<"request" | "response", { readonly text: string }>
  assert.equal(whole.request_id, entry?.request_id)
  assert.equal((JSON.parse(whole.request.text) as { model: string }).model, hostile)
  assert.match(whole.response.text, /error/)
  assert.ok(!out.includes("\x1b") && !out.includes("\x9b"))
  assert.equal((await logs(["--id", "none"])).code, 1)
})

test("npm run logs says in one line what is wrong", async () => {
  const [text, empty] = [join(folder, "text"), join(folder, "empty")]
  writeFileSync(text, "no database, but long enough to be one, and to be looked at".repeat(20))
  writeFileSync(empty, "")
  const problems: ReadonlyArray<readonly [RegExp, ReadonlyArray<string>, string]> = [
    [/there is no request log at .*missing.db: a gateway writes one/, [], join(folder, "missing.db")],
    [/there is no request log at /, [], folder],
    [/text cannot be read: file is not a database/, [], text],
    [/there is no option --modle; perhaps --model was meant/, ["--modle", "x"], file],
  ]
  for (const [problem, args, db] of problems) {
    const { code, out, err } = await logs(args, db)
    assert.deepEqual([code, out], [args.length > 0 ? 2 : 1, ""])
    assert.match(err, /^basegate logs: [^\n]+\n$/)
    assert.match(err, problem)
  }
  assert.deepEqual(await logs([], empty), { code: 0, out: "No request fits.\n", err: "" })
  assert.match((await logs(["--help"])).out, /npm run logs -- \[options\]/)
})
