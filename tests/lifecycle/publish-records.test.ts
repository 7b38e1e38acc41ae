/** Publishing: the books first, then the record; a defect takes nothing else with it, and nobody waits for another. */
import assert from "node:assert/strict"
import { mock, test } from "node:test"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { readSettings } from "../../lib/config/environment.ts"
import { Alerts } from "../../lib/alert/Alerts.ts"
import { type FinishedExchange, makePublisher } from "../../lib/lifecycle/publish-records.ts"
import type { RequestRecord } from "../../lib/record/request-record.ts"
import { secretsOf } from "../../lib/redaction/secrets.ts"
import { record } from "../telemetry/sample-record.ts"

const settings = Result.getOrThrow(readSettings({}))
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
const directive = { shouldLog: true, payloads: undefined }

/** A publisher, and in which order it did what. */
const publisher = (
  { detached = true, refreshed, tell = () => {} }: {
    detached?: boolean
    refreshed?: Promise<void>
    tell?: (record: RequestRecord) => void | Promise<void>
  } = {},
) => {
  const log: Array<string> = []
  const publish = makePublisher({
    settings,
    metrics: {
      began: () => {},
      ended: () => {},
      record: () => {},
      startedAt: 0,
      dropped: () => {},
      alerted: () => {},
      families: Effect.succeed([]),
      everywhere: Effect.succeed([]),
      text: Effect.succeed(""),
    },
    telemetry: {
      record: (record) => {
        log.push(`record ${record.request_id}`)
        return tell(record)
      },
    },
    alerts: Alerts.none,
    refreshPrices: () => {
      log.push("prices")
      return refreshed
    },
    detached,
    onPublished: () => void log.push("published"),
  })
  const finish = (id: string, members: Partial<FinishedExchange> = {}): void =>
    publish({
      id,
      method: record.method,
      scheme: record.scheme,
      record: () => ({ ...record, request_id: id }),
      directive: () => directive,
      secrets: () => [],
      settle: () => void log.push(`settle ${id}`),
      done: undefined,
      ...members,
    })
  return { log, finish }
}

/** What was reported meanwhile. */
const reportsOf = async (run: () => Promise<void>): Promise<ReadonlyArray<string>> => {
  const lines: Array<string> = []
  const { mock: quiet } = mock.method(console, "error", (line: string) => void lines.push(line))
  try {
    await run()
  } finally {
    quiet.restore()
  }
  return lines
}

test("requests that end in one turn are published in one batch after it, each settled before its record", async () => {
  const { log, finish } = publisher()
  finish("1")
  finish("2")
  await Promise.resolve()
  assert.deepEqual(log, [])
  await turn()
  assert.deepEqual(log, ["prices", "settle 1", "record 1", "published", "settle 2", "record 2", "published"])
})

test("a settlement that takes long delays no other", async () => {
  const { log, finish } = publisher()
  let settled = (): void => {}
  finish("1", { settle: () => new Promise<void>((resolve) => settled = resolve) })
  finish("2")
  await turn()
  assert.deepEqual(log, ["prices", "settle 2", "record 2", "published"])
  settled()
  await turn()
  assert.deepEqual(log.slice(4), ["record 1", "published"])
})

for (
  const [name, fail] of [
    ["throws", () => {
      throw new TypeError("Bearer sk-1")
    }],
    ["rejects", () => Promise.reject(new TypeError("Bearer sk-1"))],
  ] as const
) {
  test(`a settlement that ${name} is reported, and the record published`, async () => {
    const { log, finish } = publisher()
    const reports = await reportsOf(async () => {
      finish("1", { settle: fail })
      finish("2")
      await turn()
    })
    assert.deepEqual(log.filter((line) => line.startsWith("record")).sort(), ["record 1", "record 2"])
    assert.deepEqual(reports.map((line) => (JSON.parse(line) as { request_id: string }).request_id), ["1"])
    assert.ok(!reports.join().includes("sk-1"))
  })

  test(`telemetry that ${name} is reported, and the next record published`, async () => {
    const { log, finish } = publisher({ tell: ({ request_id }) => request_id === "1" ? fail() : undefined })
    const reports = await reportsOf(async () => {
      finish("1")
      finish("2")
      await turn()
    })
    assert.equal(log.filter((line) => line === "published").length, 2)
    assert.deepEqual(reports.map((line) => (JSON.parse(line) as { request_id: string }).request_id), ["1"])
  })
}

for (const returned of [1, null, { then: () => {} }]) {
  test(`telemetry that returns ${JSON.stringify(returned)} is not waited for`, async () => {
    const { log, finish } = publisher({ tell: () => returned as unknown as void })
    finish("1")
    finish("2")
    await turn()
    assert.equal(log.filter((line) => line === "published").length, 2)
  })
}

test("on Workers each request publishes its own, and is done when its record and the prices are", async () => {
  let priced = (): void => {}
  let told = (): void => {}
  const { log, finish } = publisher({
    detached: false,
    refreshed: new Promise<void>((resolve) => priced = resolve),
    tell: () => new Promise<void>((resolve) => told = resolve),
  })
  finish("1", { done: () => void log.push("done") })
  await turn()
  assert.deepEqual(log, ["prices", "settle 1", "record 1"])
  told()
  await turn()
  assert.deepEqual(log.slice(3), ["published"])
  priced()
  await turn()
  assert.deepEqual(log.slice(4), ["done"])
  finish("2")
  await Promise.resolve()
  assert.ok(log.includes("settle 2"), "without waitUntil there may be no later turn")
})

test("records hold no secret of their request, and probes leave none", async () => {
  const records: Array<RequestRecord> = []
  const { log, finish } = publisher({ tell: (record) => void records.push(record) })
  finish("1", {
    record: () => ({ ...record, user_agent: "sk-0123456789" }),
    secrets: () => [secretsOf(["sk-0123456789"])],
  })
  finish("2", { record: () => ({ ...record, path: "/livez" }) })
  finish("3", { record: () => ({ ...record, path: "/livez", status: 503 }) })
  await turn()
  assert.deepEqual(records.map(({ path, user_agent }) => [path, user_agent]), [
    [record.path, "[redacted]"],
    ["/livez", record.user_agent],
  ])
  assert.equal(log.filter((line) => line === "published").length, 3)
})
