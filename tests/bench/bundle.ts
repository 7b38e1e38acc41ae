/**
 * The Worker as `npm run build` makes it, without some of its files.
 *
 * @module
 */
import { build, type Plugin } from "esbuild"
import { bundleWorker } from "../../lib/commands/bundle-worker.ts"

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

/** @param files what is to be emptied */
export const bundleWithout = async (files: RegExp): Promise<string> =>
  (await bundleWorker({ plugins: [emptied(files)] })).code
