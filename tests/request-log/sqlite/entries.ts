/** Prints the ids that a log's file holds, as JSON, and fails where the file is not whole. */
import assert from "node:assert/strict"
import process from "node:process"
import { open } from "../../support/sqlite-cases.ts"

const database = open(process.argv[2] ?? "")
assert.equal(database.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok")
const entries = database.prepare("SELECT entry.id FROM entry JOIN detail ON detail.id = entry.detail").all()
const sums = database.prepare(
  "SELECT (SELECT sum(entries) FROM scope) AS a, (SELECT sum(requests) FROM hourly) AS b",
)
assert.deepEqual({ ...sums.get() }, { a: entries.length, b: entries.length })
console.log(JSON.stringify(entries.map(({ id }) => id)))
