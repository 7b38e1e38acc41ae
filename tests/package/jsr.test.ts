/** What `deno publish` gives to JSR. Slow types are a matter of `deno lint`. */
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import process from "node:process"
import { test } from "node:test"
import { promisify } from "node:util"

test("JSR gets the module's sources, its pages and LICENSE, and nothing of the tests or of this folder", async () => {
  const { stdout, stderr } = await promisify(execFile)(
    "node_modules/.bin/deno",
    ["publish", "--dry-run", "--allow-dirty", "--no-check"],
    { env: { ...process.env, NO_COLOR: "1" } },
  )
  assert.match(stdout + stderr, /Dry run complete/)
  // One module names what it loads at run time, so that bundlers leave it out.
  const warnings = [...(stdout + stderr).matchAll(/warning\[(.+)\].*\n +--> .*\/(lib\/[\w/.-]+)/g)]
  assert.deepEqual(warnings.map(([, kind, file]) => `${kind} ${file}`), [
    "unanalyzable-dynamic-import lib/runtime/lazy-postgres.ts",
  ])
  const root = new URL("../..", import.meta.url).href
  const files = [...(stdout + stderr).matchAll(/^ +(file:\S+) \(/gm)].map(([, file = ""]) =>
    file.replace(root, "")
  )
  for (const file of ["mod.ts", "README.md", "LICENSE", "deno.json", "lib/runtime/deno.ts"]) {
    assert.ok(files.includes(file), file)
  }
  assert.deepEqual(
    files.filter((file) =>
      !/^(LICENSE|README\.md|deno\.json|mod\.ts|lib\/.+\.ts|lib\/(.+\/)?README\.md)$/.test(file)
    ),
    [],
  )
  assert.deepEqual(files.filter((file) => file.startsWith("lib/commands/")), [])
  // Every module that is published finds what it imports among the rest.
  for (const file of files.filter((name) => name.endsWith(".ts"))) {
    for (const [, path = ""] of readFileSync(file, "utf8").matchAll(/ from "(\.[^"]+)"/g)) {
      const target = new URL(path, new URL(file, root)).href.replace(root, "")
      assert.ok(files.includes(target), `${file} imports ${target}`)
    }
  }
})
