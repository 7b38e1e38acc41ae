/**
 * Where `npm test` finds what it has compiled.
 *
 * @module
 */
import { resolve } from "node:path"
import process from "node:process"

/** The path of what a source is compiled to. */
export const compiledPath = (folder: string, source: string): string =>
  resolve(folder, source.replace(/\.ts$/, ".mjs"))

/** The source that something was compiled from, as a path from the project's folder; any other path as it is. */
export const sourcePath = (folder: string, path: string): string =>
  path.startsWith(`${folder}/`) ? path.slice(folder.length + 1).replace(/\.mjs$/, ".ts") : path

/**
 * How a `main.ts` of the tests, or `start-workers.ts`, runs on Node: as it was compiled, or compiled as it starts if a test
 * runs alone.
 */
export const nodeCommand = (main: string): readonly [string, ...ReadonlyArray<string>] => {
  const folder = process.env["TEST_COMPILED"]
  const program = folder === undefined
    ? ["--import", "tsx", main]
    : ["--enable-source-maps", compiledPath(folder, main)]
  return [process.execPath, "--no-warnings", ...program]
}
