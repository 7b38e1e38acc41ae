import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { conditionsOf } from "../../../lib/request-log/conditions.ts"
import { fieldsOf } from "../../../lib/request-log/filterable-fields.ts"
import { found, matchesConditions } from "../../../lib/request-log/filter.ts"
import { RequestLog } from "../../../lib/request-log/RequestLog.ts"
import { anyFilter, pair } from "../any-filter.ts"
import { anyRecord, anyText } from "../any-record.ts"
import type { Case } from "../../support/sqlite-cases.ts"
import type { UseLog } from "./use-log.ts"

const scope = { account: "account", gateway: "gateway" }
const inScope = anyRecord.map((record) => ({
  ...record,
  account_id: scope.account,
  gateway_id: scope.gateway,
}))
const anyFilters = fc.oneof(
  anyFilter.map((filter) => [filter]),
  fc.tuple(anyFilter, anyFilter).map(([key, value]) => pair(key, value)),
)

/** Each filter finds what `matchesConditions` says, and each search what `found` says. */
export const filtering = (useLog: UseLog, numRuns = 40): Case => () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(inScope, { minLength: 5, maxLength: 10 }),
      fc.array(anyFilters, { minLength: 50, maxLength: 100 }),
      fc.array(fc.string({ unit: fc.oneof(anyText, fc.constantFrom(...'%_\\"AZ')), maxLength: 2 }), {
        maxLength: 20,
      }),
      (records, questions, searches) =>
        useLog(
          {},
          Effect.gen(function* () {
            const log = yield* RequestLog
            for (const record of records) log.append(record, undefined)
            const facts = records.map((record) => fieldsOf(record, { feedback: null }))
            const idsOf = (query: object) =>
              Effect.map(
                log.list({ scope, filters: [], page: 1, perPage: 50, ...query }),
                ({ entries }) => entries.map((entry) => entry.request_id).sort(),
              )
            for (const filters of questions) {
              const conditions = conditionsOf(filters)
              const expected = facts.filter((facts) => matchesConditions(facts, conditions)).map(({ id }) =>
                id
              ).sort()
              assert.deepEqual(yield* idsOf({ filters }), expected, JSON.stringify(filters))
            }
            for (const search of searches) {
              const expected = facts.filter((facts) => found(facts, search)).map(({ id }) => id).sort()
              assert.deepEqual(yield* idsOf({ search }), expected, JSON.stringify(search))
            }
          }),
        ),
    ),
    { numRuns },
  )
