/** The short form of `npm run fuzz`: every crash that was ever found, and some new inputs of each target. */
import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { targets } from "./targets.ts"
import { type Crash, replay, tryOne } from "./target.ts"

const folder = new URL("crashes/", import.meta.url)
for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  const crash = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Crash
  const target = targets.find(({ name }) => name === crash.target)
  if (target !== undefined) {
    test(`${crash.target}: ${file} holds`, async () => assert.equal(await replay(target, crash), undefined))
  }
}

const first = Date.now() >>> 0
for (const target of targets) {
  test(`${target.name}: 200 inputs from seed ${first} on hold`, async () => {
    for (let input = 0; input < 200; input++) {
      assert.equal(await tryOne(target, (first + input) >>> 0), undefined)
    }
  })
}
