import assert from "node:assert/strict"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { addAggregates } from "../../../../lib/request-log/aggregates.ts"
import { RequestLog } from "../../../../lib/request-log/RequestLog.ts"
import type { AnalyticsQuery, AnalyticsRow } from "../../../../lib/request-log/analytics-query.ts"
import { figuresOf, figuresText } from "../../../../lib/request-log/sqlite/hourly.ts"
import type { Database } from "../../../../lib/sqlite/database.ts"
import { recordOf, start } from "../../any-record.ts"
import { type Case, inFolder, open } from "../../../support/sqlite-cases.ts"
import { useLog } from "../runtime.ts"

const hour = 3_600_000

const drop = (...columns: ReadonlyArray<string>): string =>
  columns.map((column) => `ALTER TABLE entry DROP COLUMN ${column};`).join("\n")

/** Turns a file into one of the sixth version, which keeps no divisions. */
const toSixth = (database: Database): void =>
  database.exec(`
    DROP TABLE hourly_division;
    ${drop("requested_model")}
    PRAGMA user_version = 6;
  `)

/** Turns a file of the sixth version into one of the fifth version: it knows neither policies nor guardrails. */
const toFifth = (database: Database): void =>
  database.exec(`${drop("dlp_action", "guardrails_action")}
    PRAGMA user_version = 5;
  `)

/** Turns a file of the fifth version into one of the fourth version: no endings of hours, and none of the figures that came with them. */
const toFourth = (database: Database): void => {
  const rows = database.prepare("SELECT scope, hour, kind, figures FROM hourly").all()
  const write = database.prepare(
    "UPDATE hourly SET kind = ?, figures = ? WHERE scope = ? AND hour = ? AND kind = ?",
  )
  for (const { scope = null, hour = null, kind = null, figures } of rows) {
    const [counts, ...histograms] = JSON.parse(String(figures)) as [Array<unknown>, ...Array<unknown>]
    write.run(
      JSON.stringify((JSON.parse(String(kind)) as Array<unknown>).slice(0, 7)),
      JSON.stringify([counts.slice(0, 8), ...histograms.slice(0, 2)]),
      scope,
      hour,
      kind,
    )
  }
  database.exec(`
    ${drop("tokens_reasoning", "estimated", "speed", "rescued", "rescued_from")}
    PRAGMA user_version = 4;
  `)
}

/** Turns a file of the fourth version of which no entry has a key or a way into one of the third version, which knows of neither. */
const toThird = (database: Database): void =>
  database.exec(`
    UPDATE hourly SET kind = substr(kind, 1, length(kind) - length(',null]')) || ']';
    ${drop("key_alias", "dynamic_route")}
    PRAGMA user_version = 3;
  `)

/** Turns a file of the third version into one of the second version: no tokens, no deployments, costs of hours in dollars. */
const toSecond = (database: Database): void => {
  const rows = database.prepare("SELECT * FROM hourly").all()
  const merged = new Map<string, { row: typeof rows[number]; kind: string; figures: string }>()
  for (const row of rows) {
    const kind = JSON.stringify((JSON.parse(String(row["kind"])) as Array<unknown>).slice(0, 5))
    const key = `${row["scope"]} ${row["hour"]} ${kind}`
    const sum = figuresOf(String(row["figures"]))
    const other = merged.get(key)
    if (other !== undefined) addAggregates(sum, figuresOf(other.figures))
    merged.set(key, { row, kind, figures: figuresText(sum) })
  }
  database.exec("DELETE FROM hourly")
  const write = database.prepare("INSERT INTO hourly VALUES (?, ?, ?, ?, ?, ?)")
  for (const { row, kind, figures } of merged.values()) {
    const [counts, ...histograms] = JSON.parse(figures) as [Array<number | string>, ...Array<unknown>]
    counts[6] = Number(counts[6]) / 1e12
    const { scope = null, hour = null } = row
    write.run(
      scope,
      hour,
      kind,
      Number(counts[0]),
      null,
      JSON.stringify([counts.slice(0, 8), ...histograms.slice(0, 2)]),
    )
  }
  database.exec(`
    DROP TABLE hourly_token;
    ALTER TABLE entry DROP COLUMN token;
    ALTER TABLE entry DROP COLUMN deployment;
    UPDATE detail SET record = json_remove(record, '$.token');
    PRAGMA user_version = 2;
  `)
}

const costs = [null, 0.1, null, null, 0, 0.2, 0.3, 7e-9]

const questions = Effect.gen(function* () {
  const log = yield* RequestLog
  const query: AnalyticsQuery = {
    account: "account",
    filters: [],
    since: start - hour,
    until: start + 3 * hour,
    bucket: hour,
    by: ["model"],
  }
  const answers: Array<ReadonlyArray<AnalyticsRow>> = []
  for (
    const by of [["model"], ["deployment", "status"], ["ending"], ["token"], ["key_alias"], [
      "metadata.none",
    ]] as const
  ) {
    for (const bucket of [hour, 1000, "all"] as const) {
      answers.push(yield* log.analytics({ ...query, bucket, by }))
    }
  }
  const scope = { account: "account", gateway: "gateway" }
  const filters = [{ key: "deployment", operator: "eq", value: ["abcd1234"] }] as const
  const { total, ranges, entries } = yield* log.list({ scope, filters, page: 1, perPage: 50 })
  return { answers, total, ranges, tokens: entries.map(({ token }) => token) }
})

/** A file of an earlier version learns what it does not know of its entries. */
export const upgrade: Case = () =>
  inFolder(async (folder) => {
    for (const version of [1, 2, 3, 4, 5, 6]) {
      const file = join(folder, `log-${version}.db`)
      const before = await useLog(
        { file },
        Effect.gen(function* () {
          const log = yield* RequestLog
          for (const [index, cost] of costs.entries()) {
            const model = index < 3 ? 'a/"b"\u00e9' : null
            const deployment = index === 3 || index > 5 ? "abcd1234" : null
            const time = new Date(start + 700 * index).toISOString()
            const path = '/v1/account/gateway/"deployment":"none"'
            const route = "model"
            const request_id = `id-${index}`
            const ending = index % 3 === 2 ? "upstream_cut" : "complete"
            log.append(
              recordOf({ time, cost, model, deployment, path, route, request_id, ending }),
              undefined,
            )
          }
          return yield* questions
        }),
      )
      assert.deepEqual(before.answers[0]?.map(({ cost, unpriced }) => [cost, unpriced]).sort(), [
        [0.1, 2],
        [0.500000007, 1],
      ])
      assert.deepEqual(before.tokens, [null, null, null])
      const database = open(file)
      toSixth(database)
      if (version < 6) toFifth(database)
      if (version < 5) toFourth(database)
      if (version < 4) toThird(database)
      if (version < 3) toSecond(database)
      if (version === 1) {
        database.exec("UPDATE hourly SET figures = json_remove(figures, '$[0][7]'); PRAGMA user_version = 1")
      }
      database.close()
      assert.deepEqual(await useLog({ file }, questions), before)
      assert.deepEqual(await useLog({ file }, questions), before)
    }
  })
