/** `basegate usage` over the file and over the API of one gateway: the same sums, to the last digit. */
import assert from "node:assert/strict"
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { createInterface, type Interface } from "node:readline"
import { after, before, test } from "node:test"
import { type Simulator, startSimulator } from "../simulator/server.ts"
import { type SpawnedGateway, spawnGateway } from "../support/spawn-gateway.ts"
import { type Printed, runHere } from "./run-many.ts"

const folder = mkdtempSync(join(tmpdir(), "basegate-usage-"))
const file = join(folder, "log.db")
const admin = "adm-usage"
const bun = "node_modules/.bin/bun"

let simulator: Simulator
let gateway: SpawnedGateway
/** A process that reads the file: this Node may have no SQLite. */
let reader: ChildProcess
let answers: Interface

interface Row {
  readonly group: Readonly<Record<string, string | null>>
  readonly requests: number
  readonly tokens_in: number
  readonly cost: number | null
  readonly unpriced: number
}
interface Usage {
  readonly since: string
  readonly until: string
  readonly time_zone: string
  readonly by: ReadonlyArray<string>
  readonly rows: ReadonlyArray<Row>
  readonly totals: Row
}

/** In a process of its own, as users run it. */
const usage = (args: ReadonlyArray<string>, env: Record<string, string>): Promise<Printed> =>
  new Promise((resolve) => {
    execFile(
      bun,
      ["lib/commands/cli.ts", "usage", ...args],
      { env: { PATH: process.env["PATH"], ...env } },
      (error, out, err) => resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err }),
    )
  })
const ofFile = async (...args: ReadonlyArray<string>): Promise<Printed> => {
  const answer = once(answers, "line")
  reader.stdin?.write(`${JSON.stringify(["usage", ...args])}\n`)
  const [line] = await answer as [string]
  return JSON.parse(line) as Printed
}
const ofGateway = (...args: ReadonlyArray<string>): Promise<Printed> =>
  runHere(["usage", ...args, "--url", gateway.url], { BASEGATE_ADMIN_TOKEN: admin })
const asJson = async (printed: Promise<Printed>): Promise<Usage> => {
  const { code, out, err } = await printed
  assert.deepEqual([code, err], [0, ""])
  return JSON.parse(out) as Usage
}

const call = async (id: string, path: string, headers: Record<string, string> = {}): Promise<void> => {
  const response = await fetch(`${gateway.url}/v1/acme/${id}/baseten/${path}`, {
    method: "POST",
    headers: { authorization: "Bearer sk-own", "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "openai/gpt-oss-120b", messages: [{ role: "user", content: "hi" }] }),
  })
  await response.text()
}
const chat = "v1/chat/completions"
const costs = [0.1, 0.2, 0.7, 1e-12, 1234.567890123456, 0.000074123]

before(async () => {
  reader = spawn(bun, ["tests/commands/run-many.ts"], {
    env: { PATH: process.env["PATH"], BASEGATE_DB: file },
    stdio: ["pipe", "pipe", "inherit"],
  })
  answers = createInterface({ input: reader.stdout ?? process.stdin })
  simulator = await startSimulator()
  gateway = await spawnGateway("bun", {
    ...simulator.env,
    BASEGATE_DB: file,
    BASEGATE_ADMIN_TOKEN: admin,
    BASEGATE_CONFIG: `{"gateways":{"*":{}}}`,
  })
  for (const cost of costs) {
    await call("team", chat, {
      "cf-aig-custom-cost": JSON.stringify({ total_cost: cost }),
      "cf-aig-metadata": `{"team":"a=b"}`,
    })
  }
  await call("other", chat, { "cf-aig-metadata": `{"team":"evil\\u001b[2J"}` })
  await call("team", "model/abcd1234/production/predict")
  await new Promise((resolve) => setTimeout(resolve, 400))
})
after(async () => {
  reader?.stdin?.end()
  await gateway?.stop()
  await simulator?.close()
  rmSync(folder, { recursive: true, force: true })
})

const month = new Date().toISOString().slice(0, 7)
const zone = ["--time-zone", "Asia/Kolkata"]

test("the file, the API and a sum over the entries agree to the last digit", async () => {
  const response = await fetch(
    `${gateway.url}/client/v4/accounts/acme/ai-gateway/gateways/team/logs?format=ndjson`,
    { headers: { authorization: `Bearer ${admin}` } },
  )
  const entries = (await response.text()).split("\n").slice(0, -1)
    .map((line) => JSON.parse(line) as { cost: number | null })
  const sum = entries.reduce((sum, { cost }) => sum + BigInt(Math.round((cost ?? 0) * 1e12)), 0n)
  for (const args of [["--month", month], ["--month", month, ...zone], ["--since", "1h"]]) {
    for (const by of ["model", "token", "deployment,gateway", "metadata.team"]) {
      const asked = ["--gateway", "acme/team", "--by", by, ...args, "--json"]
      const [one, other] = [await asJson(ofFile(...asked)), await asJson(ofGateway(...asked))]
      assert.deepEqual(one.rows, other.rows)
      assert.deepEqual(one.totals, other.totals)
      assert.equal(one.totals.cost, Number(sum) / 1e12)
      assert.deepEqual([one.totals.requests, one.totals.unpriced], [costs.length + 1, 1])
    }
  }
})

test("a row for each group, the dearest first, with what has no price apart", async () => {
  const { rows, by, time_zone } = await asJson(
    ofFile("--by", "model", "--account", "acme", "--json", ...zone),
  )
  assert.deepEqual([by, time_zone], [["model"], "Asia/Kolkata"])
  assert.deepEqual(
    rows.map(({ group, requests, cost, unpriced }) => [group, requests, cost === null, unpriced]),
    [
      [{ model: "openai/gpt-oss-120b" }, 7, false, 0],
      [{ model: "abcd1234" }, 1, true, 1],
    ],
  )
  const gateways = await asJson(ofFile("--by", "gateway", "--json"))
  assert.deepEqual(gateways.rows.map(({ group }) => group["gateway"]), ["acme/team", "acme/other"])
  assert.deepEqual(
    (await asJson(ofGateway("--by", "gateway", "--json", "--account", "acme"))).rows,
    gateways.rows,
  )
})

test("as a table, without what a terminal obeys", async () => {
  const { code, out, err } = await ofFile("--by", "metadata.team,model", "--month", month)
  assert.deepEqual([code, err], [0, ""])
  const [period, blank, header, ...lines] = out.trimEnd().split("\n")
  assert.match(period ?? "", new RegExp(`^From ${month}-01T00:00Z until \\d{4}-\\d\\d-01T00:00Z$`))
  assert.equal(blank, "")
  assert.match(header ?? "", /^metadata\.team +model +requests +tokens in +tokens out +cost +unpriced$/)
  assert.deepEqual(lines.map((line) => line.split(/ {2,}/).slice(0, 3)), [
    ["a=b", "openai/gpt-oss-120b", "6"],
    ["evil?[2J", "openai/gpt-oss-120b", "1"],
    ["(none)", "abcd1234", "1"],
    [lines[3] ?? ""],
    ["total", "8", lines[4]?.split(/ {2,}/)[2] ?? ""],
  ])
  assert.match(lines[0] ?? "", / \$1,235\.567964246457 +0$/)
  assert.match(lines[2] ?? "", / unknown +1$/)
  assert.match(lines[4] ?? "", / \$1,235\.5[0-9]+ +1$/)
  assert.ok(!out.includes("\x1b"))
  const none = await ofFile("--month", "2001-01")
  assert.deepEqual(none.out.split("\n"), [
    "From 2001-01-01T00:00Z until 2001-02-01T00:00Z",
    "",
    "No requests.",
    "",
  ])
})

test("as CSV, with every digit", async () => {
  const { out } = await ofFile("--by", "metadata.team", "--month", month, "--csv")
  const [header, first, ...rest] = out.split("\r\n")
  assert.equal(
    header,
    "metadata.team,requests,errors,cached,tokens_in,tokens_out,tokens_cached,cost,unpriced",
  )
  assert.match(first ?? "", /^a=b,6,0,0,\d+,\d+,\d+,1235\.567964246457,0$/)
  assert.deepEqual([rest.length, rest.at(-1)], [3, ""])
  const empty = await ofFile("--month", "2001-01", "--csv")
  assert.equal(empty.out, "model,requests,errors,cached,tokens_in,tokens_out,tokens_cached,cost,unpriced\r\n")
})

test("as users run it: exit codes, and what is wrong in a line", async () => {
  const found = await usage(["--month", month, "--csv"], { BASEGATE_DB: file })
  assert.deepEqual(found, await ofFile("--month", month, "--csv"))
  const missing = await usage(["--db", join(folder, "none.db")], {})
  assert.deepEqual([missing.code, missing.out], [1, ""])
  assert.match(missing.err, /^basegate usage: there is no request log at .*none\.db/)
  const [name, token] = [join(folder, "name"), join(folder, "token")]
  writeFileSync(name, `${file}\n`)
  writeFileSync(token, `${admin}\n`)
  assert.deepEqual(await usage(["--month", month, "--csv"], { BASEGATE_DB_FILE: name }), found)
  const both = await usage([], { BASEGATE_DB: file, BASEGATE_DB_FILE: name })
  assert.deepEqual([both.code, both.out], [1, ""])
  assert.match(both.err, /^basegate usage: BASEGATE_DB, BASEGATE_DB_FILE: expected one of the two/)
  const ofApi = await runHere(["usage", "--account", "acme", "--url", gateway.url], {
    BASEGATE_ADMIN_TOKEN_FILE: token,
  })
  assert.deepEqual([ofApi.code, ofApi.err], [0, ""])
  const wrong = await usage(["--url", gateway.url, "--account", "acme"], { BASEGATE_ADMIN_TOKEN: "wrong" })
  assert.equal(wrong.code, 1)
  assert.match(wrong.err, /^basegate usage: the gateway at http:\S+ answers 401: /)
})

test("a Node without SQLite says what to use, or asks the gateway", async () => {
  if (process.getBuiltinModule("node:sqlite") !== undefined) return
  const old = await runHere(["usage"], {})
  assert.equal(old.code, 1)
  assert.match(
    old.err,
    /this Node has no SQLite to read the log with: use Node 22\.13 or later, Bun or Deno, or set/,
  )
  const { port } = new URL(gateway.url)
  const own = await runHere(["usage", "--account", "acme"], { BASEGATE_ADMIN_TOKEN: admin, PORT: port })
  assert.deepEqual([own.code, own.err], [0, ""])
  assert.match(own.out, /total/)
})
