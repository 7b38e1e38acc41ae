/**
 * The request log in the SQLite file that `BASEGATE_DB` names.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { Settings } from "../../config/Settings.ts"
import type { MemoryLogOptions } from "../memory/memory-log.ts"
import { RequestLog } from "../RequestLog.ts"
import type { OpenDatabase } from "../../sqlite/database.ts"
import { makeFileLog } from "./file-log.ts"
import type { FileLog, Waiting } from "./file-log-shape.ts"
import type { OpenThread } from "./questions.ts"

/** How long entries wait to be written together, in milliseconds. A process that is killed may lose as much. */
const interval = 200

/** Lets other work run between the steps. Interruption ends them. */
const paced = <A>(steps: Waiting<A>): Effect.Effect<A> =>
  Effect.onInterrupt(
    Effect.gen(function* () {
      for (;;) {
        const step = steps.next()
        if (step.done === true) return step.value
        const { value } = step
        yield* value === undefined ? Effect.yieldNow : Effect.promise(() => value)
      }
    }),
    () => Effect.sync(() => steps.return(undefined as A)),
  )

const at = <A>(steps: (now: number) => Waiting<A>): Effect.Effect<A> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => paced(steps(now)))

const layerOf = (
  open: OpenDatabase,
  file: string,
  options: MemoryLogOptions | undefined,
  openThread: OpenThread | undefined,
): Layer.Layer<RequestLog, never, Settings> =>
  Layer.effect(
    RequestLog,
    Effect.gen(function* () {
      const settings = yield* Settings
      const scope = yield* Effect.scope
      const clock = yield* Clock.Clock
      const fork = Effect.runForkWith(yield* Effect.context<never>())
      const limitsOf = (account: string, gateway: string) => settings.gateway(account, gateway)?.log
      const log: FileLog = makeFileLog(
        open,
        file,
        limitsOf,
        options,
        clock.currentTimeMillisUnsafe(),
        openThread,
      )
      const flush = at(log.flush)
      let isDue = false

      const write = Effect.gen(function* () {
        yield* Effect.sleep(interval)
        isDue = false
        if (yield* flush) flushLater()
      })
      /** Writes after the interval, and again later if another process was in the way. */
      const flushLater = (): void => {
        if (isDue) return
        isDue = true
        Fiber.runIn(fork(write), scope)
      }

      yield* Effect.addFinalizer(() => Effect.map(Clock.currentTimeMillis, log.end))
      return RequestLog.of({
        append: (record, payloads) => {
          log.append(record, payloads, clock.currentTimeMillisUnsafe())
          flushLater()
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
        health: Effect.map(Clock.currentTimeMillis, log.health),
        flush: Effect.asVoid(flush),
      })
    }),
  )

/**
 * In the file that the settings name, otherwise in memory.
 *
 * @param find returns SQLite if the runtime has it; called only if the settings name a file
 * @param options bounds bounds of what waits to be written
 * @param openThread starts a thread that reads many entries; without it they are read in short steps
 */
export const layerSqlite = (
  find: () => OpenDatabase | undefined,
  options?: MemoryLogOptions,
  openThread?: OpenThread,
): Layer.Layer<RequestLog, never, Settings> =>
  Layer.unwrap(Effect.map(Settings, ({ logFile }) => {
    if (logFile === undefined) return RequestLog.layerMemory(options)
    const open = find()
    return open === undefined
      ? RequestLog.layerMemory({
        ...options,
        whyNoFile: "this Node has no SQLite; use Node 22.13 or later for BASEGATE_DB",
      })
      : layerOf(open, logFile, options, openThread)
  }))
