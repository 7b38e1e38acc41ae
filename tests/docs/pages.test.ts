/** The pages as a whole: their size, their links, their generated parts, and that what they name is there. */
import assert from "node:assert/strict"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { test } from "node:test"
import { settingsTypes } from "../../lib/commands/write-settings-types.ts"
import { anchorsOf, linksOf, proseOf, sectionOf } from "./markdown.ts"
import { pages, regenerated, textOf } from "./pages.ts"

test("the README is short", () => {
  assert.ok(Buffer.byteLength(textOf("README.md")) <= 14_000)
})

test("generated parts are what `npm run docs` writes", () => {
  const generated = pages.filter((page) => textOf(page).includes("<!-- generated: "))
  assert.deepEqual(generated, ["lib/config/README.md", "lib/runtime/README.md"])
  for (const page of generated) assert.ok(textOf(page) === regenerated(textOf(page)), `${page}: npm run docs`)
  assert.ok(
    textOf("lib/config/settings-types.ts") === settingsTypes(),
    "the types of the settings: npm run docs",
  )
})

test("links between pages lead to a file, and to a heading in it", () => {
  let seen = 0
  for (const page of pages) {
    for (const link of linksOf(textOf(page))) {
      if (/^https?:/.test(link)) continue
      seen++
      const [path = "", anchor] = link.split("#")
      const target = path === "" ? page : join(dirname(page), path)
      assert.ok(existsSync(target), `${page}: ${link}`)
      if (anchor === undefined) continue
      assert.ok(anchorsOf(textOf(target)).has(anchor), `${page}: ${link}`)
    }
  }
  assert.ok(seen > 50)
})

test("the README leads to every page, directly or by one of them", () => {
  const found = new Set(["README.md"])
  for (const page of found) {
    for (const link of linksOf(textOf(page))) {
      const target = join(dirname(page), link.split("#")[0] ?? "").replace(/\/$/, "")
      for (const name of [target, `${target}/README.md`]) if (pages.includes(name)) found.add(name)
    }
  }
  assert.deepEqual(pages.filter((page) => !found.has(page)), [])
})

test("code within a line is not broken over two", () => {
  for (const page of pages) {
    for (const line of proseOf(textOf(page)).split("\n")) {
      assert.equal((line.match(/`/g)?.length ?? 0) % 2, 0, `${page}: ${line}`)
    }
  }
})

test("files and scripts that pages name are there", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> }
  let seen = 0
  for (const page of pages) {
    const text = textOf(page)
    for (const [, script = ""] of text.matchAll(/\bnpm run (?:-s )?([\w:]+)/g)) {
      seen++
      assert.ok(scripts[script] !== undefined, `${page}: npm run ${script}`)
    }
    for (const [path] of text.matchAll(/\b(?:lib|tests)\/[\w./-]+\.ts\b/g)) {
      seen++
      assert.ok(existsSync(path), `${page}: ${path}`)
    }
  }
  assert.ok(seen > 30)
})

test("the map names every room of lib, and every file beside them", () => {
  const map = textOf("lib/README.md")
  const rooms = new Set(linksOf(map))
  for (const entry of readdirSync("lib", { withFileTypes: true })) {
    if (entry.name === "README.md") continue
    assert.ok(entry.isDirectory() ? rooms.has(entry.name) : map.includes(`\`${entry.name}\``), entry.name)
  }
})

test("the map's floors are in the order that imports follow", () => {
  const source = readFileSync("tests/architecture.test.ts", "utf8")
  const order = [...source.matchAll(/^ {2}\/(\^.+)\/,$/gm)].map(([, pattern = ""]) => new RegExp(pattern))
  const rankOf = (room: string) =>
    order.findIndex((pattern) => pattern.test(room.includes(".") ? room : `${room}/x.ts`))
  const floors = sectionOf(textOf("lib/README.md"), "## The rooms").split(/^\*\*/m).slice(1)
    .map((floor) =>
      [...floor.matchAll(/^- \[([\w-]+)\]|\. \[([\w-]+)\]\(/gm)].map(([, first, other]) =>
        rankOf(first ?? other ?? "")
      )
    )
  assert.ok(floors.length > 4 && floors.every((ranks) => ranks.length > 0 && !ranks.includes(-1)))
  for (const [index, ranks] of floors.entries()) {
    const above = floors[index - 1] ?? [0]
    assert.ok(Math.max(...above) <= Math.min(...ranks), `floor ${index + 1}: ${ranks}`)
  }
})
