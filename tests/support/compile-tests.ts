/**
 * Tests as modules that Node loads as they are: a process that compiles its own, and the library with them, takes two to
 * three seconds of processor time until its first test, and the suite has a hundred.
 *
 * @module
 */
import { readFileSync } from "node:fs"
import { pathToFileURL } from "node:url"
import { build, type Plugin } from "esbuild"
import { compiledPath } from "./compiled.ts"

const hrefOf = (path: string): string => pathToFileURL(path).href

/** What is loaded by a name that is not a literal: its source, by what it is compiled to. */
const lazy: Readonly<Record<string, string>> = {
  "lib/runtime/postgres-engine": "lib/runtime/postgres-engine.ts",
  "lib/runtime/reading-thread": "lib/runtime/reading-thread-main.ts",
}

/** Modules find what is beside their sources; what is itself compiled, beside one another. */
const placed = (folder: string): Plugin => ({
  name: "placed",
  setup: ({ onLoad }) => {
    onLoad({ filter: /\/(?:lib|tests)\/.*\.ts$/ }, ({ path }) => {
      let contents = readFileSync(path, "utf8")
      const isThread = path.endsWith("/lib/runtime/reading-thread.ts")
      const url = hrefOf(isThread ? compiledPath(folder, "lib/runtime/reading-thread.ts") : path)
      contents = contents.replaceAll("import.meta", `(${JSON.stringify({ url, filename: path })})`)
      if (path.endsWith("/lib/runtime/lazy-postgres.ts")) {
        const engine = hrefOf(compiledPath(folder, "lib/runtime/postgres-engine.ts"))
        contents = contents.replace('"./postgres-engine.ts"', JSON.stringify(engine))
      }
      return { contents, loader: "ts" }
    })
  },
})

/**
 * Compiles modules, each to a file of its own; what several import is shared, and packages stay where they are installed.
 *
 * @param sources paths from the project's folder
 * @param folder where to: somewhere in the project, so that packages are found
 */
export const compileTests = async (sources: ReadonlyArray<string>, folder: string): Promise<void> => {
  await build({
    entryPoints: { ...Object.fromEntries(sources.map((path) => [path.replace(/\.ts$/, ""), path])), ...lazy },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunks/[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    // Failures name the sources; their text is at hand.
    sourcemap: "linked",
    sourcesContent: false,
    keepNames: true,
    logLevel: "warning",
    plugins: [placed(folder)],
  })
}
