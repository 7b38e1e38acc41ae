/** A database of the version before. */
import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { makePostgresLog } from "../../../../lib/request-log/postgres/engine.ts"
import { dayLength, dayOf } from "../../../../lib/request-log/postgres/schema.ts"
import { RequestLog } from "../../../../lib/request-log/RequestLog.ts"
import { recordOf, start } from "../../any-record.ts"
import type { Case } from "../../../support/sqlite-cases.ts"
import { database, emptied, useLog } from "../runtime.ts"

const scope = { account: "account", gateway: "gateway" }

const indexes = async () =>
  (await database().query(
    `SELECT made.relname AS name FROM pg_index JOIN pg_class AS made ON made.oid = indexrelid
     WHERE made.relname LIKE 'entry\\_pairs\\_%' AND indisvalid ORDER BY 1`,
  )).map(({ name }) => String(name))

/** As the first version left it. */
const takeBack = async () => {
  await database().query("DROP TABLE basegate.hourly_division")
  for (const name of await indexes()) await database().query(`DROP INDEX basegate."${name}"`)
  await database().query("UPDATE basegate.log_version SET version = 1")
}

/** It is used at once, and its days get what they lack one by one; what cannot be finished is begun anew. */
export const upgrade: Case = async () => {
  await emptied()
  const pair = [
    { key: "metadata.key", operator: "eq", value: ["team"] },
    { key: "metadata.value", operator: "eq", value: ["t1"] },
  ] as const
  const ask = Effect.gen(function* () {
    const log = yield* RequestLog
    const selection = { ...scope, filters: [], since: start, until: start + dayLength }
    return [
      yield* log.list({ scope, filters: pair, page: 1, perPage: 5 }),
      yield* log.divided(selection, [{ bucket: 3_600_000, by: ["metadata.team"] }]),
    ]
  })
  const before = await useLog(
    {},
    Effect.gen(function* () {
      const log = yield* RequestLog
      for (let index = 0; index < 60; index++) {
        const time = new Date(start + index * 600_000).toISOString()
        log.append(recordOf({ time, metadata: { team: `t${index % 3}` } }), undefined)
      }
      yield* log.flush
      return yield* ask
    }),
  )
  await takeBack()
  await database().query(
    `CREATE INDEX "entry_pairs_${Math.round(dayOf(start) / dayLength)}" ON basegate.entry_${
      Math.round(dayOf(start) / dayLength)
    } (id)`,
  )
  await database().query(
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = $1::text::regclass",
    [`basegate."entry_pairs_${Math.round(dayOf(start) / dayLength)}"`],
  )
  assert.deepEqual(await useLog({}, ask), before)
  // The log that was closed may have left an index that the server goes on with.
  for (let tries = 0; (await indexes()).length === 0; tries++) {
    assert.ok(tries < 100)
    if (tries > 0) await new Promise((resolve) => setTimeout(resolve, 50))
    await makePostgresLog(database(), () => undefined).maintain(start)
  }
  assert.deepEqual(await useLog({}, ask), before)
}
