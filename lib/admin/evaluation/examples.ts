/**
 * Exports a dataset as lines of JSON for fine-tuning.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { GatewayError } from "../../errors.ts"
import type { AdminRoute } from "../../route/admin-paths.ts"
import { RequestLog } from "../../request-log/RequestLog.ts"
import type { WrittenDocument } from "../../settings-store/document.ts"
import type { CsvRow } from "../csv.ts"
import { exportOf } from "../export.ts"
import { fileName } from "../log-export.ts"
import { datasetsOf, noDataset } from "../written/datasets.ts"
import { chatExample } from "./chat-example.ts"
import type { DatasetEntries } from "./dataset-entries.ts"

/**
 * Every chat of a dataset that succeeded and whose bodies were stored in full (`collect_log_payloads`), the newest
 * first.
 */
export const showExamples = (
  document: WrittenDocument,
  route: AdminRoute,
  entries: DatasetEntries,
  hasBody: boolean,
): Effect.Effect<Response, GatewayError, RequestLog> =>
  Effect.gen(function* () {
    const { account, gateway, item } = route
    const dataset = datasetsOf(document, { route }).find(({ id }) => id === item)
    if (dataset === undefined) return yield* noDataset(item)
    const log = yield* RequestLog
    const run = Effect.runPromiseWith(yield* Effect.context<never>())
    const scope = { account, gateway }
    const succeeded = { key: "success", operator: "eq", value: [true] } as const
    const read = entries(scope, [...dataset.filters, succeeded])
    const exampleOf = async (id: string): Promise<CsvRow | undefined> => {
      const request = await run(log.payload(scope, id, "request"))
      const answer = request && await run(log.payload(scope, id, "response"))
      return request?.complete === true && answer?.complete === true
        ? chatExample(request.text, answer.text)
        : undefined
    }
    const next = async (): Promise<ReadonlyArray<CsvRow> | undefined> => {
      const { value, done } = await read.next()
      if (done === true) return undefined
      const examples: Array<CsvRow> = []
      for (const { request_id } of value) {
        const example = await exampleOf(request_id)
        if (example !== undefined) examples.push(example)
      }
      return examples
    }
    const name = fileName(["examples", account, gateway], yield* Clock.currentTimeMillis)
    return exportOf({ format: "ndjson", columns: [], name, next }, hasBody)
  })
