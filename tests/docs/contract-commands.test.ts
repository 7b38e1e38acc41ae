import assert from "node:assert/strict"
import { test } from "node:test"
import { subjectNames } from "../contract/contract.ts"
import { runtimes } from "../support/spawn-gateway.ts"
import { pages, textOf } from "./pages.ts"

test("`npm run test:contract`: pages name runtimes and subjects that there are", () => {
  const known: ReadonlyArray<string> = [...runtimes, ...subjectNames]
  let seen = 0
  for (const page of pages) {
    for (const [, args = ""] of textOf(page).matchAll(/^npm run test:contract -- ([^#|\n]+)/gm)) {
      seen++
      for (const [word, quoted = word] of args.matchAll(/'([^']+)'|\S+/g)) {
        assert.ok(known.includes(quoted), `${page}: ${word}`)
      }
    }
  }
  assert.ok(seen > 2)
})
