/** Gateways that lock the same rows at once never wait for each other in a circle, which would end one of them. */
import assert from "node:assert/strict"
import * as Redacted from "effect/Redacted"
import { connectPostgres } from "../../../../lib/postgres/connect.ts"
import type { Query } from "../../../../lib/postgres/database.ts"
import { type LogLimits, makeMemoryLog } from "../../../../lib/request-log/memory/memory-log.ts"
import { makePostgresLog, type PostgresLog } from "../../../../lib/request-log/postgres/engine.ts"
import { forgetHours } from "../../../../lib/request-log/postgres/hour-locks.ts"
import { dayLength } from "../../../../lib/request-log/postgres/schema.ts"
import { recordOf, start } from "../../any-record.ts"
import type { Case } from "../../../support/sqlite-cases.ts"
import { database, emptied, url } from "../runtime.ts"

const hour = 3_600_000
const kept = { maxEntries: 1000, strategy: "DELETE_OLDEST", retention: undefined } as const

/** Returns when so many wait for a lock, or something else has come of the last work. */
const untilWaiting = async (many: number, last: Promise<unknown>): Promise<void> => {
  let isOver = false
  const end = () => isOver = true
  last.then(end, end)
  for (let waiting = 0; waiting < many && !isOver;) {
    const [row] = await database().query(
      `SELECT count(*)::int AS waiting FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND backend_type = 'client backend'`,
    )
    waiting = Number(row?.["waiting"])
  }
}

/**
 * Runs two works that both come to what is held: each has by then what it locks before that, and goes on when the other has,
 * too. Where they lock in different orders, each of them then wants what the other has.
 */
const crossing = async (
  hold: string,
  works: readonly [() => Promise<unknown>, () => Promise<unknown>],
): Promise<void> => {
  const begun: Array<Promise<unknown>> = []
  await database().transaction(async (query) => {
    assert.ok((await query(hold)).length > 0)
    for (const work of works) {
      const last = work()
      begun.push(last)
      await untilWaiting(begun.length, last)
    }
  })
  await Promise.all(begun)
}

/** Two gateways, with a connection of their own for each statement. */
const withTwo = async (
  limitsOf: (gateway: string) => LogLimits,
  use: (one: PostgresLog, other: PostgresLog) => Promise<void>,
): Promise<void> => {
  await emptied()
  const [one, other] = [1, 2].map(() =>
    makePostgresLog(
      connectPostgres(Redacted.make(url), { connections: 2 }),
      (_, gateway) => limitsOf(gateway),
    )
  )
  if (one === undefined || other === undefined) return assert.fail()
  try {
    await one.prepare()
    await use(one, other)
  } finally {
    await one.close()
    await other.close()
  }
}

const entries = (gateways: ReadonlyArray<string>, time = start) => {
  const queue = makeMemoryLog(() => ({ ...kept, maxEntries: undefined }))
  for (const [nth, gateway_id] of gateways.entries()) {
    queue.append(recordOf({ gateway_id, time: new Date(time + nth).toISOString() }), undefined, start)
  }
  return queue.first(gateways.length)
}

/** A plan by which rows are found in the order in which they were asked for: one that the server may choose at any time. */
const oneByOne = async (query: Query): Promise<void> => {
  for (const way of ["hashjoin", "mergejoin", "seqscan", "material"]) {
    await query(`SET LOCAL enable_${way} = off`)
  }
}

/** Hours that two gateways write to, noted in different orders, of which something was kept. */
export const hours: Case = () =>
  withTwo(() => kept, async (one) => {
    await one.write(entries(["gateway"]), start)
    const all = [0, 1, 2].map((nth) => ({ scope: 1, hour: start + nth * hour }))
    await database().query(
      `INSERT INTO basegate.hourly_division (scope, hour, division, requests, cells)
       SELECT 1, ${start} + nth * ${hour}, division, 1, '[]'
       FROM generate_series(0, 2) AS nth, unnest(ARRAY['["metadata.a"]', '["metadata.b"]']) AS division`,
    )
    const connected = connectPostgres(Redacted.make(url), { connections: 2 })
    const forget = (asked: typeof all) => () =>
      connected.transaction(async (query) => {
        await oneByOne(query)
        await forgetHours(query, asked)
      })
    try {
      await crossing(
        `SELECT 1 FROM basegate.hourly_division WHERE hour = ${start + hour} FOR UPDATE`,
        [forget(all), forget(all.toReversed())],
      )
    } finally {
      await connected.close()
    }
    assert.deepEqual(await database().query("SELECT * FROM basegate.hourly_division"), [])
  })

/** Logs that take no more when they are full, whose entries come in different orders. */
export const bounded: Case = () =>
  withTwo(
    (gateway) => ({ ...kept, strategy: gateway === "open" ? "DELETE_OLDEST" : "STOP_INSERTING" }),
    async (one, other) => {
      const gateways = ["open", "first", "middle", "last"]
      await one.write(entries(gateways), start)
      await crossing(
        "SELECT 1 FROM basegate.scope WHERE gateway = 'middle' FOR UPDATE",
        [
          () => one.write(entries(gateways, start + hour), start),
          () => other.write(entries(gateways.toReversed(), start + 2 * hour), start),
        ],
      )
      assert.equal(await one.entries(), 12)
    },
  )

const selection = (descending: boolean) => ({
  scope: { account: "account", gateway: "gateway" },
  filters: [],
  descending,
})

/** Entries that some take out from their beginning, and others from their end, or because they are too old. */
export const removed: Case = async () => {
  const limitsOf = (gateway: string) => ({
    ...kept,
    retention: gateway === "gateway" ? dayLength : undefined,
  })
  const ways: ReadonlyArray<(log: PostgresLog) => Promise<unknown>> = [
    (log) => log.remove(selection(true), 5, -Infinity),
    (log) => log.maintain(start + 3 * dayLength),
  ]
  for (const way of ways) {
    await withTwo(limitsOf, async (one, other) => {
      await one.write(entries([...Array<string>(5).fill("gateway"), "second"]), start)
      await crossing(
        "SELECT 1 FROM basegate.entry WHERE scope = 1 ORDER BY created OFFSET 2 LIMIT 1 FOR UPDATE",
        [() => one.remove(selection(false), 5, -Infinity), () => way(other)],
      )
      assert.equal(await one.entries(), 1)
    })
  }
}

/** Who reads what is known of a day, and then its entries, while the day is to leave: the day waits. */
export const dropped: Case = () =>
  withTwo(() => ({ ...kept, retention: dayLength }), async (one, other) => {
    await one.write(entries(["gateway"]), start)
    const [dropping] = await database().transaction(async (query) => {
      await query("SELECT 1 FROM basegate.hourly")
      const begun = other.maintain(start + 3 * dayLength)
      await untilWaiting(1, begun)
      assert.equal((await query("SELECT 1 FROM basegate.entry")).length, 1)
      return [begun]
    })
    await dropping
    assert.equal(await one.entries(), 0)
  })
