import assert from "node:assert/strict"
import { test } from "node:test"
import { summarise } from "./summary.ts"
import { cellText, figure, tableText } from "./table.ts"

test("figures have three digits that count", () => {
  const shown = [0, 0.001, -0.001, 0.256, -1.5, 9.99, 10.04, 99.9, 99.97, 100.4, 1234.5, NaN].map(figure)
  assert.deepEqual(shown, [
    "0",
    "0",
    "0",
    "0.26",
    "-1.50",
    "9.99",
    "10.0",
    "99.9",
    "100",
    "100",
    "1,235",
    "–",
  ])
})

test("a cell has its quartiles where there is a spread", () => {
  assert.equal(cellText(summarise([1, 2, 3])), "2.00 (1.50–2.50)")
  assert.equal(cellText(summarise([2])), "2.00")
  assert.equal(cellText(summarise([2, 2.001])), "2.00")
})

test("a table has every column of its rows, and says which row was not measured", () => {
  const text = tableText({
    measure: "m",
    title: "Title",
    doesNotShow: "all of it.",
    rows: [
      { name: "bun", cells: { "a, ms": summarise([1]) } },
      { name: "deno", cells: { "b, ms": summarise([2]) } },
      { name: "nginx", cells: {} },
    ],
  })
  assert.equal(
    text,
    `
Title

|       | a, ms        | b, ms |
| ----- | ------------ | ----- |
| bun   | 1.00         |       |
| deno  |              | 2.00  |
| nginx | not measured |       |

Does not show: all of it.
`,
  )
})
