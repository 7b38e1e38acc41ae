import assert from "node:assert/strict"
import { test } from "node:test"
import { goalsText } from "./goals.ts"
import { summarise } from "./summary.ts"
import type { Row, Table } from "./table.ts"

const table = (measure: string, column: string, values: Readonly<Record<string, number>>): Table => ({
  measure,
  title: measure,
  doesNotShow: "",
  rows: Object.entries(values).map(([name, value]): Row => ({
    name,
    cells: { [column]: summarise([value]) },
  })),
})

const cellsOf = (text: string | undefined, title: string): ReadonlyArray<string> =>
  text?.split("\n").find((line) => line.includes(title))?.split("|").slice(2, -1).map((cell) =>
    cell.trim()
  ) ?? []

test("a goal has the figures before and after it, under their runtimes", () => {
  const text = goalsText([
    table("chunk", "to floor, ×", { "bun": 1.5, "bun before": 2, "bun floor": 1, "node": 1.25 }),
  ])
  assert.deepEqual(cellsOf(text, "metered chunk"), ["2.00 → 1.50 (≤ 1.6)", "", "1.25 (≤ 1.3)", ""])
})

test("a goal is found among the connections it is of", () => {
  const text = goalsText([
    table("throughput", "to floor, ×", {
      "deno, 16 connections": 0.5,
      "deno before, 16 connections": 0.25,
      "deno, 64 connections": 0.75,
    }),
  ])
  assert.deepEqual(cellsOf(text, "second, 16"), ["", "0.25 → 0.50 (≥ 0.50)", "", ""])
  assert.deepEqual(cellsOf(text, "second, 64"), ["", "0.75 (≥ 0.50)", "", ""])
})

test("the Worker's size is a row of its own, and what has no goal yet is shown without", () => {
  const text = goalsText([
    table("size", "kB gzip", { "worker.js": 84.2, "worker.js before": 107 }),
    table("cold-latency", "p50 over floor, ms", { workerd: 0.4 }),
  ])
  assert.deepEqual(cellsOf(text, "worker.js"), ["", "", "", "107 → 84.2 (≤ 85)"])
  assert.deepEqual(cellsOf(text, "first 1,000 calls"), ["", "", "", "0.40"])
})

test("without a figure that has a goal there is nothing to say", () => {
  assert.equal(goalsText([table("cold-start", "first byte, ms", { bun: 40 })]), undefined)
})
