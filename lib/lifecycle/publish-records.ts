/**
 * What is left to do for requests that have ended: what their stages have put off, then their records.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { SettingsShape } from "../config/environment.ts"
import type { Exchange } from "../exchange.ts"
import { Prices } from "../pricing/Prices.ts"
import type { Metrics } from "../telemetry/metrics/Metrics.ts"
import type { RequestRecord } from "../record/request-record.ts"
import { redactRecord } from "../record/redact-record.ts"
import { Telemetry } from "../telemetry/Telemetry.ts"
import { reportDefect } from "../redaction/stack-frames.ts"

/** A request that has ended, and who waits for its record to be told. */
export interface FinishedExchange {
  readonly exchange: Exchange
  readonly done: (() => void) | undefined
}

/** What telling needs of the gateway. */
export interface TellOptions {
  readonly settings: SettingsShape
  readonly metrics: Metrics["Service"]
  readonly run: <A, E>(effect: Effect.Effect<A, E, Prices | Telemetry>) => Fiber.Fiber<A, E>
  /** Whether work goes on when the request that began it has ended. */
  readonly detached: boolean
  /** Whether the gateway ends, and needs no newer prices. */
  readonly isStopping: () => boolean
  /** The record of a request has been told. */
  readonly onTold: () => void
}

/**
 * Makes what tells of requests, soon after they have ended: the answer goes out first, and all that have ended by then
 * are told of together. What comes in next is read after that, and so finds the books up to date. On Workers no request
 * can rely on another to tell of it, nor on a turn after its answer unless the platform waits for it.
 */
export const makePublisher = (
  { settings, metrics, run, detached, isStopping, onTold }: TellOptions,
): (ended: FinishedExchange) => void => {
  let due: Array<FinishedExchange> = []

  const tellAll = (ended: ReadonlyArray<FinishedExchange>): void => {
    for (const { exchange } of ended) metrics.ended(exchange.record.method, exchange.record.scheme)
    const telling = ended.map(({ exchange, done }) => ({ done, told: run(tell(exchange, settings)) }))
    const refreshed = settings.basetenKey === undefined || isStopping() ? undefined : run(refreshPrices)
    for (const { done, told } of telling) {
      told.addObserver(() => {
        onTold()
        if (done === undefined) return
        if (refreshed === undefined) done()
        else refreshed.addObserver(done)
      })
    }
  }
  return (ended) => {
    const alone = (): void => tellAll([ended])
    if (soon === undefined || (!detached && ended.done === undefined)) {
      return void Promise.resolve().then(alone)
    }
    if (!detached) return void soon(alone)
    if (due.push(ended) > 1) return
    soon(() => {
      const all = due
      due = []
      tellAll(all)
    })
  }
}

const refreshPrices = Effect.flatMap(Prices, ({ refreshIfDue }) => refreshIfDue)

/** How many of the things that are left to do have been begun: what a request's stages have put off, then its record. */
interface Progress {
  begun: number
}

const goOn = Effect.fnUntraced(function* (exchange: Exchange, settings: SettingsShape, progress: Progress) {
  const { record, after } = exchange
  while (progress.begun < after.length) {
    const next = after[progress.begun++]
    if (next !== undefined) yield* next
  }
  if (progress.begun++ > after.length || isProbe(record)) return
  const telemetry = yield* Telemetry
  yield* telemetry.record(
    redactRecord(record, exchange.secrets(), isListed(record, settings)),
    exchange.collected,
  )
})

/** Does what is left to do. A defect in it is reported, and takes nothing of the rest with it. */
const tell = (
  exchange: Exchange,
  settings: SettingsShape,
  progress: Progress = { begun: 0 },
): Effect.Effect<void, never, Telemetry> =>
  Effect.catchCause(goOn(exchange, settings, progress), (cause) => {
    reportDefect(exchange.record.request_id, Cause.squash(cause))
    return tell(exchange, settings, progress)
  })

/** Health probes and scrapes come every few seconds and say nothing: they leave no record, unless they are refused. */
const isProbe = ({ path, status }: RequestRecord): boolean =>
  status < 400 && ["/livez", "/readyz", "/metrics"].includes(path)

const { setImmediate: soon } = globalThis as { readonly setImmediate?: (run: () => void) => unknown }

/** Whether the settings name a record's gateway; under `*` callers choose names. */
const isListed = ({ account_id, gateway_id }: RequestRecord, settings: SettingsShape): boolean =>
  settings.gateway(account_id ?? "", gateway_id ?? "")?.id === `${account_id}/${gateway_id}`
