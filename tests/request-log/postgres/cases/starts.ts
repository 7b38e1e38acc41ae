/** Gateways that start at once on a database that nobody has used. */
import assert from "node:assert/strict"
import * as Result from "effect/Result"
import { type LogLimits, makeMemoryLog } from "../../../../lib/request-log/memory/memory-log.ts"
import {
  openPostgresCounts,
  openPostgresLog,
  openPostgresSettings,
} from "../../../../lib/runtime/postgres-engine.ts"
import { recordOf, start } from "../../any-record.ts"
import type { Case } from "../../../support/sqlite-cases.ts"
import { database, url } from "../runtime.ts"

const limitsOf = (): LogLimits => ({ maxEntries: undefined, strategy: "DELETE_OLDEST", retention: undefined })

/** Some entries of one moment, which are of a day that has no table yet. */
const entries = (count: number) => {
  const queue = makeMemoryLog(limitsOf)
  for (let index = 0; index < count; index++) queue.append(recordOf(), undefined, start)
  return queue.first(count)
}

/** Each makes what it needs, or finds it made: none fails, and so none has to say that it tries again. */
export const starts: Case = async () => {
  for (let round = 0; round < 3; round++) {
    await database().query("DROP SCHEMA IF EXISTS basegate CASCADE")
    const gateways = Array.from({ length: 5 }, () => ({
      log: openPostgresLog(url, limitsOf),
      settings: openPostgresSettings(url),
      counts: openPostgresCounts(url, "postgres://test", Date.now),
    }))
    try {
      await Promise.all(gateways.flatMap(({ log, settings, counts }) => [
        (async () => {
          await log.prepare()
          assert.equal(await log.write(entries(3), start), 0)
          await log.maintain(start)
        })(),
        (async () => {
          const loaded = await settings.load()
          assert.ok(Result.isSuccess(loaded), JSON.stringify(loaded))
        })(),
        counts.ping(),
      ]))
      assert.equal(await gateways[0]?.log.entries(), 3 * gateways.length)
    } finally {
      for (const { log, settings, counts } of gateways) {
        counts.close()
        await settings.close()
        await log.close()
      }
    }
  }
}
