/** A stub log with given answers, which records its calls. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { LogEntry } from "../../lib/request-log/entry.ts"
import { RequestLog } from "../../lib/request-log/RequestLog.ts"
import { draftRecord } from "../support/draft-record.ts"

/** An entry; the id and whatever else matters to a test. */
export const entryOf = (id: string, members: Partial<LogEntry> = {}): LogEntry => ({
  ...draftRecord({
    time: "2026-11-25T12:00:00.000Z",
    request_id: id,
    event_id: id,
    method: "POST",
    path: "/v1/a/g/baseten/v1/chat/completions",
    user_agent: null,
    request_content_type: "application/json",
    scheme: "https",
  }),
  feedback: null,
  score: null,
  ...members,
})

type Shape = RequestLog["Service"]

/** A call of one of the log's methods. */
export type Asked = readonly [method: string, ...given: ReadonlyArray<unknown>]

/** The log, with answers of one's own in place of those of an empty one. */
export const someLog = (asked: Array<Asked>, answers: Partial<Shape> = {}): Layer.Layer<RequestLog> => {
  const empty: Shape = {
    append: () => {},
    list: () => {
      const none = { min: null, max: null }
      const ranges = { cost: none, duration: none, tokens_in: none, tokens_out: none, total_tokens: none }
      return Effect.succeed({ entries: [], total: 0, ranges })
    },
    stretch: () => Effect.succeed({ entries: [], next: undefined, from: "memory" }),
    get: () => Effect.succeed(undefined),
    payload: () => Effect.succeed(undefined),
    patch: () => Effect.succeed(false),
    remove: () => Effect.succeed(0),
    analytics: () => Effect.succeed([]),
    divided: (selection, divisions) =>
      Effect.forEach(divisions, (division) => all.analytics({ ...selection, ...division })),
    news: () => Effect.succeed({ entries: [], cursor: { file: 0, memory: 0 }, skipped: 0 }),
    places: Effect.succeed([]),
    health: Effect.succeed({
      kind: "memory",
      healthy: true,
      hasWorked: true,
      entries: 0,
      pending: 0,
      dropped: 0,
    }),
    flush: Effect.void,
  }
  const all: Shape = { ...empty, ...answers }
  const noted = <Given extends ReadonlyArray<unknown>, Answer>(
    method: string,
    ask: (...given: Given) => Answer,
  ) =>
  (...given: Given): Answer => {
    asked.push([method, ...given])
    return ask(...given)
  }
  return Layer.succeed(RequestLog, {
    ...all,
    append: noted("append", all.append),
    list: noted("list", all.list),
    stretch: noted("stretch", all.stretch),
    get: noted("get", all.get),
    payload: noted("payload", all.payload),
    patch: noted("patch", all.patch),
    remove: noted("remove", all.remove),
    analytics: noted("analytics", all.analytics),
    divided: noted("divided", all.divided),
  })
}
