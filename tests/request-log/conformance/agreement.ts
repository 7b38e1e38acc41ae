import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { makeMemoryLog, type MemoryLog } from "../../../lib/request-log/memory/memory-log.ts"
import {
  type LogCursor,
  type LogFilter,
  type LogSelection,
  orderKeys,
} from "../../../lib/request-log/query.ts"
import {
  type AnalyticsDivision,
  type AnalyticsSelection,
  type Dimension,
  fixedDimensions,
  type TimeBuckets,
} from "../../../lib/request-log/analytics-query.ts"
import type { LogEntry, LogPatch } from "../../../lib/request-log/entry.ts"
import { RequestLog } from "../../../lib/request-log/RequestLog.ts"
import type { RequestRecord } from "../../../lib/record/request-record.ts"
import { anyFilter, pair } from "../any-filter.ts"
import { anyMetadata, anyRecord, anyText, start, usually } from "../any-record.ts"
import type { Case } from "../../support/sqlite-cases.ts"
import type { UseLog } from "./use-log.ts"

const hour = 3_600_000
const anyValue = fc.constantFrom("a", "b", null, true, false, 200, 400, "1", "ci", "wxyz")
const kindFilter: fc.Arbitrary<LogFilter> = fc.record({
  key: fc.constantFrom(
    "model",
    "provider",
    "success",
    "cached",
    "status_code",
    "token",
    "deployment",
    "ending",
  ),
  operator: fc.constantFrom("eq", "neq", "lt"),
  value: fc.array(anyValue, { minLength: 1, maxLength: 2 }),
})
const anyFilters = fc.oneof(
  { weight: 2, arbitrary: fc.constant([]) },
  fc.array(kindFilter, { minLength: 1, maxLength: 2 }),
  fc.array(anyFilter, { minLength: 1, maxLength: 2 }),
  fc.tuple(anyFilter, anyFilter).map(([key, value]) => pair(key, value)),
)
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
/** Without members that are undefined. */
const given = <T extends object>(members: T): { [Key in keyof T]: Exclude<T[Key], undefined> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never

const anySelection: fc.Arbitrary<LogSelection> = fc.record({
  scope: fc.record({
    account: usually("account", "other"),
    gateway: usually("gateway", "second", "unknown"),
  }),
  filters: anyFilters,
  search: optional(fc.oneof(anyText, fc.constant(""))),
  orderBy: optional(fc.constantFrom(...orderKeys)),
  descending: optional(fc.boolean()),
}).map(given)

const anyAnalytics: fc.Arbitrary<AnalyticsSelection> = fc.record({
  account: fc.constant("account"),
  gateway: optional(fc.constantFrom("gateway", "second")),
  filters: anyFilters,
  since: fc.constantFrom(start - hour, start, start + 1_000_000, start + hour),
  until: fc.constantFrom(start + 3_000_000, start + 2 * hour, start + 3 * hour),
}).map(given)

const anyDivision: fc.Arbitrary<AnalyticsDivision> = fc.record({
  bucket: fc.oneof(
    fc.constantFrom<TimeBuckets>(60_000, hour, 2 * hour, "all"),
    fc.record({
      unit: fc.constantFrom("day", "week", "month"),
      // Midnight is within the records' two hours: at 01:00 UTC in the Azores, at half past in the Marquesas' east.
      timeZone: fc.constantFrom(
        "UTC",
        "Atlantic/Azores",
        "America/St_Johns",
        "Asia/Kolkata",
        "Pacific/Marquesas",
      ),
    }),
  ),
  by: fc.subarray<Dimension>(
    [...fixedDimensions, "metadata.a", 'metadata.q"u\\o'],
    { maxLength: 3 },
  ),
})

const anyPatch: fc.Arbitrary<LogPatch> = fc.oneof(
  fc.record({ feedback: fc.constantFrom(-1, 0, 1, null), score: fc.constantFrom(0.5, null) }),
  fc.record({ metadata: anyMetadata }),
)
const kind = <K extends string>(name: K) => fc.constant(name)
const count = fc.integer({ min: 1, max: 5 })

const anyStep = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: kind("append"), record: anyRecord }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: kind("list"), selection: anySelection, page: count, perPage: count }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: kind("stretches"), selection: anySelection, limit: count }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind("patch"), which: fc.nat(), patch: anyPatch }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: kind("remove"), selection: anySelection, limit: optional(count) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: kind("analytics"),
      selection: anyAnalytics,
      divisions: fc.array(anyDivision, { minLength: 1, maxLength: 4 }),
    }),
  },
)

/** The log and the one in memory give the same answers, whatever is written, changed, deleted and asked. */
export const agreement = (useLog: UseLog, numRuns = 150): Case => () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(anyRecord, { maxLength: 12 }),
      fc.array(anyStep, { maxLength: 25 }),
      (records, steps) => useLog({}, compared(records, steps)),
    ),
    { numRuns },
  )

const inMemory = (memory: MemoryLog): RequestLog["Service"]["stretch"] => (selection, after, limit) =>
  Effect.sync(() => memory.stretch(selection, after, limit, start))

const compared = (
  records: ReadonlyArray<RequestRecord>,
  steps: ReadonlyArray<typeof anyStep extends fc.Arbitrary<infer T> ? T : never>,
) =>
  Effect.gen(function* () {
    const log = yield* RequestLog
    const memory = makeMemoryLog(() => ({
      maxEntries: undefined,
      strategy: "DELETE_OLDEST",
      retention: undefined,
    }))
    const known: Array<RequestRecord> = []
    const append = (record: RequestRecord) => {
      known.push(record)
      memory.append(record, undefined, start)
      log.append(record, undefined)
    }
    for (const record of records) append(record)
    for (const step of steps) {
      switch (step.kind) {
        case "append":
          append(step.record)
          break
        case "list": {
          const query = { ...step.selection, page: step.page, perPage: step.perPage }
          assert.deepEqual(yield* log.list(query), memory.list(query, start))
          break
        }
        case "stretches": {
          const { orderBy: _, ...selection } = step.selection
          const expected = memory.list({ ...selection, page: 1, perPage: 1000 }, start).entries
          for (const stretch of [log.stretch, inMemory(memory)]) {
            const entries: Array<LogEntry> = []
            for (let after: LogCursor | undefined, more = true; more;) {
              const next = yield* stretch(selection, after, step.limit)
              assert.ok(next.entries.length <= step.limit)
              entries.push(...next.entries)
              after = next.next
              more = after !== undefined
            }
            assert.deepEqual(entries, expected)
          }
          break
        }
        case "patch": {
          const record = known[step.which % known.length]
          if (record === undefined) break
          const scope = { account: record.account_id ?? "", gateway: record.gateway_id ?? "" }
          const { request_id: id } = record
          assert.equal(yield* log.patch(scope, id, step.patch), memory.patch(scope, id, step.patch, start))
          assert.deepEqual(yield* log.get(scope, id), memory.get(scope, id, start))
          break
        }
        case "remove":
          assert.equal(
            yield* log.remove(step.selection, step.limit),
            memory.remove(step.selection, step.limit, start),
          )
          break
        case "analytics":
          assert.deepEqual(
            yield* log.divided(step.selection, step.divisions),
            memory.divided(step.selection, step.divisions, start),
          )
      }
    }
    assert.equal((yield* log.health).entries, memory.size())
  })
