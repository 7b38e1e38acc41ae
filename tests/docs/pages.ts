/**
 * The pages for users and contributors, and the parts of them that are generated.
 *
 * A part stands between `<!-- generated: … -->` and `<!-- end -->`; what the first one says chooses the generator:
 * `settings`, `variables` with the names to list, or `differences`.
 *
 * @module
 */
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { differenceBlock } from "./difference-block.ts"
import { blockOf, type Listed, settings, variables } from "./setting-blocks.ts"

const inFolder = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"))
    .map((name) => `${folder}/${name}`)

/** Every page, by its path. */
export const pages: ReadonlyArray<string> = [
  ...readdirSync(".").filter((name) => name.endsWith(".md")),
  ...["lib", "tests", ".github"].flatMap(inFolder),
].sort()

export const textOf = (path: string): string => readFileSync(path, "utf8")

const part = /^<!-- generated: (\w+)([^>]*?) -->\n[^]*?^<!-- end -->$/gm

/** The names of settings or variables that a page lists. */
export const listedIn = (page: string, kind: "settings" | "variables"): ReadonlyArray<string> =>
  [...page.matchAll(part)].filter(([, which]) => which === kind)
    .flatMap(([, , names = ""]) => names.split(/\s+/).filter((name) => name !== ""))

const generated = (kind: string, names: ReadonlyArray<string>): string => {
  const lists: Record<string, Listed> = { settings, variables }
  const listed = lists[kind]
  if (listed !== undefined) return blockOf(listed, names)
  if (kind === "differences") return differenceBlock()
  throw new Error(`nothing generates ${kind}`)
}

const formatted = (text: string): string =>
  execFileSync("node_modules/.bin/deno", ["fmt", "--ext", "md", "-"], { input: text, encoding: "utf8" })

/** A page with its generated parts made anew. */
export const regenerated = (page: string): string =>
  page.includes("<!-- generated: ")
    ? formatted(page.replaceAll(part, (whole, kind: string, names: string) => {
      const [opening = ""] = /^<!--[^]*?-->/.exec(whole) ?? []
      return `${opening}\n\n${
        generated(kind, names.split(/\s+/).filter((name) => name !== ""))
      }\n\n<!-- end -->`
    }))
    : page
