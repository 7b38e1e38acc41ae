import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import type { LogFilter } from "../../../lib/request-log/query.ts"
import { RequestLog } from "../../../lib/request-log/RequestLog.ts"
import { recordOf } from "../any-record.ts"
import type { Case } from "../../support/sqlite-cases.ts"
import type { UseLog } from "./use-log.ts"

/** Texts that could be taken for a part of another pair. */
const texts = ["a", 'x"a', '"', "\\", 'a":"a', "a\n", "", "A", '\n"a":"a"\n']
const scope = { account: "account", gateway: "gateway" }

/** Every pair of those texts is found by itself, by its key and by its value, and nothing else is. */
export const pairs = (useLog: UseLog): Case => () =>
  useLog(
    {},
    Effect.gen(function* () {
      const log = yield* RequestLog
      for (const key of texts) {
        for (const value of texts) log.append(recordOf({ metadata: { [key]: value } }), undefined)
      }
      const found = (filters: ReadonlyArray<LogFilter>) =>
        Effect.map(
          log.list({ scope, filters, page: 1, perPage: 100 }),
          ({ entries }) => entries.map(({ metadata }) => JSON.stringify(metadata)).sort(),
        )
      const is = (key: LogFilter["key"], value: string): LogFilter => ({
        key,
        operator: "eq",
        value: [value],
      })
      const all = texts.flatMap((key) => texts.map((value) => ({ [key]: value })))
      const holding = (key: string | undefined, value: string | undefined) =>
        all.filter((metadata) =>
          Object.entries(metadata).every(([k, v]) => k === (key ?? k) && v === (value ?? v))
        )
          .map((metadata) => JSON.stringify(metadata)).sort()
      for (const key of texts) {
        assert.deepEqual(yield* found([is("metadata.key", key)]), holding(key, undefined), key)
        assert.deepEqual(yield* found([is("metadata.value", key)]), holding(undefined, key), key)
        for (const value of texts) {
          const filters = [is("metadata.key", key), is("metadata.value", value)]
          assert.deepEqual(yield* found(filters), holding(key, value), `${key}: ${value}`)
        }
      }
    }),
  )
