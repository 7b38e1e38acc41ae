/**
 * The queue and sender of one OTLP signal. Requests never wait for it.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { OtlpEndpoint } from "../../config/otel-settings.ts"
import { monotonicBy } from "../../time/monotonic.ts"
import { exportQueue } from "./queue.ts"
import { type ExportBody, type ExportResult, type PostExport, sendExport } from "./send.ts"

/** What a signal needs. Times are in milliseconds. */
export interface SignalOptions {
  readonly endpoint: OtlpEndpoint
  /** Wraps items into the body of a request. */
  readonly wrap: (items: ReadonlyArray<string>) => ExportBody
  readonly queue: number
  readonly batch: number
  /** How long items wait for others, to be sent together. */
  readonly delay: number
  /** How long sending a batch is retried. */
  readonly patience: number
  readonly post: PostExport
  /** Called with the outcome of a batch, and its number of items. */
  readonly report: (items: number, sent: ExportResult) => void
  /** Runs the sender in the background. */
  readonly fork: (sender: Effect.Effect<void>) => Fiber.Fiber<void>
}

/** A signal. None of its effects fails. */
export interface SignalExport {
  /** Queues an item; reports it as lost if there is no room. */
  readonly push: (item: string) => void
  /** Whether items are queued. */
  readonly waits: () => boolean
  /** Starts the background sender, if items are queued and it is not running. */
  readonly start: () => void
  /**
   * Sends what is queued, unless that is being done already. On Workers a request may send another's items, but must
   * not wait for another to send its own: a sender that died with its request is abandoned after a time.
   */
  readonly flush: Effect.Effect<void>
  /** Sends what is queued immediately, and gives up soon. */
  readonly close: Effect.Effect<void>
}

/** The time limit for closing an exporter, in milliseconds. */
export const closingPatience = 3_000

/** Creates the queue and the sender of a signal. */
export const signalExport = (options: SignalOptions): SignalExport => {
  const { endpoint, wrap, post, report, fork } = options
  const queue = exportQueue(options)
  let closing = false
  let working = false
  let sender: Fiber.Fiber<void> | undefined
  let busyUntil = -Infinity
  let wake = (): void => {}

  const linger = Effect.callback<void>((resume) => {
    wake = () => resume(Effect.void)
  }).pipe(Effect.timeoutOrElse({ duration: options.delay, orElse: () => Effect.void }))

  const sendBatch = Effect.suspend(() => {
    const batch = queue.take()
    const patience = () => closing ? closingPatience : options.patience
    return Effect.map(sendExport(endpoint, wrap(batch), post, patience), (sent) => report(batch.length, sent))
  })

  /** Must mark itself idle in the same tick in which it finds the queue empty, so that the next push starts a new one. */
  const work = (lingers: boolean, done: () => void): Effect.Effect<void> =>
    Effect.gen(function* () {
      while (queue.size() > 0) {
        if (lingers && !closing && !queue.isDue()) yield* linger
        yield* sendBatch
      }
      done()
    }).pipe(Effect.tapCause(() => Effect.sync(done)))

  return {
    push: (item) => {
      if (!queue.push(item)) report(1, { rejected: 1, problem: "the queue is full" })
    },
    waits: () => queue.size() > 0,
    start: () => {
      if (working) {
        if (queue.isDue()) wake()
      } else if (queue.size() > 0) {
        working = true
        sender = fork(work(true, () => {
          working = false
        }))
      }
    },
    flush: Clock.clockWith((clock) => {
      const now = monotonicBy(clock)
      if (now < busyUntil) return Effect.void
      busyUntil = now + options.patience + endpoint.timeout
      return work(false, () => {
        busyUntil = -Infinity
      })
    }),
    close: Effect.suspend(() => {
      closing = true
      wake()
      return working && sender !== undefined ? Effect.asVoid(Fiber.await(sender)) : work(false, () => {})
    }),
  }
}
