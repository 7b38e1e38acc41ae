/**
 * The Worker in one file, as `npm run build` makes it, with or without some of its files.
 *
 * @module
 */
import { build, type Plugin } from "esbuild"
import { minify } from "terser"

/** The names that a module exports. */
const exportsOf = async (file: string): Promise<ReadonlyArray<string>> => {
  const { metafile } = await build({
    entryPoints: [file],
    format: "esm",
    write: false,
    metafile: true,
    outdir: ".",
  })
  return Object.values(metafile.outputs).flatMap((output) => output.exports)
}

/** In place of a file: the same names, with nothing in them. `let`, since constants would take their uses away. */
const emptied = (files: RegExp): Plugin => ({
  name: "emptied",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/lib\/.*\.ts$/ }, async ({ path }) => {
      if (!files.test(path)) return undefined
      const names = await exportsOf(path)
      return { contents: names.map((name) => `export let ${name}`).join("\n") }
    }),
})

/** @param without files to empty */
export const bundle = async (
  without?: RegExp,
): Promise<{ readonly code: string; readonly inputs: ReadonlyArray<string> }> => {
  const { outputFiles, metafile } = await build({
    entryPoints: ["lib/runtime/workers.ts"],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    metafile: true,
    logLevel: "error",
    plugins: without === undefined ? [] : [emptied(without)],
  })
  const { code = "" } = await minify(outputFiles[0]?.text ?? "", {
    module: true,
    ecma: 2020,
    compress: { passes: 3, pure_getters: true, inline: 1 },
  })
  return { code, inputs: Object.keys(metafile.inputs) }
}
