/** The calls on the pages, made as they stand there. */
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import process from "node:process"
import { after, before, describe, test } from "node:test"
import { promisify } from "node:util"
import { type Simulator, startSimulator } from "../simulator/server.ts"
import { type SpawnedGateway, spawnGateway } from "../support/spawn-gateway.ts"
import { blocks } from "./markdown.ts"
import { pages, textOf } from "./pages.ts"

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

describe("the pages' calls", () => {
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
    await gateway?.stop()
    await simulator?.close()
  })
  const real = (text: string): string =>
    text.replaceAll("http://127.0.0.1:8787", gateway.url)
      .replaceAll("{baseten_api_token}", "sk-readme")
      .replaceAll("{model_id}", "json1234")
      .replaceAll("{admin_token}", "admin-readme")

  const curls = pages.flatMap((page) =>
    blocks(textOf(page), "sh").filter(({ text }) => text.startsWith("curl ")).map(({ text }) => ({
      page,
      text,
    }))
  )
  test("the README has one for each way to call", () =>
    assert.equal(curls.filter(({ page }) => page === "README.md").length, 3))
  for (const [index, { page, text }] of curls.entries()) {
    test(`${page}: curl ${index + 1} is answered 200`, async () => {
      const { url, headers, data } = readCurl(real(text))
      const response = await fetch(url, { method: "POST", headers, body: data })
      assert.equal(response.status, 200, await response.text())
    })
  }

  const scripts = pages.flatMap((page) =>
    blocks(textOf(page), "js ignore").map(({ text }) => ({ page, text }))
  )
  for (const [index, { page, text }] of scripts.entries()) {
    test(`${page}: JavaScript ${index + 1} runs in Node and prints an answer`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "basegate-pages-"))
      try {
        symlinkSync(resolve("node_modules"), join(folder, "node_modules"))
        writeFileSync(join(folder, "call.mjs"), real(text))
        const { stdout } = await promisify(execFile)(process.execPath, ["call.mjs"], { cwd: folder })
        const expected = text.includes("aiGateway.create")
          ? /^ann bgt_[\w-]{43}$/m
          : text.includes("/client/v4")
          ? / no\/such-model 4\d\d /
          : /What is Cloudflare\?/
        assert.match(stdout, expected)
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  }
})
