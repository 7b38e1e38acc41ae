import assert from "node:assert/strict"
import { test } from "node:test"
import * as Redacted from "effect/Redacted"
import { databaseSecret, databaseSettings, isDatabase } from "../../lib/config/database-settings.ts"

test("a Postgres is a URL with a host and the parameters that are known, anything else a file", () => {
  const good = [
    "log.db",
    "postgres://127.0.0.1/basegate",
    "postgresql://user:secret@db.example:5433/basegate?sslmode=require&connect_timeout=5",
    "postgres://db.example/basegate?timeout=1000",
  ]
  for (const text of good) assert.equal(isDatabase(text), true, text)
  const bad = [
    "postgres:///basegate",
    "mysql://db.example/basegate",
    "postgres://db.example/basegate?pool=5",
    "postgres://db.example/basegate?timeout=0",
    "postgres://db.example/basegate?timeout=soon",
    "postgres://db.example/basegate?timeout=100000",
    "postgres://db.example/base/gate",
  ]
  for (const text of bad) assert.equal(isDatabase(text), false, text)
})

test("what may be shown of it has neither credentials nor parameters; how long counts are waited for is told apart", () => {
  const { database = assert.fail() } = databaseSettings(
    "postgres://user:se%20cret@db.example/basegate?timeout=1000",
  )
  assert.deepEqual([database.name, database.timeout], ["postgres://db.example/basegate", 1000])
  assert.equal(Redacted.value(databaseSecret(database) ?? assert.fail()), "se cret")
  assert.equal(databaseSettings("postgres://db.example/basegate").database?.timeout, undefined)
  assert.deepEqual(databaseSettings("log.db"), { logFile: "log.db", database: undefined })
})
