import assert from "node:assert/strict"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { RequestLog } from "../../../../lib/request-log/RequestLog.ts"
import type { OpenDatabase } from "../../../../lib/sqlite/database.ts"
import { prepareFile } from "../../../../lib/request-log/sqlite/schema.ts"
import { recordOf } from "../../any-record.ts"
import { type Case, inFolder, open, warningsOf } from "../../../support/sqlite-cases.ts"
import { useLog } from "../runtime.ts"

const scope = { account: "account", gateway: "gateway" }
const all = { scope, filters: [], page: 1, perPage: 50 }
const inMemory = "request log is kept in memory until its file can be used"
const again = "request log is written to its file again"
const lost = "request log loses entries: its file cannot be used"

const append = (count = 1) =>
  Effect.map(RequestLog, (log) => {
    for (let index = 0; index < count; index++) log.append(recordOf(), undefined)
  })
const total = Effect.flatMap(RequestLog, (log) => Effect.map(log.list(all), ({ total }) => total))
const health = Effect.flatMap(RequestLog, (log) => log.health)

/** The log goes on in memory, and warns once, naming the file and the reason. */
const staysInMemory = async (file: string, reason: RegExp, opener: OpenDatabase = open): Promise<void> => {
  const warnings = await warningsOf(() =>
    useLog(
      { file, open: opener },
      Effect.gen(function* () {
        for (let round = 1; round <= 4; round++) {
          yield* append()
          assert.equal(yield* total, round)
          yield* TestClock.adjust("6 seconds")
        }
        assert.deepEqual(yield* health, {
          kind: "memory",
          healthy: false,
          hasWorked: false,
          entries: 4,
          pending: 4,
          dropped: 0,
        })
      }),
    )
  )
  assert.deepEqual(warnings.map(({ msg }) => msg), [inMemory, lost])
  assert.equal(warnings[0]?.["file"], file)
  assert.match(String(warnings[0]?.["reason"]), reason)
  assert.equal(warnings[1]?.["entries"], 4)
}

/** A folder that is not there, and one in the file's place. */
export const unopened: Case = () =>
  inFolder(async (folder) => {
    await staysInMemory(join(folder, "missing", "log.db"), /no such file|ENOENT|unable to open/i)
    mkdirSync(join(folder, "folder.db"))
    await staysInMemory(join(folder, "folder.db"), /directory|unable to open/i)
  })

/** A file that is no database, another program's, or a later version's is left as it is. */
export const foreign: Case = () =>
  inFolder(async (folder) => {
    const text = join(folder, "text.db")
    writeFileSync(text, "not a database at all, but long enough to be one".repeat(100))
    const before = readFileSync(text)
    await staysInMemory(text, /not a database/)
    assert.deepEqual(readFileSync(text), before)

    const other = join(folder, "other.db")
    let database = open(other)
    database.exec("CREATE TABLE customers (name TEXT)")
    database.close()
    await staysInMemory(other, /it is not a request log/)

    const later = join(folder, "later.db")
    await useLog({ file: later }, append())
    database = open(later)
    database.exec("PRAGMA user_version = 1000")
    database.close()
    await staysInMemory(later, /later basegate/)
  })

/** Another process that writes is waited for; one that holds the file for long causes a warning, and is outlived. */
export const locked: Case = () =>
  inFolder(async (folder) => {
    const file = join(folder, "log.db")
    const warnings = await warningsOf(() =>
      useLog(
        { file },
        Effect.gen(function* () {
          yield* append()
          assert.equal(yield* total, 1)
          const other = open(file)
          other.exec("BEGIN EXCLUSIVE")
          yield* append()
          yield* TestClock.adjust(200)
          other.exec("ROLLBACK")
          yield* TestClock.adjust(200)
          assert.deepEqual(yield* health, {
            kind: "sqlite",
            healthy: true,
            hasWorked: true,
            entries: 2,
            pending: 0,
            dropped: 0,
          })

          other.exec("BEGIN EXCLUSIVE")
          yield* append()
          yield* TestClock.adjust(1000)
          assert.deepEqual(yield* health, {
            kind: "memory",
            healthy: false,
            hasWorked: true,
            entries: 1,
            pending: 1,
            dropped: 0,
          })
          yield* append()
          assert.equal(yield* total, 2)
          other.exec("ROLLBACK")
          other.close()
          yield* TestClock.adjust("5 seconds")
          assert.equal(yield* total, 4)
          assert.deepEqual(yield* health, {
            kind: "sqlite",
            healthy: true,
            hasWorked: true,
            entries: 4,
            pending: 0,
            dropped: 0,
          })
        }),
      )
    )
    assert.deepEqual(warnings.map(({ msg }) => msg), [inMemory, again])
    assert.match(String(warnings[0]?.["reason"]), /locked/)
  })

/** A process that meets another one at a new file uses the tables that the other has made. */
export const raced: Case = () =>
  inFolder(async (folder) => {
    const file = join(folder, "log.db")
    const late: OpenDatabase = (name) => {
      const database = open(name)
      return {
        prepare: (sql) => database.prepare(sql),
        close: () => database.close(),
        exec: (sql) => {
          if (sql.includes("journal_mode")) {
            const first = open(name)
            prepareFile(first)
            first.close()
          }
          database.exec(sql)
        },
      }
    }
    const warnings = await warningsOf(() => useLog({ file, open: late }, append()))
    assert.deepEqual(warnings, [])
    await useLog({ file }, Effect.map(total, (entries) => assert.equal(entries, 1)))
  })

/** A file that failed is given a last chance when the process ends. */
export const late: Case = () =>
  inFolder(async (folder) => {
    const file = join(folder, "log.db")
    let tries = 0
    const warnings = await warningsOf(() =>
      useLog({
        file,
        open: (name) => {
          if (++tries === 1) throw new Error("not yet")
          return open(name)
        },
      }, append())
    )
    assert.deepEqual(warnings.map(({ msg }) => msg), [inMemory, again])
    await useLog({ file }, Effect.map(total, (entries) => assert.equal(entries, 1)))
  })

/** A full disk: what is written stays readable later, what is not waits in memory until there is room. */
export const full: Case = () =>
  inFolder(async (folder) => {
    const file = join(folder, "log.db")
    let pages = 60
    const small: OpenDatabase = (name) => {
      const database = open(name)
      return {
        ...database,
        prepare: (sql) => database.prepare(sql),
        close: () => database.close(),
        exec: (sql) => {
          database.exec(sql)
          database.exec(`PRAGMA max_page_count = ${pages}`)
        },
      }
    }
    const warnings = await warningsOf(() =>
      useLog(
        { file, open: small, bounds: { maxEntries: 5000 } },
        Effect.gen(function* () {
          yield* append(1000)
          const held = yield* total
          assert.ok(held > 500 && held < 1000, `${held} entries in memory`)
          assert.deepEqual(yield* health, {
            kind: "memory",
            healthy: false,
            hasWorked: true,
            entries: held,
            pending: held,
            dropped: 0,
          })
          pages = 10_000
          yield* TestClock.adjust("5 seconds")
          assert.equal(yield* total, 1000)
          assert.equal((yield* health).healthy, true)
        }),
      )
    )
    assert.deepEqual(warnings.map(({ msg }) => msg), [inMemory, again])
    assert.match(String(warnings[0]?.["reason"]), /full/)
    await useLog({ file }, Effect.map(total, (entries) => assert.equal(entries, 1000)))
  })

/** A file that breaks while it is read does not fail the question. */
export const broken: Case = () =>
  inFolder(async (folder) => {
    const file = join(folder, "log.db")
    await useLog({ file }, append(2000))
    const bytes = readFileSync(file)
    bytes.fill(0xaa, 3 * 8192)
    writeFileSync(file, bytes)
    const warnings = await warningsOf(() =>
      useLog(
        { file },
        Effect.gen(function* () {
          assert.equal(yield* total, 0)
          yield* append()
          assert.equal(yield* total, 1)
          assert.equal((yield* health).healthy, false)
        }),
      )
    )
    assert.deepEqual(warnings.map(({ msg }) => msg), [inMemory, lost])
  })

/** A store that takes nothing lets the queue grow to its bounds, and no further. */
export const overflow: Case = () =>
  inFolder(async (folder) => {
    const file = join(folder, "missing", "log.db")
    const warnings = await warningsOf(() =>
      useLog(
        { file, bounds: { maxEntries: 100 } },
        Effect.gen(function* () {
          yield* append(1000)
          assert.deepEqual(yield* health, {
            kind: "memory",
            healthy: false,
            hasWorked: false,
            entries: 100,
            pending: 100,
            dropped: 900,
          })
        }),
      )
    )
    assert.deepEqual(warnings.map(({ msg }) => msg), [
      inMemory,
      "request log drops its oldest entries: its file is too slow",
      lost,
    ])
  })

/** An entry that cannot be kept does not keep others out. */
export const poison: Case = () =>
  useLog(
    { file: ":memory:" },
    Effect.gen(function* () {
      const log = yield* RequestLog
      const record = recordOf()
      log.append(record, undefined)
      yield* log.flush
      log.append(record, undefined)
      log.append(recordOf({ time: "never" }), undefined)
      yield* append()
      assert.equal(yield* total, 2)
      assert.deepEqual(yield* health, {
        kind: "sqlite",
        healthy: true,
        hasWorked: true,
        entries: 2,
        pending: 0,
        dropped: 0,
      })
    }),
  )
