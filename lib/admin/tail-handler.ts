/**
 * The log as it grows: an event stream of matching entries.
 *
 * It queries the log once a second, which works on every runtime: it finds entries of other processes on the same
 * file, and on Workers no request has to wake another.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { tooManyTails } from "../errors/admin-errors.ts"
import { GatewayError } from "../errors.ts"
import { strictJson } from "../json/exact-json.ts"
import { conditionsOf } from "../request-log/conditions.ts"
import type { LogEntry, LogScope } from "../request-log/entry.ts"
import { found, matchesConditions } from "../request-log/filter.ts"
import { fieldsOfEntry } from "../request-log/filterable-fields.ts"
import type { LogNews, NewsCursor } from "../request-log/query.ts"
import { RequestLog } from "../request-log/RequestLog.ts"
import { entryJson } from "./entry-json.ts"
import { adminHeaders } from "./envelope.ts"
import { tailQuery } from "./log-query.ts"

/** How often the log is queried, how often a silent stream sends a comment, and how long a stream lasts, in milliseconds. */
const often = 1_000
const alive = 15_000
const longest = 600_000
/** The most entries of one second; if there are more, the newest are sent and the others counted. */
const mostAtOnce = 200
/** The most streams of a process at once, since each queries the log. */
const mostTails = 16

/** How many streams each log feeds. */
const tails = new WeakMap<RequestLog["Service"], number>()

const event = (name: string, data: string, id?: string): string =>
  `${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${data}\n\n`

const eventOf = (entry: LogEntry): string => event("entry", strictJson(entryJson(entry)), entry.request_id)

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true })
  })

/** Streams new entries of a gateway's log at the client's pace; nothing waits for a slow client. */
export const tailLogs = (
  scope: LogScope,
  search: URLSearchParams,
): Effect.Effect<Response, GatewayError, RequestLog> =>
  Effect.gen(function* () {
    const selection = tailQuery(search)
    if (selection instanceof GatewayError) return yield* selection
    const log = yield* RequestLog
    const open = tails.get(log) ?? 0
    if (open >= mostTails) return yield* tooManyTails(mostTails)
    const ask = Effect.runPromiseWith(yield* Effect.context<never>())
    const conditions = conditionsOf(selection.filters)
    const fits = (entry: LogEntry): boolean => {
      if (entry.account_id !== scope.account || entry.gateway_id !== scope.gateway) return false
      const facts = fieldsOfEntry(entry)
      return matchesConditions(facts, conditions) &&
        (selection.search === undefined || found(facts, selection.search))
    }
    const text = ({ entries, skipped }: LogNews): string =>
      (skipped === 0 ? "" : event("skipped", String(skipped))) + entries.filter(fits).map(eventOf).join("")
    // The starting point: requests that end before the client reads the headers are included.
    let cursor: NewsCursor = (yield* log.news(undefined, 0)).cursor
    tails.set(log, open + 1)
    const gone = new AbortController()
    const end = (): void => {
      if (gone.signal.aborted) return
      gone.abort()
      tails.set(log, (tails.get(log) ?? 1) - 1)
    }
    const encoder = new TextEncoder()
    const begun = Date.now()
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(encoder.encode("retry: 1000\n: open\n\n")),
      pull: async (controller) => {
        const asked = Date.now()
        while (!gone.signal.aborted) {
          await pause(often, gone.signal)
          if (gone.signal.aborted) return
          const news = await ask(log.news(cursor, mostAtOnce))
          cursor = news.cursor
          const now = Date.now()
          if (now - begun > longest) {
            end()
            return controller.close()
          }
          const chunk = text(news) || (now - asked > alive ? ": alive\n\n" : "")
          if (chunk !== "") return controller.enqueue(encoder.encode(chunk))
        }
      },
      cancel: end,
    })
    return new Response(body, {
      headers: { ...adminHeaders, "content-type": "text/event-stream; charset=utf-8" },
    })
  })
