/** A database whose user may not add the extension that searches are quick by. */
import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import process from "node:process"
import { connectPostgres } from "../../../../lib/postgres/connect.ts"
import { makePostgresLog } from "../../../../lib/request-log/postgres/engine.ts"
import { RequestLog } from "../../../../lib/request-log/RequestLog.ts"
import { recordOf, start } from "../../any-record.ts"
import { type Case, warningsOf } from "../../../support/sqlite-cases.ts"
import { database, url, useLog } from "../runtime.ts"

const query = { scope: { account: "account", gateway: "gateway" }, filters: [], page: 1, perPage: 5 }
const textIndexes = async (): Promise<number> => {
  const [row] = await database().query(
    "SELECT count(*)::int AS n FROM pg_class WHERE relname LIKE 'entry\\_text\\_%' AND relkind = 'i'",
  )
  return Number(row?.["n"])
}

/** It is searched entry by entry, and says so once; once it has the extension, its days get their indexes. */
export const withoutTrigrams: Case = async () => {
  const user = `plain_${process.pid}`
  const run = async (...statements: ReadonlyArray<string>) => {
    for (const statement of statements) await database().query(statement)
  }
  await run(
    "DROP SCHEMA IF EXISTS basegate CASCADE",
    "DROP EXTENSION IF EXISTS pg_trgm",
    `CREATE ROLE ${user} LOGIN PASSWORD '${user}'`,
    `CREATE SCHEMA basegate AUTHORIZATION ${user}`,
  )
  const own = new URL(url)
  own.username = own.password = user
  const limited = connectPostgres(Redacted.make(own.href))
  const ask = Effect.gen(function* () {
    const log = yield* RequestLog
    yield* log.flush
    const found: Array<unknown> = []
    for (const search of ["Bo%b", "nn", "ann-1"]) found.push((yield* log.list({ ...query, search })).total)
    return found
  })
  const open: Parameters<typeof useLog>[2] = (limitsOf) =>
    Promise.resolve(makePostgresLog({ ...limited, close: () => Promise.resolve() }, limitsOf))
  try {
    const warnings = await warningsOf(() =>
      useLog(
        {},
        Effect.gen(function* () {
          const log = yield* RequestLog
          for (let index = 0; index < 60; index++) {
            log.append(
              recordOf({
                time: new Date(start + index).toISOString(),
                metadata: { user: `${["bo%b", "ann"][index % 2]}-${index}` },
              }),
              undefined,
            )
          }
          assert.deepEqual(yield* ask, [30, 30, 6])
        }),
        open,
      )
    )
    assert.equal(warnings.length, 1)
    assert.match(String(warnings[0]?.["msg"]), /^request log is searched without an index: .*pg_trgm/)
    assert.equal(await textIndexes(), 0)
    await run("CREATE EXTENSION pg_trgm")
    // Another one may be under way.
    for (let tries = 0; await textIndexes() === 0; tries++) {
      assert.ok(tries < 100)
      if (tries > 0) await new Promise((resolve) => setTimeout(resolve, 50))
      await makePostgresLog(limited, () => undefined).maintain(start)
    }
    assert.deepEqual(
      await warningsOf(async () => assert.deepEqual(await useLog({}, ask, open), [30, 30, 6])),
      [],
    )
  } finally {
    await limited.close()
    await run(
      "DROP SCHEMA IF EXISTS basegate CASCADE",
      "DROP EXTENSION IF EXISTS pg_trgm",
      `DROP ROLE ${user}`,
    )
  }
}
