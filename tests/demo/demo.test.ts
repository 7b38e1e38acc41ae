/** `npm run demo` and `npm run simulator`, as a newcomer runs them. */
import assert from "node:assert/strict"
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import process from "node:process"
import { test } from "node:test"
import { promisify } from "node:util"

test("the demo ends with a record of each of its calls, the last of which Baseten cut", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", "tests/demo/main.ts"])
  const [, recorded = ""] = stdout.split("What was recorded\n")
  const rows = recorded.split("\n\n")[0]?.split("\n") ?? []
  assert.equal(rows.length, 8, recorded)
  for (const row of rows.slice(0, -1)) assert.match(row, / 200 +complete /)
  assert.match(rows.at(-1) ?? "", / 200 +upstream_cut /)
})

test("the demo that is kept serves a console with weeks of traffic until it is told to stop", async () => {
  const demo = spawn(process.execPath, ["--import", "tsx", "tests/demo/main.ts", "--keep"])
  let output = ""
  demo.stdout.setEncoding("utf8").on("data", (text: string) => output += text)
  while (!output.includes("Ctrl-C")) await once(demo.stdout, "data")
  const [, url = ""] = /(http:\S+)\/console/.exec(output) ?? []
  const [, token = ""] = /admin token: +(\S+)/.exec(output) ?? []
  assert.match(await (await fetch(`${url}/console`)).text(), /<div id="console">/)
  const month = await fetch(
    `${url}/client/v4/accounts/my-account/ai-gateway/analytics?since=-30d&bucket=all&by=model`,
    { headers: { authorization: `Bearer ${token}` } },
  )
  const { result } = await month.json() as {
    readonly result: { readonly rows: ReadonlyArray<unknown>; readonly totals: { readonly requests: number } }
  }
  assert.ok(result.rows.length > 5 && result.totals.requests > 3000, JSON.stringify(result.totals))
  demo.kill("SIGTERM")
  const [code] = await once(demo, "exit")
  assert.equal(code, 0)
})

test("the simulator prints the variables that point a gateway at it, as its page has them", async () => {
  const env = { ...process.env, PORT: "0" }
  const simulator = spawn(process.execPath, ["--import", "tsx", "tests/simulator/main.ts"], { env })
  let output = ""
  simulator.stdout.setEncoding("utf8").on("data", (text: string) => output += text)
  while (!output.includes("CHAIN_URL")) await once(simulator.stdout, "data")
  simulator.kill("SIGTERM")
  await once(simulator, "exit")
  const port = /127\.0\.0\.1:(\d+)/.exec(output)?.[1] ?? ""
  const lines = output.replaceAll(port, "9100").split("\n").filter((line) => line.startsWith("export "))
  assert.equal(lines.length, 3)
  assert.ok(
    readFileSync("tests/README.md", "utf8").includes(`${lines.join("\n")}\nnpm start\n`),
    lines.join("\n"),
  )
})
