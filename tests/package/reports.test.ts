/** Public names and sizes change knowingly, or not at all. */
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { product } from "../../lib/version.ts"
import { apiReport, sizeReport } from "./reports.ts"

const hint = "if that is meant: npm run build && npm run reports, and a line in CHANGELOG.md"

test("the public names of mod.ts and their types are those that are written down", () => {
  assert.equal(apiReport(), readFileSync("tests/package/api.txt", "utf8"), hint)
})

test("what is built weighs what is written down, within two per cent", () => {
  const written = JSON.parse(readFileSync("tests/package/sizes.json", "utf8")) as Record<string, number>
  const sizes = sizeReport()
  assert.deepEqual(Object.keys(sizes), Object.keys(written), hint)
  for (const [name, size] of Object.entries(sizes)) {
    const before = written[name] ?? 0
    assert.ok(Math.abs(size - before) <= before / 50, `${name}: ${before} → ${size} bytes of gzip; ${hint}`)
  }
})

test("the bill of materials and the licences name what is bundled", () => {
  const bill = JSON.parse(readFileSync("dist/sbom.cdx.json", "utf8")) as {
    metadata: { component: { version: string } }
    components: ReadonlyArray<{ name: string; licenses: ReadonlyArray<{ license: { id: string } }> }>
  }
  assert.equal(bill.metadata.component.version, product.version)
  const names = bill.components.map(({ name }) => name)
  for (const name of ["effect", "preact", "uplot", "yaml"]) assert.ok(names.includes(name), name)
  const permissive = /^(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD)$/
  for (const { name, licenses } of bill.components) {
    for (const { license } of licenses) assert.match(license.id, permissive, name)
  }
  const text = readFileSync("dist/third-party-licenses.txt", "utf8")
  for (const name of names) assert.ok(text.includes(`${name} `), name)
})
