/**
 * `npm run bench:log`: a million entries in the request log's file, on Bun and on Deno: how long writing takes, what
 * questions take, and how long they keep others waiting.
 *
 * Entries lie within thirty days, five models, a tenth cached, one in fifty failed, a thousand users. One run on a
 * shared machine says little about a few per cent. `bun tests/bench/log.ts 1000000 million.db` keeps the file, and asks one
 * that is there; so does a `postgres://` URL in its place, of a database that is empty or was filled so. `postgres` in its
 * place starts a server with the settings it comes with, and removes it afterwards (`npm run bench:log:postgres`).
 *
 * @module
 */
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { databaseSettings } from "../../lib/config/database-settings.ts"
import { readSettings } from "../../lib/config/environment.ts"
import { Settings } from "../../lib/config/Settings.ts"
import type { LogFilter, LogQuery } from "../../lib/request-log/query.ts"
import { RequestLog } from "../../lib/request-log/RequestLog.ts"
import { layerSqlite } from "../../lib/request-log/sqlite/sqlite-log.ts"
import { uuidV7 } from "../../lib/record/request-id.ts"
import { createGateway } from "../../lib/runtime/module.ts"
import { postgresLayers } from "../../lib/runtime/postgres-layers.ts"
import { findSqlite } from "../../lib/runtime/sqlite.ts"
import type { RequestRecord } from "../../lib/record/request-record.ts"
import { draftRecord } from "../support/draft-record.ts"
import { startPostgres } from "../support/postgres-server.ts"

const total = Number(process.argv[2] ?? 1_000_000)
const days = 30
const day = 86_400_000
const first = Date.now() - days * day
const models = [
  "openai/gpt-oss-120b",
  "zai-org/GLM-5.3",
  "deepseek-ai/DeepSeek-V3.1",
  "moonshotai/Kimi-K2",
  "abcd1234",
]
const scope = { account: "acme", gateway: "team" }

const milliseconds = (least: number, spread: number): number =>
  Math.round(1000 * least * Math.exp(spread * Math.random())) / 1000

const recordAt = (index: number): RequestRecord => {
  const created = first + Math.floor(index * (days * day / total))
  const id = uuidV7(created)
  const failed = index % 50 === 0
  const model = models[index % models.length] ?? null
  const total_ms = milliseconds(20, 6)
  return {
    ...draftRecord({
      time: new Date(created).toISOString(),
      request_id: id,
      event_id: id,
      method: "POST",
      path: "/v1/acme/team/baseten/v1/chat/completions",
      user_agent: "OpenAI/JS 7.57.0",
      request_content_type: "application/json",
      scheme: "https",
    }),
    account_id: scope.account,
    gateway_id: scope.gateway,
    provider: "baseten",
    route: "chat.completions",
    model,
    stream: true,
    status: failed ? 529 : 200,
    upstream_status: failed ? 529 : 200,
    request_bytes: 1234,
    response_bytes: 5432,
    time_to_headers_ms: total_ms / 10,
    time_to_first_byte_ms: total_ms / 10,
    time_to_first_token_ms: failed ? null : Math.round(total_ms * 100) / 1000,
    total_ms,
    gateway_ms: 0.7,
    tokens_in: failed ? null : index % 5000,
    tokens_out: failed ? null : index % 900,
    usage_source: failed ? null : "exact",
    cost: failed ? 0 : (index % 5000) * 1e-7,
    response_content_type: "text/event-stream",
    authenticated: true,
    key: "stored",
    baseten_request_id: id.replaceAll("-", ""),
    cached: index % 10 === 0,
    metadata: { user: `user-${index % 1000}`, team: `team-${index % 7}` },
    attempts: [{
      step: 0,
      attempt: 1,
      provider: "baseten",
      model,
      status: failed ? 529 : 200,
      error: null,
      duration_ms: total_ms,
      waited_ms: 0,
      circuit: null,
      url: "https://inference.baseten.co/v1/chat/completions",
      started_ms: 1,
      span_id: null,
    }],
  }
}

const filter = (
  key: LogFilter["key"],
  operator: LogFilter["operator"],
  ...value: LogFilter["value"]
): LogFilter => ({
  key,
  operator,
  value,
})
const list = (members: Partial<LogQuery> = {}) =>
  Effect.flatMap(RequestLog, (log) => log.list({ scope, filters: [], page: 1, perPage: 20, ...members }))
const analytics = (members: object = {}) =>
  Effect.flatMap(RequestLog, (log) =>
    log.analytics({
      account: scope.account,
      filters: [],
      since: first,
      until: Date.now(),
      bucket: day,
      by: [],
      ...members,
    }))

const questions: ReadonlyArray<readonly [string, Effect.Effect<unknown, never, RequestLog>]> = [
  ["list: newest", list()],
  ["list: page 25,000", list({ page: 25_000 })],
  ["list: one model", list({ filters: [filter("model", "eq", "abcd1234")] })],
  [
    "list: failed, last week",
    list({
      filters: [filter("success", "eq", false), filter("created_at", "gt", Date.now() - 7 * day)],
    }),
  ],
  [
    "list: a metadata pair",
    list({
      filters: [filter("metadata.key", "eq", "user"), filter("metadata.value", "eq", "user-77")],
    }),
  ],
  ["list: cost above", list({ filters: [filter("cost", "gt", 0.00045)] })],
  ["list: user agent contains", list({ filters: [filter("user_agent", "contains", "python")] })],
  ["list: search", list({ search: "user-777" })],
  ["list: dearest first", list({ orderBy: "cost" })],
  ["list: slowest first", list({ orderBy: "duration" })],
  ["list: most tokens first", list({ orderBy: "tokens_out" })],
  ["list: by model", list({ orderBy: "model" })],
  ["list: search of a fifth", list({ search: "gpt-oss" })],
  ["list: one id", list({ filters: [filter("id", "eq", "unknown")] })],
  ["analytics: days by model, 30 days", analytics({ by: ["model"] })],
  [
    "analytics: hours by model and status, 30 days",
    analytics({ bucket: 3_600_000, by: ["model", "status"] }),
  ],
  [
    "analytics: minutes by model, last day",
    analytics({ bucket: 60_000, by: ["model"], since: Date.now() - day }),
  ],
  [
    "analytics: hours by metadata.team, last day",
    analytics({
      bucket: 3_600_000,
      by: ["metadata.team"],
      since: Date.now() - day,
    }),
  ],
  ["analytics: days by metadata.team, 30 days", analytics({ by: ["metadata.team"] })],
]

/** Notes the longest time for which nothing else could run. */
const watch = (): () => number => {
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last - 1)
    last = now
  }, 1)
  return () => {
    clearInterval(timer)
    return longest
  }
}

/** Runs and measures: time passed, processor time, and the longest wait of others, in milliseconds. */
const measured = function* <R>(run: Effect.Effect<unknown, never, R>) {
  yield* Effect.sleep(20)
  const stop = watch()
  const [start, cpu] = [performance.now(), process.cpuUsage()]
  yield* run
  const passed = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  return { passed, cpu: (user + system) / 1000, longest: stop() }
}

const folder = mkdtempSync(join(tmpdir(), "basegate-bench-"))
const place = process.argv[3] ?? join(folder, "log.db")
const server = place === "postgres" ? await startPostgres([]) : undefined
const file = await server?.newDatabase() ?? place
const { database } = databaseSettings(file)
const isThere = statSync(file, { throwIfNoEntry: false }) !== undefined
const layer = Layer.provide(
  database === undefined
    ? layerSqlite(findSqlite, { maxEntries: 50_000 })
    : postgresLayers(database, () => import("../../lib/runtime/postgres-engine.ts")).log,
  Settings.layerOf(Result.getOrThrow(readSettings({ BASEGATE_DB: file }))),
)
const ms = (value: number): string => value.toFixed(1).padStart(9)

/** Writes the entries. */
const writeAll = function* (log: RequestLog["Service"]) {
  let [writing, cpu, appending, longest] = [0, 0, 0, 0]
  for (let index = 0; index < total;) {
    const records = Array.from({ length: Math.min(5000, total - index) }, () => recordAt(index++))
    const start = performance.now()
    for (const record of records) log.append(record, undefined)
    appending += performance.now() - start
    const taken = yield* Effect.gen(() => measured(log.flush))
    writing += taken.passed
    cpu += taken.cpu
    longest = Math.max(longest, taken.longest)
  }
  const size = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) / 1e6
  const each = (spent: number): string => `${(1000 * spent / total).toFixed(1)} µs`
  console.log(
    `${total} entries, ${size.toFixed(0)} MB. An entry: ${each(appending)} to take, ${
      each(writing)
    } to write ` +
      `(${each(cpu)} of processor); longest wait of others ${longest.toFixed(0)} ms`,
  )
}

/** Exports the log as the management API does, to a reader that keeps nothing. */
const exportAll = async (format: string): Promise<void> => {
  const admin = "adm-bench"
  const gateway = createGateway({
    env: {
      BASEGATE_DB: file,
      BASEGATE_ADMIN_TOKEN: admin,
      BASEGATE_CONFIG: { gateways: { "*": {} } },
      LOG_LEVEL: "none",
    },
  })
  const url = `http://bench/client/v4/accounts/${scope.account}/ai-gateway/gateways/${scope.gateway}/logs`
  const { rss } = process.memoryUsage()
  const [start, stop] = [performance.now(), watch()]
  const response = await gateway.fetch(
    new Request(`${url}?format=${format}`, { headers: { authorization: `Bearer ${admin}` } }),
  )
  let [bytes, lines, most] = [0, 0, rss]
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    for (const byte of chunk) if (byte === 10) lines++
    most = Math.max(most, process.memoryUsage().rss)
  }
  const seconds = (performance.now() - start) / 1000
  console.log(
    `${format}: ${lines} lines, ${(bytes / 1e6).toFixed(0)} MB in ${seconds.toFixed(1)} s; memory at most ` +
      `${((most - rss) / 1e6).toFixed(0)} MB above the start's; longest wait of others ${
        stop().toFixed(0)
      } ms`,
  )
  await gateway.dispose()
}

const bench = Effect.gen(function* () {
  const log = yield* RequestLog
  if (!isThere && (yield* log.health).entries === 0) yield* writeAll(log)
  console.log("    first     again       cpu  longest wait (ms)")
  for (const [name, question] of questions) {
    const first = yield* Effect.gen(() => measured(question))
    const again: Array<number> = []
    for (let times = 0; times < 3; times++) {
      again.push((yield* Effect.gen(() => measured(question))).passed)
    }
    const median = again.sort((one, other) => one - other)[1] ?? NaN
    console.log(`${ms(first.passed)} ${ms(median)} ${ms(first.cpu)} ${ms(first.longest)}  ${name}`)
  }
})

try {
  await Effect.runPromise(Effect.provide(bench, layer))
  for (const format of ["ndjson", "csv"]) await exportAll(format)
} finally {
  await server?.close()
  rmSync(folder, { recursive: true, force: true })
}
