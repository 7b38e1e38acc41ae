/**
 * The console: a page, one script and one style sheet in `dist/console`.
 *
 * @module
 */
import { createHash } from "node:crypto"
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { basename } from "node:path"
import { gzipSync } from "node:zlib"
import { build, type Plugin } from "esbuild"
import { configSchema } from "./config-schema.ts"

const folder = "dist/console"
/** The size limit of everything together, in bytes of gzip. */
const mostBytes = 120_000

const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#2b59c3"/>' +
  '<path d="M8 23V9m8 14V9m8 14V9M6 16h20" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/></svg>\n'

const page = (script: string, style: string): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>basegate</title>
<link rel="icon" href="/console/icon.svg">
<link rel="stylesheet" href="/console/${style}">
<script type="module" src="/console/${script}"></script>
</head>
<body><div id="console"></div><noscript>The console needs JavaScript.</noscript></body>
</html>
`

/**
 * The JSON Schema of the settings, which the page of gateways loads. Its name contains a digest, as those of the
 * other files do.
 */
const settingsSchema = (): readonly [name: string, contents: Uint8Array] => {
  const contents = new TextEncoder().encode(JSON.stringify(configSchema()))
  const digest = createHash("sha256").update(contents).digest("hex").slice(0, 8)
  return [`settings-${digest}.json`, contents]
}

/**
 * Writes the console, and removes the files of an earlier build. The page is written after the files that it names,
 * so that a gateway can serve it meanwhile.
 *
 * @param plugins plugins that inspect the bundle
 * @returns the total size in bytes, plain and as gzip; throws above the limit
 */
export const bundleConsole = async (
  plugins: Array<Plugin> = [],
): Promise<{ readonly bytes: number; readonly gzip: number }> => {
  const [schemaName, schema] = settingsSchema()
  const { outputFiles } = await build({
    entryPoints: { console: "lib/console/main.tsx" },
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    jsx: "automatic",
    jsxImportSource: "preact",
    entryNames: "[name]-[hash]",
    define: { SETTINGS_SCHEMA: JSON.stringify(`/console/${schemaName}`) },
    outdir: folder,
    write: false,
    logLevel: "warning",
    legalComments: "none",
    metafile: true,
    plugins,
  })
  const files = new Map(outputFiles.map(({ path, contents }) => [basename(path).toLowerCase(), contents]))
  const named = (end: string): string => [...files.keys()].find((name) => name.endsWith(end)) ?? ""
  const text = new TextEncoder()
  files.set("icon.svg", text.encode(icon))
  files.set(schemaName, schema)
  files.set("index.html", text.encode(page(named(".js"), named(".css"))))
  mkdirSync(folder, { recursive: true })
  let [bytes, gzip] = [0, 0]
  for (const [name, contents] of files) {
    writeFileSync(`${folder}/${name}`, contents)
    bytes += contents.byteLength
    gzip += gzipSync(contents, { level: 9 }).length
  }
  for (const name of readdirSync(folder)) if (!files.has(name)) rmSync(`${folder}/${name}`)
  if (gzip > mostBytes) {
    throw new Error(`The console has ${gzip} bytes of gzip, of ${mostBytes} that it may have.`)
  }
  return { bytes, gzip }
}
