import assert from "node:assert/strict"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { makeMemoryLog } from "../../../../lib/request-log/memory/memory-log.ts"
import type { AnalyticsDivision } from "../../../../lib/request-log/analytics-query.ts"
import { RequestLog } from "../../../../lib/request-log/RequestLog.ts"
import type { LogQuestion, OpenThread, ReadingThread } from "../../../../lib/request-log/sqlite/questions.ts"
import { openReadingThread } from "../../../../lib/runtime/reading-thread.ts"
import { recordOf, start } from "../../any-record.ts"
import { type Case, inFolder, warningsOf } from "../../../support/sqlite-cases.ts"
import { useLog } from "../runtime.ts"

const scope = { account: "account", gateway: "gateway" }
const hour = 3_600_000
const selection = { ...scope, filters: [], since: start, until: start + hour }
const divisions: ReadonlyArray<AnalyticsDivision> = [
  { bucket: "all", by: ["model"] },
  { bucket: 60_000, by: ["metadata.team"] },
]
const list = { scope, filters: [], page: 2, perPage: 7 }

/** A thread, and what it was asked and answered. */
const watched = (): {
  readonly open: OpenThread
  readonly seen: Array<string>
  thread: () => ReadingThread
} => {
  const seen: Array<string> = []
  let thread: ReadingThread | undefined
  return {
    seen,
    thread: () => thread as ReadingThread,
    open: (file) => {
      const one = openReadingThread(file)
      if (one === undefined) throw new Error("there is no thread")
      const ask = (question: LogQuestion, onAnswer: (answer: never) => void) =>
        one.ask(question, (answer) => {
          seen.push(`${question.kind} ${answer === undefined ? "unanswered" : "answered"}`)
          onAnswer(answer as never)
        })
      return thread = { ...one, ask: ask as ReadingThread["ask"] }
    },
  }
}

/** What looks at many entries is read in a thread beside, and is the same; where the thread ends, here. */
export const threads: Case = () =>
  inFolder((folder) => {
    const { open, seen, thread } = watched()
    return useLog(
      { file: join(folder, "log.db"), thread: open },
      Effect.gen(function* () {
        const log = yield* RequestLog
        const memory = makeMemoryLog(() => ({
          maxEntries: undefined,
          strategy: "DELETE_OLDEST",
          retention: undefined,
        }))
        for (let index = 0; index < 300; index++) {
          const record = recordOf({
            time: new Date(start + index * 1000).toISOString(),
            request_id: `id-${String(index).padStart(4, "0")}`,
            model: ["a", "b", null][index % 3] ?? null,
            cost: index / 1000,
            metadata: { team: `t${index % 4}` },
          })
          memory.append(record, undefined, start)
          log.append(record, undefined)
        }
        const compare = function* () {
          assert.deepEqual(
            yield* log.divided(selection, divisions),
            memory.divided(selection, divisions, start),
          )
          assert.deepEqual(yield* log.list(list), memory.list(list, start))
          const { from: _, ...found } = yield* log.stretch(list, undefined, 20)
          const { from: __, ...expected } = memory.stretch(list, undefined, 20, start)
          assert.deepEqual(found.entries, expected.entries)
        }
        yield* compare()
        assert.deepEqual(seen.splice(0), ["divided answered", "list answered", "stretch answered"])
        // A question that is asked while the thread ends is answered all the same.
        const asked = yield* Effect.forkChild(log.divided(selection, divisions))
        yield* Effect.yieldNow
        thread().end()
        assert.deepEqual(yield* Fiber.join(asked), memory.divided(selection, divisions, start))
        seen.length = 0
        yield* compare()
        assert.deepEqual(seen, ["divided answered", "list answered", "stretch answered"])
      }),
    )
  })

/** A thread that cannot read the file leaves it to the log itself. */
export const noThread: Case = () =>
  inFolder(async (folder) => {
    const warnings = await warningsOf(() =>
      useLog(
        { file: join(folder, "log.db"), thread: () => openReadingThread(join(folder, "none", "log.db")) },
        Effect.gen(function* () {
          const log = yield* RequestLog
          log.append(recordOf({}), undefined)
          assert.equal((yield* log.list({ scope, filters: [], page: 1, perPage: 5 })).total, 1)
          assert.equal((yield* log.divided(selection, divisions))[0]?.[0]?.requests, 1)
        }),
      )
    )
    assert.deepEqual(warnings, [])
  })
