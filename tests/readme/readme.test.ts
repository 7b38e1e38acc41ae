/** The README, held to what is there: its commands run, its settings decode, its tables are complete. */
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import process from "node:process"
import { after, before, describe, test } from "node:test"
import { promisify } from "node:util"
import * as Result from "effect/Result"
import { readSettings } from "../../lib/config/environment.ts"
import { GatewayEntry } from "../../lib/config/gateway-entry.ts"
import { type Simulator, startSimulator } from "../simulator/server.ts"
import { type SpawnedGateway, spawnGateway } from "../support/spawn-gateway.ts"

const readme = readFileSync("README.md", "utf8")
const blocks = (language: string): ReadonlyArray<string> =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gm"))].map(([, text]) => text ?? "")

/** The first cells of a table's rows, each of which may name several things. */
const named = (heading: string): ReadonlyArray<string> => {
  const section = readme.slice(readme.indexOf(heading))
  const [table = ""] = /(?:^\|.*\n)+/m.exec(section) ?? []
  return table.split("\n").slice(2).flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? "")
  )
}

/** The address, headers and body of a `curl` command, as a shell would pass them. */
const readCurl = (command: string) => {
  const words = [...command.replaceAll("\\\n", " ").matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) =>
    quoted ?? bare ?? ""
  )
  const valuesOf = (option: string) => words.filter((_, index) => words[index - 1] === option)
  return {
    url: words[1] ?? "",
    headers: valuesOf("--header").map((header) => header.split(": ") as [string, string]),
    data: valuesOf("--data")[0] ?? "",
  }
}

describe("the README's calls", () => {
  let simulator: Simulator
  let gateway: SpawnedGateway
  before(async () => {
    simulator = await startSimulator()
    gateway = await spawnGateway("bun", { ...simulator.env, BASEGATE_ADMIN_TOKEN: "admin-readme" })
    // The failed call that the log is asked for.
    await fetch(`${gateway.url}/v1/my-account/my-gateway/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer sk-readme", "cf-aig-metadata": '{"team":"search"}' },
      body: '{"model": "no/such-model", "messages": []}',
    })
  })
  after(async () => {
    await gateway.stop()
    await simulator.close()
  })
  const real = (text: string): string =>
    text.replaceAll("http://127.0.0.1:8787", gateway.url)
      .replaceAll("{baseten_api_token}", "sk-readme")
      .replaceAll("{model_id}", "json1234")
      .replaceAll("{admin_token}", "admin-readme")

  const curls = blocks("sh").filter((block) => block.startsWith("curl "))
  test("there is one for each way to call", () => assert.equal(curls.length, 3))
  for (const [index, command] of curls.entries()) {
    test(`curl ${index + 1} is answered 200`, async () => {
      const { url, headers, data } = readCurl(real(command))
      const response = await fetch(url, { method: "POST", headers, body: data })
      assert.equal(response.status, 200, await response.text())
    })
  }

  for (const [index, code] of blocks("js ignore").entries()) {
    test(`JavaScript ${index + 1} runs in Node and prints an answer`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "basegate-readme-"))
      try {
        symlinkSync(resolve("node_modules"), join(folder, "node_modules"))
        writeFileSync(join(folder, "call.mjs"), real(code))
        const { stdout } = await promisify(execFile)(process.execPath, ["call.mjs"], { cwd: folder })
        assert.match(stdout, code.includes("/client/v4") ? / no\/such-model 4\d\d / : /What is Cloudflare\?/)
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  }
})

const settingsOf = (config: string) =>
  readSettings({ BASETEN_API_KEY: "a", TEAM_KEY: "b", SPARE_KEY: "c", BASEGATE_CONFIG: config })

test("the README's settings decode", () => {
  const team = /BASEGATE_CONFIG='([^']+)'/.exec(readme)?.[1] ?? ""
  for (const config of [team, ...blocks("json")]) {
    const settings = settingsOf(config)
    assert.ok(Result.isSuccess(settings), Result.isFailure(settings) ? settings.failure : "")
  }
  assert.equal(blocks("json").length, 1)
})

test("the README lists every setting, and none that is not", () => {
  assert.deepEqual([...named("\n## Settings")].sort(), Object.keys(GatewayEntry.fields).sort())
})

test("the README lists every variable, and none that is not", () => {
  for (const name of named("\n## Variables")) {
    const settings = readSettings({ [name]: "\u0000 not valid" })
    assert.ok(Result.isFailure(settings) && settings.failure.startsWith(name), name)
  }
})
