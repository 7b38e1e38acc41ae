import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { csvHeader, csvRows, plainNumber } from "../../lib/admin/csv.ts"

const cells = (...values: ReadonlyArray<unknown>): string =>
  csvRows(values.map((_, index) => String(index)), [Object.fromEntries(values.entries())])

test("a row is a line of its columns' values, quoted where RFC 4180 requires it", () => {
  assert.equal(csvHeader(["time", "metadata.a,b"]), 'time,"metadata.a,b"\r\n')
  assert.equal(
    cells("a", "b c", 'say "hi"', "a,b", "a\nb", "a\r\nb"),
    'a,b c,"say ""hi""","a,b","a\nb","a\r\nb"\r\n',
  )
  assert.equal(cells(null, undefined, "", true, false, 0, -1.5), ",,,true,false,0,-1.5\r\n")
  assert.equal(cells({ team: "a" }, [1, "b"]), '"{""team"":""a""}","[1,""b""]"\r\n')
  assert.equal(cells(" a", "b "), '" a","b "\r\n')
  assert.equal(cells(NaN, Infinity, "half \ud83d of a pair"), ",,half \ufffd of a pair\r\n")
})

test("text that a spreadsheet would run gets an apostrophe before it; negative numbers do not", () => {
  assert.equal(cells("=1+1", "+1", "-1", "@SUM(A1)", -1), "'=1+1,'+1,'-1,'@SUM(A1),-1\r\n")
  assert.equal(cells("\t=1", "\r=1", "\n=1", "\uff1d1"), "'\t=1,\"'\r=1\",\"'\n=1\",'\uff1d1\r\n")
  assert.equal(cells('=HYPERLINK("x","y")'), '"\'=HYPERLINK(""x"",""y"")"\r\n')
})

/** The reader of RFC 4180 §2. */
const parsed = (text: string): ReadonlyArray<ReadonlyArray<string>> => {
  const rows: Array<Array<string>> = [[]]
  for (const [, quoted, plain = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === "\r\n") rows.push([])
  }
  return rows.slice(0, -1)
}

test("whatever the values are, a reader gets them back, and no cell of text begins with a formula", () => {
  const anyText = fc.string({ unit: fc.constantFrom(..."=+-@ab,\"'\n\r\t é") })
  let guarded = 0
  fc.assert(
    fc.property(fc.array(fc.array(anyText, { minLength: 3, maxLength: 3 }), { maxLength: 5 }), (rows) => {
      const columns = ["0", "1", "2"]
      const found = parsed(csvRows(columns, rows.map((row) => ({ ...row }))))
      assert.equal(found.length, rows.length)
      for (const [index, row] of found.entries()) {
        for (const [column, cell] of row.entries()) {
          const value = rows[index]?.[column] ?? ""
          assert.doesNotMatch(cell, /^[=+\-@\t\r\n]/)
          if (cell !== value) guarded++
          assert.ok(cell === value || (cell === `'${value}` && /^[=+\-@\t\r\n]/.test(value)))
        }
      }
    }),
  )
  assert.ok(guarded > 100)
})

test("numbers are written in digits alone, and are the same numbers", () => {
  assert.deepEqual([1e-7, 1.5e-10, 1e21, 1.25e22, -3e-9, 12.5].map(plainNumber), [
    "0.0000001",
    "0.00000000015",
    "1000000000000000000000",
    "12500000000000000000000",
    "-0.000000003",
    "12.5",
  ])
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
    assert.match(plainNumber(value), /^-?\d+(\.\d+)?$/)
    assert.equal(Number(plainNumber(value)), value === 0 ? 0 : value)
  }))
})
