/**
 * `basegate` of the package, where nothing else is installed: on each runtime, from settings to what was spent.
 *
 * It packs the `dist` that is there, which `npm test` has just built.
 *
 * @module
 */
import assert from "node:assert/strict"
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, symlink } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { after, before, describe, test } from "node:test"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { type Simulator, startSimulator } from "../simulator/server.ts"
import { inherited } from "../support/spawn-gateway.ts"

const project = fileURLToPath(new URL("../..", import.meta.url))
const bin = (name: string) => join(project, "node_modules/.bin", name)
const run = promisify(execFile)

let simulator: Simulator
let folder: string
/** The command, as npm links it. */
let command: string

before(async () => {
  assert.ok(existsSync(join(project, "dist/cli.mjs")), "npm run build comes first")
  simulator = await startSimulator()
  folder = await mkdtemp(join(tmpdir(), "basegate-cli-"))
  const options = ["--ignore-scripts", "--json", "--offline", "--no-update-notifier"]
  const { stdout } = await run("npm", ["pack", ...options, "--pack-destination", folder], { cwd: project })
  const [tarball] = JSON.parse(stdout) as [{ filename: string }]
  await run("tar", ["-xzf", join(folder, tarball.filename), "-C", folder])
  const modules = join(folder, "node_modules")
  await mkdir(join(modules, ".bin"), { recursive: true })
  await rename(join(folder, "package"), join(modules, "basegate"))
  const manifest = JSON.parse(await readFile(join(modules, "basegate/package.json"), "utf8")) as {
    bin: { basegate: string }
  }
  // npm makes what it links executable.
  await chmod(join(modules, "basegate", manifest.bin.basegate), 0o755)
  command = join(modules, ".bin/basegate")
  await symlink(join("../basegate", manifest.bin.basegate), command)
})
after(async () => {
  await simulator?.close()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

const runtimes: Readonly<Record<string, () => ReadonlyArray<string>>> = {
  // By its first line, as a shell runs it.
  Node: () => [command],
  Bun: () => [bin("bun"), command],
  Deno: () => [bin("deno"), "run", "-A", "--node-modules-dir=manual", command],
}

for (const [name, words] of Object.entries(runtimes)) {
  describe(`basegate on ${name}`, () => {
    const admin = "adm-package"
    const env = () => ({ ...inherited, ...simulator.env, BASEGATE_ADMIN_TOKEN: admin })
    let home: string
    const basegate = (...args: ReadonlyArray<string>) => {
      const [program = "", ...first] = words()
      return run(program, [...first, ...args], { cwd: home, env: env(), timeout: 60_000 })
    }
    before(async () => {
      home = await mkdtemp(join(folder, "home-"))
    })

    test("init, check, start, a call, usage", async () => {
      assert.match((await basegate("init")).stdout, /^Wrote basegate\.yaml/)
      const { stdout: checked } = await basegate("check")
      assert.match(checked, /^The settings are good/)
      const [program = "", ...first] = words()
      const server = spawn(program, [...first, "start", "--port", "0"], {
        cwd: home,
        env: env(),
        stdio: ["ignore", "pipe", "inherit"],
      })
      const exit = once(server, "exit")
      let output = ""
      try {
        for await (const text of server.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
          output += text
          if (/^ +try /m.test(output)) break
        }
        server.stdout.resume()
        const [, url = ""] = /^basegate listens on (\S+)\n/.exec(output) ?? []
        assert.match(output, new RegExp(`curl ${url}/v1/my-account/my-gateway/baseten/v1/chat/completions`))
        assert.ok(!output.includes(admin))
        const response = await fetch(`${url}/v1/my-account/my-gateway/baseten/v1/chat/completions`, {
          method: "POST",
          headers: { authorization: "Bearer sk-own", "cf-aig-custom-cost": `{"total_cost":0.25}` },
          body: JSON.stringify({
            model: "openai/gpt-oss-120b",
            messages: [{ role: "user", content: "Hello" }],
          }),
        })
        assert.equal(response.status, 200, await response.text())
        await new Promise((resolve) => setTimeout(resolve, 400))
        const { stdout } = await basegate("usage", "--url", url, "--account", "my-account", "--json")
        const { totals } = JSON.parse(stdout) as { totals: { requests: number; cost: number } }
        assert.deepEqual([totals.requests, totals.cost], [1, 0.25])
      } finally {
        server.kill("SIGTERM")
      }
      assert.deepEqual(await exit, [0, null])
      const hasFile = await stat(join(home, "basegate.db")).then(() => true, () => false)
      assert.equal(hasFile, name !== "Node" || process.getBuiltinModule("node:sqlite") !== undefined)
      if (!hasFile) return
      assert.match((await basegate("usage")).stdout, /openai\/gpt-oss-120b +1 .* \$0\.25 /)
      assert.match((await basegate("logs")).stdout, / openai\/gpt-oss-120b +200 /)
    })

    test("the demo runs from the package", async () => {
      const { stdout } = await basegate("demo")
      assert.match(stdout, /What was recorded\n(.+\n){8}\n/)
    })

    test("mistakes in settings are reported in lines, with exit code 1", async () => {
      const [program = "", ...first] = words()
      const wrong = { ...env(), PORT: "many", BASEGATE_TOKEN: "tok-secret" }
      const { code, stdout, stderr } = await run(program, [...first, "check"], { cwd: home, env: wrong })
        .then(
          () => assert.fail(),
          (error: { code: number; stdout: string; stderr: string }) => error,
        )
      assert.equal(code, 1)
      assert.match(stdout, /^PORT: expected a port number/m)
      assert.match(stdout, /^BASEGATE_TOKEN: unknown variable; perhaps BASEGATE_TOKENS was meant/m)
      assert.match(stderr, /^basegate check: there are 2 problems\n$/)
      assert.doesNotMatch(stdout + stderr, /tok-secret|\n +at /)
    })
  })
}
