import assert from "node:assert/strict"
import { test } from "node:test"
import { inspect } from "node:util"
import { CutShort, cutShortBy } from "../../lib/upstream/guarded-body.ts"

test("a body that was cut short is one line where a runtime prints it", () => {
  const cut = new CutShort("idle")
  assert.deepEqual([cut.ending, cutShortBy(cut), cutShortBy(new Error("x")).ending], [
    "idle",
    cut,
    "upstream_cut",
  ])
  for (const shown of [cut.stack, inspect(cut)]) {
    assert.match(shown ?? "", /^\[?CutShort: The answer is not complete: idle\]?$/)
  }
})
