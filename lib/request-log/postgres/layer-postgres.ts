/**
 * The request log in the Postgres that `BASEGATE_DB` names.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { Settings } from "../../config/Settings.ts"
import type { LogLimits, MemoryLogOptions } from "../memory/memory-log.ts"
import { RequestLog } from "../RequestLog.ts"
import type { PostgresLog } from "./engine.ts"
import { makeQueuedLog } from "./queued-log.ts"

/**
 * How long entries wait to be written together, in milliseconds. Together with the time that writing takes (50 ms for
 * some hundreds), a process that is killed may lose 200 ms of entries.
 */
const interval = 150

/** Loads the engine, without connecting it. */
export type OpenPostgresLog = (
  limitsOf: (account: string, gateway: string) => LogLimits | undefined,
) => Promise<PostgresLog>

/**
 * In Postgres.
 *
 * @param name the database in readable form, without credentials
 * @param bounds bounds of what waits to be written
 */
export const layerPostgresLog = (
  open: OpenPostgresLog,
  name: string,
  bounds?: MemoryLogOptions,
): Layer.Layer<RequestLog, never, Settings> =>
  Layer.effect(
    RequestLog,
    Effect.gen(function* () {
      const settings = yield* Settings
      const scope = yield* Effect.scope
      const clock = yield* Clock.Clock
      const fork = Effect.runForkWith(yield* Effect.context<never>())
      const limitsOf = (account: string, gateway: string) => settings.gateway(account, gateway)?.log
      const log = makeQueuedLog(() => open(limitsOf), name, limitsOf, bounds)
      const at = <A>(ask: (now: number) => Promise<A>): Effect.Effect<A> =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.promise(() => ask(now)))
      const flush = at(log.flush)
      let isDue = false

      const writeIn = (milliseconds: number) =>
        Effect.gen(function* () {
          yield* Effect.sleep(milliseconds)
          isDue = false
          const again = yield* flush
          if (again !== undefined) flushIn(Math.max(again, interval))
        })
      const flushIn = (milliseconds: number): void => {
        if (isDue) return
        isDue = true
        Fiber.runIn(fork(writeIn(milliseconds)), scope)
      }

      yield* Effect.addFinalizer(() => at(log.end))
      return RequestLog.of({
        append: (record, payloads) => {
          log.append(record, payloads, clock.currentTimeMillisUnsafe())
          flushIn(interval)
        },
        list: (query) => at((now) => log.list(query, now)),
        stretch: (selection, after, limit) => at((now) => log.stretch(selection, after, limit, now)),
        get: (scope, id) => at((now) => log.get(scope, id, now)),
        payload: (scope, id, which) => at((now) => log.payload(scope, id, which, now)),
        patch: (scope, id, patch) => at((now) => log.patch(scope, id, patch, now)),
        remove: (selection, limit) => at((now) => log.remove(selection, limit, now)),
        analytics: (query) =>
          Effect.map(at((now) => log.divided(query, [query], now)), ([rows = []]) => rows),
        divided: (selection, divisions) => at((now) => log.divided(selection, divisions, now)),
        news: (after, most) => at((now) => log.news(after, most, now)),
        places: at(log.places),
        health: Effect.promise(log.health),
        flush: Effect.asVoid(flush),
      })
    }),
  )
