import assert from "node:assert/strict"
import { test } from "node:test"
import { requestedFormat } from "../../lib/admin/export-format.ts"
import { GatewayError } from "../../lib/errors.ts"

const asked = (query: string, accept?: string) =>
  requestedFormat(new URLSearchParams(query), new Headers(accept === undefined ? {} : { accept }))
const formatOf = (query: string, accept?: string): string => {
  const found = asked(query, accept)
  return found instanceof GatewayError ? found.detail : found.format
}

test("the parameter decides, or else the header's preference; JSON if it prefers neither", () => {
  assert.equal(formatOf(""), "json")
  assert.equal(formatOf("format=csv"), "csv")
  assert.equal(formatOf("format=ndjson", "text/csv"), "ndjson")
  assert.equal(formatOf("format=json", "text/csv"), "json")
  assert.equal(formatOf("format=", "text/csv"), "csv")
  assert.equal(formatOf("", "text/csv"), "csv")
  assert.equal(formatOf("", "Application/X-NDJSON"), "ndjson")
  assert.equal(formatOf("", "application/json, text/csv"), "json")
  assert.equal(formatOf("", "application/json;q=0.5, text/csv; charset=utf-8; q=0.9"), "csv")
  assert.equal(formatOf("", "text/csv;q=0, */*"), "json")
  assert.equal(formatOf("", "text/html,application/xhtml+xml,*/*;q=0.8"), "json")
  assert.equal(formatOf("", "text/html"), "json")
})

test("an unknown format is refused; other parameters stay", () => {
  assert.match(formatOf("format=xlsx"), /format takes one of json, csv, ndjson/)
  assert.match(formatOf("format=csv&format=csv"), /once/)
  const found = asked("format=csv&page=2&model=m")
  assert.ok(!(found instanceof GatewayError))
  assert.equal(found.search.toString(), "page=2&model=m")
})
