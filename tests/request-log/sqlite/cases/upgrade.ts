import assert from "node:assert/strict"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { RequestLog } from "../../../../lib/request-log/RequestLog.ts"
import type { AnalyticsQuery } from "../../../../lib/request-log/query.ts"
import { recordOf, start } from "../../any-record.ts"
import { type Case, inFolder, open, useLog } from "../runtime.ts"

const hour = 3_600_000

/** A file of the first version learns how many of its entries have no price. */
export const upgrade: Case = () =>
  inFolder(async (folder) => {
    const file = join(folder, "log.db")
    const query: AnalyticsQuery = {
      account: "account",
      filters: [],
      since: start - hour,
      until: start + 3 * hour,
      bucket: hour,
      by: ["model"],
    }
    const figures = Effect.flatMap(RequestLog, (log) => log.analytics(query))
    const costs = [null, 0.1, null, null, 0]
    const before = await useLog(
      { file },
      Effect.gen(function* () {
        const log = yield* RequestLog
        for (const [index, cost] of costs.entries()) {
          const model = index < 3 ? 'a/"b"\u00e9' : null
          const time = new Date(start + index).toISOString()
          log.append(recordOf({ time, cost, model, request_id: `id-${index}` }), undefined)
        }
        return yield* figures
      }),
    )
    assert.deepEqual(before.map(({ cost, unpriced }) => [cost, unpriced]).sort(), [[0, 1], [0.1, 2]])
    const database = open(file)
    database.exec("UPDATE hourly SET figures = json_remove(figures, '$[0][7]'); PRAGMA user_version = 1")
    database.close()
    assert.deepEqual(await useLog({ file }, figures), before)
    assert.deepEqual(await useLog({ file }, figures), before)
  })
