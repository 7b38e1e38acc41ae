/**
 * What `npm pack` gives, used as its users use it: unpacked into another project, with no network.
 *
 * It packs the `dist` that is there, which `npm test` has just built.
 *
 * @module
 */
import assert from "node:assert/strict"
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import process from "node:process"
import { after, before, test } from "node:test"
import { fileURLToPath, pathToFileURL } from "node:url"
import { promisify } from "node:util"
import { build } from "esbuild"
import { type Simulator, startSimulator } from "../simulator/server.ts"

const project = fileURLToPath(new URL("../..", import.meta.url))
const bin = (name: string) => join(project, "node_modules/.bin", name)
const run = promisify(execFile)

let simulator: Simulator
let folder: string
let consumer: string
let packed: ReadonlyArray<string>
const installed = (path: string) => join(consumer, "node_modules/basegate", path)

/** An app on the package alone. Its variables come from its process, as a server's do. */
const app = `
import served, { createGateway } from "basegate"

const gateway = createGateway()
const alive = await gateway.fetch(new Request("https://app.example/livez"))
const answer = await gateway.fetch(
  new Request("https://app.example/v1/account/gateway/baseten/v1/models", {
    headers: { authorization: "Bearer sk-own" },
  }),
)
const { object } = await answer.json()
await gateway.dispose()
console.log(JSON.stringify({ served: typeof served.fetch, alive: alive.status, status: answer.status, object }))
`

/** What the app must say; it must also end by itself. */
const expected = { served: "function", alive: 200, status: 200, object: "list" }

const runs = async (command: string, args: ReadonlyArray<string>, cwd = consumer): Promise<void> => {
  const env = { ...process.env, ...simulator.env, LOG_LEVEL: "none" }
  const reached = simulator.requests().length
  const { stdout, stderr } = await run(command, [...args], { cwd, env, timeout: 10_000 })
  assert.deepEqual(JSON.parse(stdout), expected)
  assert.equal(stderr, "")
  assert.equal(simulator.requests().length, reached + 1)
}

before(async () => {
  assert.ok(existsSync(join(project, "dist/mod.js")), "npm run build comes first")
  simulator = await startSimulator()
  folder = await mkdtemp(join(tmpdir(), "basegate-package-"))
  consumer = join(folder, "consumer")
  const modules = join(consumer, "node_modules")
  await mkdir(modules, { recursive: true })
  const options = [
    "--ignore-scripts",
    "--json",
    "--offline",
    "--no-update-notifier",
    "--pack-destination",
    folder,
  ]
  const { stdout } = await run("npm", ["pack", ...options], { cwd: project })
  const [tarball] = JSON.parse(stdout) as [{ filename: string; files: ReadonlyArray<{ path: string }> }]
  packed = tarball.files.map(({ path }) => path)
  await run("tar", ["-xzf", join(folder, tarball.filename), "-C", folder])
  await rename(join(folder, "package"), installed(""))
  for (const name of ["effect", "jose", "yaml"]) {
    await symlink(join(project, "node_modules", name), join(modules, name))
  }
  await writeFile(join(consumer, "package.json"), `{"type":"module","private":true}`)
  await writeFile(join(consumer, "app.js"), app)
})
after(async () => {
  await simulator?.close()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

test("the package holds what was built, README and LICENSE, and nothing of the machine or the tests", async () => {
  for (
    const path of [
      "package.json",
      "README.md",
      "LICENSE",
      "dist/mod.js",
      "dist/postgres-engine.mjs",
      "dist/postgres.js",
      "dist/redis-client.cjs",
      "dist/redis.js",
      "dist/mod.d.ts",
      "dist/worker.js",
      "dist/cloudflare.js",
      "dist/console/index.html",
    ]
  ) {
    assert.ok(packed.includes(path), path)
  }
  const strange = packed.filter((path) =>
    !/^(package\.json|README\.md|LICENSE|dist\/(lib\/.*\.d\.ts|mod\.(js|d\.ts)|postgres\.js|postgres-engine\.mjs|redis\.js|redis-client\.cjs|worker\.js|cloudflare\.js|config\.schema\.json|sbom\.cdx\.json|third-party-licenses\.txt|(bun|cli|conform|demo|deno|node|reading-thread)\.mjs|console\/(index\.html|icon\.svg|settings-\w+\.json|console-\w+\.(css|js))))$/
      .test(path)
  )
  assert.deepEqual(strange, [])
  for (const path of packed) {
    const text = await readFile(installed(path), "utf8")
    assert.ok(!text.includes(project), `${path} names the project's folder`)
    assert.doesNotMatch(text, /file:\/\/\/|\/(?:home|Users)\/\w/, path)
    if (path.endsWith(".d.ts")) assert.doesNotMatch(text, /from "\.[^"]*\.ts"/, `${path} names sources`)
  }
})

test("every file that package.json exports, or that is a command, is in the package", async () => {
  const manifest = JSON.parse(await readFile(installed("package.json"), "utf8")) as {
    exports: Record<string, string | Record<string, string>>
    bin: Record<string, string>
  }
  const targets = Object.values({ ...manifest.exports, ...manifest.bin }).flatMap((
    entry,
  ) => typeof entry === "string" ? [entry] : Object.values(entry))
  assert.ok(targets.length > 0)
  for (const target of targets) assert.ok(packed.includes(target.replace("./", "")), target)
  // Tools look there for the version.
  assert.equal(manifest.exports["./package.json"], "./package.json")
})

const runtimes: ReadonlyArray<readonly [string, string, ReadonlyArray<string>]> = [
  ["Node", process.execPath, []],
  ["Bun", bin("bun"), ["run"]],
  ["Deno", bin("deno"), ["run", "-A", "--node-modules-dir=manual"]],
]
for (const [name, command, args] of runtimes) {
  test(`an app that imports it answers /livez and relays a call on ${name}`, () =>
    runs(command, [...args, "app.js"]))
}

test("esbuild bundles it for no platform in particular, and the bundle runs where nothing is installed", async () => {
  const alone = join(folder, "alone")
  const { warnings } = await build({
    entryPoints: [join(consumer, "app.js")],
    outfile: join(alone, "app.mjs"),
    bundle: true,
    format: "esm",
    platform: "neutral",
    logLevel: "silent",
  })
  assert.deepEqual(warnings, [])
  await runs(process.execPath, ["app.mjs"], alone)
})

const servers: ReadonlyArray<readonly [string, string, ReadonlyArray<string>]> = [
  ["bun.mjs", bin("bun"), []],
  ["deno.mjs", bin("deno"), ["serve", "-A", "--host", "127.0.0.1", "--port", "0"]],
  ["node.mjs", process.execPath, []],
]
for (const [file, command, args] of servers) {
  test(`${file} is a server where nothing is installed, and ends when it is told to`, async () => {
    const alone = await mkdtemp(join(folder, "server-"))
    await copyFile(installed(`dist/${file}`), join(alone, file))
    const env = { ...process.env, ...simulator.env, HOST: "127.0.0.1", PORT: "0" }
    const server = spawn(command, [...args, file], { cwd: alone, env, stdio: ["ignore", "pipe", "inherit"] })
    const exit = once(server, "exit")
    try {
      let output = ""
      for await (const text of server.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
        output += text
        if (output.includes("\n")) break
      }
      const [, url] = /^basegate listens on (\S+)\n/.exec(output) ?? []
      const response = await fetch(`${url}/v1/account/gateway/baseten/v1/models`, {
        headers: { authorization: "Bearer sk-own" },
      })
      assert.equal((await response.json() as { object: string }).object, "list")
    } finally {
      server.kill("SIGTERM")
    }
    assert.deepEqual(await exit, [0, null])
  })
}

test("basegate/worker is one module without imports, and serves as a Worker does", async () => {
  const path = createRequire(join(consumer, "app.js")).resolve("basegate/worker")
  assert.equal(dirname(path), dirname(installed("dist/worker.js")))
  const { metafile } = await build({
    entryPoints: [path],
    bundle: true,
    format: "esm",
    packages: "external",
    platform: "neutral",
    write: false,
    metafile: true,
  })
  assert.deepEqual(Object.values(metafile.inputs).map(({ imports }) => imports), [[]])
  const { default: worker } = await import(pathToFileURL(path).href) as {
    default: { fetch(request: Request, env: object, context: object): Promise<Response> }
  }
  const waiting: Array<Promise<unknown>> = []
  const context = { waitUntil: (promise: Promise<unknown>) => void waiting.push(promise) }
  const request = new Request("https://app.example/v1/account/gateway/baseten/v1/models", {
    headers: { authorization: "Bearer sk-own" },
  })
  const response = await worker.fetch(request, { ...simulator.env, LOG_LEVEL: "none" }, context)
  assert.equal((await response.json() as { object: string }).object, "list")
  await Promise.all(waiting)
  assert.equal(waiting.length, 1)
})

/** Uses every public name. The expected errors fail the check if a type turns out to be `any`. */
const typed = `
import served, {
  AuthForwarder, createGateway, type Ending, type Gateway, GatewayAuth, GatewayError, type GatewayOptions, product,
  type HostContext, type RequestRecord, StreamRelay, Telemetry, Transport, UrlResolver, Upstream,
} from "basegate"

const records: Array<RequestRecord> = []
const options: GatewayOptions = {
  env: { LOG_LEVEL: "none" },
  layer: Telemetry.layerSink((record) => records.push(record)),
  transport: Transport.layerFetch({ fetch: () => Promise.resolve(new Response("x")) }),
}
const gateway: Gateway = createGateway(options)
const context: HostContext = { loopback: true, waitUntil: (promise: Promise<unknown>) => void promise }
export const response: Promise<Response> = gateway.fetch(new Request("https://app.example/livez"), context)
export const ending: Ending | undefined = records[0]?.ending
export const version: string = product.version
export const status: (error: GatewayError) => number = (error) => error.status
export const listens: { readonly port: number; readonly hostname: string } = served
export const services = [AuthForwarder, GatewayAuth, StreamRelay, UrlResolver, Upstream] as const

// @ts-expect-error no such member
gateway.nothing
// @ts-expect-error not a record of variables
createGateway({ env: 3 })
// @ts-expect-error not an ending
export const wrong: Ending = "nearly"
`

test("tsc accepts a strict consumer, and checks the package's declarations too", async () => {
  await writeFile(join(consumer, "typed.ts"), typed)
  const check = async (...more: ReadonlyArray<string>) => {
    const args = ["--noEmit", "--strict", "--module", "nodenext", ...more, "typed.ts"]
    const failed = await run(bin("tsc"), args, { cwd: consumer }).then(
      () => "",
      (error: { stdout: string }) => error.stdout,
    )
    assert.equal(failed, "", more.join(" "))
  }
  await check()
  await check("--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess")
})
