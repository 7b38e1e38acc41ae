/**
 * The log in a Durable Object, as a layer: entries are sent in batches, after their answers; the object answers
 * questions.
 *
 * Entries that cannot be sent wait in the isolate, within bounds, which answers questions meanwhile.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Settings } from "../../config/Settings.ts"
import type { LogScope } from "../../request-log/entry.ts"
import type { Held } from "../../request-log/memory/held.ts"
import { makeMemoryLog, type MemoryLogOptions } from "../../request-log/memory/memory-log.ts"
import { RequestLog } from "../../request-log/RequestLog.ts"
import { StoreOutage } from "../../store/store-outage.ts"
import { monotonicBy } from "../../time/monotonic.ts"
import { Timer } from "../../time/Timer.ts"
import { guardObject } from "./guard-object.ts"
import type { LogObject, SentEntry, SentLimits } from "./log-object.ts"
import { type Ask, askObject, type ObjectNamespace } from "./ask-object.ts"

/** How long entries wait to be sent together, in milliseconds. */
const interval = 200

/** The most entries that are sent at once, and the most bytes of them, roughly. */
const most = { entries: 200, bytes: 8_000_000 }

/** How long an answer may take, in milliseconds: questions about a million entries take a while. */
const deadline = 10_000

/**
 * How long, in milliseconds, entries that are being sent are not sent again. Bounded, since the request that sends
 * them may be cancelled.
 */
const sendingFor = 5000

/** A body is cut after this many characters: a row of an object's SQLite has at most 2 MB. */
const longestBody = 400_000

const sentEntry = ({ record, payloads }: Held): SentEntry => {
  if (payloads === undefined) return { record }
  const cut = (body: typeof payloads.request) =>
    body === null || body.text.length <= longestBody
      ? body
      : { ...body, text: body.text.slice(0, longestBody), complete: false }
  return { record, payloads: { request: cut(payloads.request), response: cut(payloads.response) } }
}

/**
 * In one object for all gateways and isolates.
 *
 * @param options bounds of what waits to be sent
 */
export const layerObjectLog = (
  namespace: ObjectNamespace,
  options: MemoryLogOptions,
): Layer.Layer<RequestLog, never, Settings> =>
  Layer.effect(
    RequestLog,
    Effect.gen(function* () {
      const settings = yield* Settings
      const clock = yield* Clock.Clock
      const startTimer = yield* Timer
      const guard = yield* guardObject("the request log", deadline)
      const object = askObject<LogObject>(namespace, "log")
      const limitsOf = (account: string, gateway: string) => settings.gateway(account, gateway)?.log
      const queue = makeMemoryLog((account, gateway) => {
        const limits = limitsOf(account, gateway)
        return limits && { ...limits, maxEntries: undefined }
      }, options)
      /** Until when entries are not sent again. */
      const sending = new Map<Held, number>()
      const wall = (): number => clock.currentTimeMillisUnsafe()

      const limitsFor = ({ account, gateway }: LogScope): SentLimits => {
        const limits = limitsOf(account, gateway)
        return {
          [`${account}/${gateway}`]: limits === undefined
            ? null
            : { maxEntries: limits.maxEntries, strategy: limits.strategy, retention: limits.retention },
        }
      }
      const nextBatch = (all: boolean): ReadonlyArray<Held> => {
        const now = monotonicBy(clock)
        const batch: Array<Held> = []
        let bytes = 0
        for (const held of queue.first(options.maxEntries ?? most.entries)) {
          if (!all && (sending.get(held) ?? -Infinity) > now) continue
          bytes += held.weight
          if (batch.length > 0 && (bytes > most.bytes || batch.length >= most.entries)) break
          batch.push(held)
          sending.set(held, now + sendingFor)
        }
        return batch
      }
      /** Sends what is queued; with `all`, also what other requests are sending. */
      const flush = async (all: boolean): Promise<boolean> => {
        for (let batch = nextBatch(all); batch.length > 0; batch = nextBatch(all)) {
          const limits: Record<string, SentLimits[string]> = {}
          for (const { of: { scope } } of batch) Object.assign(limits, limitsFor(scope))
          const sent = await guard.ask(() => object("append", batch.map(sentEntry), limits))
          for (const held of batch) {
            sending.delete(held)
            if (!(sent instanceof StoreOutage) && !held.gone) queue.release(held)
          }
          if (sent instanceof StoreOutage) return false
        }
        return true
      }
      /** Asks the object if all entries are in it, otherwise the queue. */
      const ask = <A>(
        question: (object: Ask<LogObject>) => Promise<A>,
        ofQueue: (now: number) => A,
      ): Effect.Effect<A> =>
        Effect.promise(async () => {
          const answer = await flush(true) && await guard.ask(() => question(object))
          return answer === false || answer instanceof StoreOutage ? ofQueue(wall()) : answer as A
        })
      const divided: RequestLog["Service"]["divided"] = (selection, divisions) =>
        ask(
          (object) => object("divided", selection, divisions),
          (now) => queue.divided(selection, divisions, now),
        )
      const hasWorked = (): boolean => guard.hasWorked()

      return RequestLog.of({
        append: (record, payloads) => {
          queue.append(record, payloads, wall())
          return new Promise<void>((resolve) =>
            void startTimer(interval, () => void flush(false).then(() => resolve()))
          )
        },
        list: (query) =>
          ask((object) => object("list", query, limitsFor(query.scope)), (now) => queue.list(query, now)),
        stretch: (selection, after, limit) =>
          ask(
            (object) =>
              after === undefined
                ? object("stretch", selection, limit, limitsFor(selection.scope))
                : object("stretch", selection, limit, limitsFor(selection.scope), after),
            (now) => queue.stretch(selection, after, limit, now),
          ),
        get: (scope, id) =>
          ask((object) => object("get", scope, id, limitsFor(scope)), (now) => queue.get(scope, id, now)),
        payload: (scope, id, which) =>
          ask(
            (object) => object("payload", scope, id, which, limitsFor(scope)),
            (now) => queue.payload(scope, id, which, now),
          ),
        patch: (scope, id, patch) =>
          ask(
            (object) => object("patch", scope, id, patch, limitsFor(scope)),
            (now) => queue.patch(scope, id, patch, now),
          ),
        remove: (selection, limit) =>
          ask(
            (object) =>
              limit === undefined
                ? object("remove", selection, limitsFor(selection.scope))
                : object("remove", selection, limitsFor(selection.scope), limit),
            (now) => queue.remove(selection, limit, now),
          ),
        analytics: (query) => Effect.map(divided(query, [query]), ([rows = []]) => rows),
        divided,
        news: (after, count) =>
          ask(
            (object) => after === undefined ? object("news", count) : object("news", count, after),
            () => ({ entries: [], cursor: after ?? { file: 0, memory: 0 }, skipped: 0 }),
          ),
        places: ask((object) => object("places"), queue.places),
        health: Effect.promise(async () => {
          const kept = await guard.ask(() => object("health"))
          const isThere = !(kept instanceof StoreOutage) && kept.healthy
          return {
            kind: "object" as const,
            healthy: isThere,
            hasWorked: hasWorked(),
            entries: (isThere ? kept.entries : 0) + queue.size(),
            pending: queue.size(),
            dropped: queue.counts().evicted + queue.counts().refused + (isThere ? kept.dropped : 0),
          }
        }),
        flush: Effect.promise(() => flush(true).then(() => {})),
      })
    }),
  )
