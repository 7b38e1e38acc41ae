/** Tables and lists of pages, held both ways to what the code has. */
import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { entryDetailJson } from "../../lib/admin/entry-json.ts"
import { entryOf } from "../admin/some-log.ts"
import { logsOptions } from "../../lib/commands/logs-options.ts"
import { catalogue } from "../../lib/telemetry/metrics/catalogue.ts"
import * as mod from "../../mod.ts"
import { sectionOf } from "./markdown.ts"
import { pages, textOf } from "./pages.ts"

const sorted = (names: Iterable<string>): ReadonlyArray<string> => [...new Set(names)].sort()

/** What stands as code in the first cells of a section's first table. */
const firstCells = (section: string): ReadonlyArray<string> => {
  const [table = ""] = /(?:^\|.*\n?)+/m.exec(section) ?? []
  return table.split("\n").slice(2).flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name)
  )
}

/** What a pattern finds in a file, or in the files of a folder. */
const all = (pattern: RegExp, path: string): ReadonlyArray<string> => {
  const files = path.includes(".")
    ? [path]
    : readdirSync(path).filter((name) => name.endsWith(".ts")).map((name) => `${path}/${name}`)
  return files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(pattern)].map(([, found = ""]) => found)
  )
}

const call = textOf("lib/call/README.md")

test("request options: the headers that are read", () => {
  const read = all(/^ +\[?\s*"(cf-[\w-]+)",/gm, "lib/config")
  const elsewhere = ["cf-aig-authorization", "cf-aig-no-wholesale"]
  assert.deepEqual(sorted(firstCells(sectionOf(call, "## Request options"))), sorted([...read, ...elsewhere]))
})

test("endings: those of the record", () => {
  const [union = ""] = all(/export type Ending =\n((?: +\| "\w+"\n)+)/g, "lib/record")
  const endings = [...union.matchAll(/"(\w+)"/g)].map(([, ending = ""]) => ending)
  assert.ok(endings.length > 5)
  assert.deepEqual(sorted(firstCells(sectionOf(call, "## How a call ends"))), sorted(endings))
})

test("errors: Cloudflare's codes, with every status that each has", () => {
  const statuses = new Map<string, Set<string>>()
  const source = readFileSync("lib/errors.ts", "utf8")
  for (const [, status = "", code = ""] of source.matchAll(/^ {2}\w+: \[(\d{3}), (2\d{3}), /gm)) {
    statuses.set(code, (statuses.get(code) ?? new Set()).add(status))
  }
  const rows = [...sectionOf(call, "## Errors").matchAll(/^\| (\d{4}) \| ([\d, ]+?) +\|/gm)]
    .map(([, code, listed = ""]) => [code, listed.split(", ").sort()])
  assert.deepEqual(rows, [...statuses].map(([code, of]) => [code, [...of].sort()]).sort())
})

test("metrics: those of the catalogue", () => {
  const listed = all(/^- `([\w.]+)`/gm, "lib/telemetry/README.md")
  assert.deepEqual(sorted(listed), sorted(Object.values(catalogue).map(({ name }) => name)))
})

test("an entry: the fields that the management API shows", () => {
  const shown = entryDetailJson(entryOf("one"), { request: null, response: null }, {
    overrides: new Map(),
    priceOf: () => undefined,
  })
  const section = sectionOf(textOf("lib/admin/README.md"), "## An entry")
  const [table = ""] = /(?:^\|.*\n?)+/m.exec(section) ?? []
  const named = [...table.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name)
  assert.deepEqual(Object.keys(shown).filter((name) => !named.includes(name)), [])
  const strange = firstCells(section).filter((name) => !Object.hasOwn(shown, name))
  assert.deepEqual(strange, [])
})

test("`npm run logs`: its options are those of the pages", () => {
  let seen = 0
  for (const page of pages) {
    for (const [, args = ""] of textOf(page).matchAll(/^npm run logs -- ([^#|\n]+)/gm)) {
      seen++
      const options = logsOptions(args.trim().split(/ +/), Date.now())
      assert.ok(typeof options !== "string", `${page}: ${args}: ${String(options)}`)
    }
  }
  assert.ok(seen > 4)
})

test("services to swap: those that mod.ts exports, with their layers", () => {
  const layersOf = (value: object) =>
    sorted(Object.getOwnPropertyNames(value).filter((name) => name.startsWith("layer")))
  const exported = Object.entries(mod).filter(([, value]) =>
    typeof value === "function" && layersOf(value).length > 0
  )
    .map(([name, value]) => [name, layersOf(value as object)])
  const rows = [
    ...sectionOf(textOf("lib/README.md"), "### Services to swap").matchAll(/^\| `(\w+)` .*\|(.*)\|$/gm),
  ]
    .map((
      [, name, layers = ""],
    ) => [name, sorted([...layers.matchAll(/`(\w+)`/g)].map(([, layer = ""]) => layer))])
  assert.deepEqual(Object.fromEntries(rows), Object.fromEntries(exported))
})
