/**
 * `npm run build` writes to `dist`: `mod.js`, `postgres.js` and `redis.js` with their types, for npm; `worker.js` and
 * `cloudflare.js`; the servers `bun.mjs`, `deno.mjs` and `node.mjs` and the command `cli.mjs`, each a single module
 * that needs nothing installed; the console in `console`; `config.schema.json`; and a list of the bundled packages,
 * with their licences.
 *
 * @module
 */
import { execFileSync } from "node:child_process"
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import { build, type BuildOptions, type Plugin } from "esbuild"
import { product } from "../version.ts"
import { bundledPackages } from "./bundled-packages.ts"
import { bundleConsole } from "./bundle-console.ts"
import { bundleWorker } from "./bundle-worker.ts"
import { configSchema } from "./config-schema.ts"

rmSync("dist", { recursive: true, force: true })

const packages = bundledPackages()
const plugins = [packages.plugin]
const common: BuildOptions = {
  bundle: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
  metafile: true,
  plugins,
}

/** Sets the file that `loadPostgres` loads, next to the one that is built. */
const loading = (file: string): Plugin => ({
  name: "postgres",
  setup: ({ onLoad }) => {
    onLoad({ filter: /lazy-postgres\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace("./postgres-engine.ts", file),
      loader: "ts",
    }))
  },
})

// Some bundled packages are CommonJS for Node, and need a `require`, which modules do not have.
const forNode: BuildOptions = {
  ...common,
  platform: "node",
  alias: { yaml: "./node_modules/yaml/browser/index.js", "@redis/client": "./redis-client.cjs" },
  external: ["./redis-client.cjs"],
  plugins: [...plugins, loading("./postgres-engine.mjs")],
}

// Half the size of a server, and loaded only if counts are kept in a Redis. It stays CommonJS.
await build({
  ...common,
  format: "cjs",
  platform: "node",
  minify: true,
  stdin: {
    contents: 'export { createClient, createCluster, ErrorReply } from "@redis/client"',
    resolveDir: ".",
  },
  outfile: "dist/redis-client.cjs",
})

// Loaded only if the log is kept in a Postgres.
await build({
  ...common,
  platform: "node",
  minify: true,
  entryPoints: { "postgres-engine": "lib/runtime/postgres-engine.ts" },
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
})

await build({
  ...common,
  entryPoints: { mod: "mod.ts", postgres: "lib/runtime/postgres.ts", redis: "lib/runtime/redis.ts" },
  outdir: "dist",
  external: ["@effect/sql-pg", "@redis/client", "effect", "jose", "yaml"],
  platform: "neutral",
  plugins: [...plugins, loading("./postgres.js")],
})

// A server in one file starts twice as fast as one that loads Effect's many modules.
await build({
  ...forNode,
  entryPoints: ["lib/runtime/bun.ts", "lib/runtime/deno.ts", "lib/runtime/node.ts"],
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
})

// The thread that a server, or `dist/mod.js`, starts to read the log.
await build({
  ...forNode,
  entryPoints: ["lib/runtime/reading-thread-main.ts"],
  outfile: "dist/reading-thread.mjs",
  minify: true,
})

// The command loads a server, and the demo, which contains a client's SDK, only when needed.
await build({ ...forNode, entryPoints: ["lib/commands/cli.ts"], outfile: "dist/cli.mjs" })
await build({
  ...forNode,
  entryPoints: ["tests/demo/run-demo.ts"],
  outfile: "dist/demo.mjs",
  minify: true,
})
await build({
  ...forNode,
  entryPoints: ["tests/conform/run-conform.ts"],
  outfile: "dist/conform.mjs",
  minify: true,
})
chmodSync("dist/cli.mjs", 0o755)

writeFileSync("dist/worker.js", (await bundleWorker({ plugins })).code)
writeFileSync("dist/cloudflare.js", (await bundleWorker({ plugins }, "lib/runtime/cloudflare.ts")).code)
writeFileSync("dist/config.schema.json", `${JSON.stringify(configSchema(), null, 2)}\n`)

const ofConsole = await bundleConsole(plugins)

writeFileSync("dist/third-party-licenses.txt", packages.licenses())
writeFileSync("dist/sbom.cdx.json", packages.billOfMaterials(product.version))

const flags =
  "--declaration --emitDeclarationOnly --outDir dist --rootDir . --target es2022 --module nodenext " +
  "--types node --skipLibCheck --strict --exactOptionalPropertyTypes --rewriteRelativeImportExtensions --lib es2024,dom,dom.iterable,dom.asynciterable"
execFileSync("node_modules/.bin/tsc", [
  ...flags.split(" "),
  "mod.ts",
  "lib/runtime/cloudflare.ts",
  "lib/runtime/postgres.ts",
  "lib/runtime/redis.ts",
  "lib/runtime/workers.ts",
], {
  stdio: "inherit",
})

// The compiler leaves .ts in declarations (TypeScript 7.0); consumers look for .js beside .d.ts.
for (
  const file of readdirSync("dist", { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".d.ts")
  )
) {
  const path = `dist/${file}`
  writeFileSync(path, readFileSync(path, "utf8").replaceAll(/(from "\.[^"]*)\.ts"/g, '$1.js"'))
}

for (const file of ["dist/mod.js", "dist/worker.js", "dist/cloudflare.js"]) {
  const bytes = readFileSync(file)
  console.log(`${file}: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzip`)
}
console.log(`dist/console: ${ofConsole.bytes} bytes, ${ofConsole.gzip} gzip`)
