import assert from "node:assert/strict"
import { test } from "node:test"
import { changes, changesText, isApart } from "./compare.ts"
import { summarise } from "./summary.ts"
import type { Table } from "./table.ts"

const table = (measure: string, row: string, cells: Record<string, ReadonlyArray<number>>): Table => ({
  measure,
  title: measure,
  rows: [{
    name: row,
    cells: Object.fromEntries(Object.entries(cells).map(([column, values]) => [column, summarise(values)])),
  }],
  doesNotShow: "",
})

test("figures that only one run has are left out", () => {
  const before = [
    table("latency", "bun", { "p50, ms": [1], "p99, ms": [2] }),
    table("size", "worker.js", { kB: [60] }),
  ]
  const after = [
    table("latency", "bun", { "p50, ms": [3], "p90, ms": [4] }),
    table("size", "other.js", { kB: [60] }),
  ]
  assert.deepEqual(changes(before, after), [
    { measure: "latency", row: "bun", column: "p50, ms", before: summarise([1]), after: summarise([3]) },
  ])
})

test("a change is told from chance by the quartiles", () => {
  const of = (before: ReadonlyArray<number>, after: ReadonlyArray<number>) =>
    isApart({ before: summarise(before), after: summarise(after) })
  assert.ok(of([10, 11, 12], [13, 14, 15]))
  assert.ok(of([13, 14, 15], [10, 11, 12]))
  assert.ok(!of([10, 11, 12], [11, 12, 13]))
})

test("changes are printed with their share", () => {
  const text = changesText(changes([table("a", "bun", { ms: [2] })], [table("a", "bun", { ms: [3] })]))
  assert.match(text, /\| a: bun \| ms +\| 2\.00 +\| 3\.00 +\| \+50 % +\| +\|/)
})
