/** What hours came to in other divisions is kept, and never stale. */
import assert from "node:assert/strict"
import * as Redacted from "effect/Redacted"
import { connectPostgres } from "../../../../lib/postgres/connect.ts"
import { makeMemoryLog } from "../../../../lib/request-log/memory/memory-log.ts"
import { makePostgresLog } from "../../../../lib/request-log/postgres/engine.ts"
import { recordOf, start } from "../../any-record.ts"
import type { Case } from "../../../support/sqlite-cases.ts"
import { keeping, keptHours } from "../../conformance/kept.ts"
import { database, emptied, url, useEmptyLog } from "../runtime.ts"

const hour = 3_600_000
const scope = { account: "account", gateway: "gateway" }
const limits = { maxEntries: undefined, strategy: "DELETE_OLDEST", retention: undefined } as const

/** Hours that are over are kept in the database. */
export const kept: Case = () =>
  useEmptyLog(
    {},
    keeping(async () =>
      (await database().query(
        keptHours.replace("hourly_division", "basegate.hourly_division").replace("count(*)", "count(*)::int"),
      )).map((row) => ({ ...row }))
    ),
  )

const recordAt = (index: number) =>
  recordOf({
    time: new Date(start + (index * 7_919_113) % (3 * hour)).toISOString(),
    request_id: `late-${String(index).padStart(6, "0")}`,
    total_ms: index % 100,
    metadata: { team: `t${index % 3}` },
  })

/** Hours that several gateways write to, change and take from, while others ask for them, are never kept as they were before. */
export const contested: Case = async () => {
  await emptied()
  const engines = Array.from({ length: 3 }, () => {
    const connected = connectPostgres(Redacted.make(url), { connections: 4 })
    return { log: makePostgresLog(connected, () => limits), close: connected.close }
  })
  const [asker = assert.fail(), ...writers] = engines
  await asker.log.prepare()
  const selection = { ...scope, filters: [], since: start, until: start + 3 * hour }
  const now = start + 10 * hour
  const ask = async () => {
    const [rows = []] = await asker.log.divided(
      selection,
      [{ bucket: hour, by: ["metadata.team"] }],
      () => -Infinity,
      now,
    )
    return rows
  }
  let written = 0
  let isDone = false
  const asking = (async () => {
    while (!isDone) await ask()
  })()
  try {
    await Promise.all(writers.map(async ({ log }, nth) => {
      const queue = makeMemoryLog(() => limits)
      for (let round = 0; round < 15; round++) {
        const records = Array.from({ length: 20 }, (_, each) => recordAt(10_000 * nth + 20 * round + each))
        for (const record of records) queue.append(record, undefined, now)
        const [changed = "", gone = ""] = records.map(({ request_id }) => request_id)
        const held = queue.first(20)
        await log.write(held, now)
        // What is written again is there already.
        await log.write(held.slice(0, 3), now)
        for (const each of held) queue.release(each)
        assert.equal(await log.patch(scope, changed, { metadata: { team: "moved" } }, -Infinity), true)
        const only = { key: "id", operator: "eq", value: [gone] } as const
        assert.equal(await log.remove({ scope, filters: [only] }, 1, -Infinity), 1)
        written += 19
      }
    }))
  } finally {
    isDone = true
    await asking
  }
  const rows = await ask()
  assert.equal(rows.reduce((sum, { requests }) => sum + requests, 0), written)
  await database().query("TRUNCATE basegate.hourly_division")
  assert.deepEqual(rows, await ask())
  for (const { close } of engines) await close()
}
