/**
 * What is left to do once requests have ended: settle their books, then publish their records.
 *
 * @module
 */
import type { Alerts } from "../alert/Alerts.ts"
import type { SettingsShape } from "../config/settings-shape.ts"
import type { OwnCall } from "../exchange.ts"
import { holdsSecret, redactRecord } from "../record/redact-record.ts"
import type { RequestRecord } from "../record/request-record.ts"
import type { Secrets } from "../redaction/secrets.ts"
import { reportDefect } from "../redaction/stack-frames.ts"
import type { LogDirective } from "../request-log/entry.ts"
import type { Metrics } from "../telemetry/metrics/Metrics.ts"
import type { Telemetry } from "../telemetry/Telemetry.ts"

/** A finished request. Its methods are called after the response, `settle` first. */
export interface FinishedExchange {
  readonly id: string
  readonly method: string
  readonly scheme: string
  /** Assembles the record, after `settle`. */
  readonly record: () => RequestRecord
  /** Whether to log the request, and with which bodies; known after `settle`. */
  readonly directive: () => LogDirective
  /** What must not be published. */
  readonly secrets: () => ReadonlyArray<Secrets>
  /** Settles cost, counters of limits, the cache. A defect in it is reported, and the record published all the same. */
  readonly settle: () => void | Promise<void>
  /** Resolves the promise that the platform waits for (`waitUntil`). */
  readonly done: (() => void) | undefined
  readonly host?: {
    readonly waitUntil?: (promise: Promise<unknown>) => void
    readonly ownCall?: OwnCall
  }
}

/** What publishing needs of the gateway. */
export interface PublisherOptions {
  readonly settings: SettingsShape
  readonly metrics: Metrics["Service"]
  readonly telemetry: Telemetry["Service"]
  readonly alerts: Pick<Alerts["Service"], "record">
  /** Asks for newer prices if they are due. */
  readonly refreshPrices: () => void | Promise<void>
  /** Whether work goes on after the request that began it has ended. */
  readonly detached: boolean
  /** The record of a request has been published. */
  readonly onPublished: () => void
}

/**
 * Makes what publishes records, soon after requests have ended: the response goes out first, and all that have ended by
 * then are published in one batch. A request that comes in next is read after that, and so finds the books up to date.
 * Workers can rely neither on a later turn nor on another request, unless the platform waits: there each request
 * publishes its own.
 */
export const makePublisher = (options: PublisherOptions): (finished: FinishedExchange) => void => {
  const { detached, refreshPrices } = options
  let queue: Array<FinishedExchange> = []
  const publishAll = (batch: ReadonlyArray<FinishedExchange>): void => {
    const refreshed = refreshPrices()
    for (const finished of batch) publish(finished, options, refreshed)
  }
  const publishQueue = (): void => {
    const batch = queue
    queue = []
    publishAll(batch)
    // V8 may have moved the list among old objects, and all that a dead one refers to lives until they are collected.
    batch.length = 0
  }
  return (finished) => {
    if (soon === undefined || (!detached && finished.done === undefined)) {
      void Promise.resolve([finished]).then(publishAll)
    } else if (!detached) soon(publishAll, [finished])
    else if (queue.push(finished) === 1) soon(publishQueue)
  }
}

const { setImmediate: soon } = globalThis as {
  readonly setImmediate?: <Given extends ReadonlyArray<unknown>>(
    run: (...given: Given) => void,
    ...given: Given
  ) => unknown
}

/** Settles a request, then publishes its record. A defect in either is reported, and takes nothing else with it. */
const publish = (
  finished: FinishedExchange,
  options: PublisherOptions,
  refreshed: void | Promise<void>,
): void => {
  let settled: void | Promise<void> = undefined
  try {
    options.metrics.ended(finished.method, finished.scheme)
    settled = finished.settle()
  } catch (defect) {
    report(finished, defect)
  }
  if (settled === undefined) record(finished, options, refreshed)
  else void reported(finished, settled).then(() => record(finished, options, refreshed))
}

const record = (
  finished: FinishedExchange,
  options: PublisherOptions,
  refreshed: void | Promise<void>,
): void => {
  const { settings, telemetry, alerts } = options
  let recorded: void | Promise<void> = undefined
  try {
    const { ownCall } = finished.host ?? {}
    const assembled = finished.record()
    const record = ownCall === undefined ? assembled : ownCall.completed(assembled)
    if (!isProbe(record)) {
      const secrets = finished.secrets()
      const clean = holdsSecret(record, secrets)
        ? redactRecord(record, secrets, isListed(record, settings))
        : record
      const { account_id, gateway_id } = clean
      const gateway = settings.gateway(account_id ?? "", gateway_id ?? "")
      const alerted = alerts.record(gateway, clean, finished.host ?? {})
      recorded = telemetry.record(clean, finished.directive())
      if (alerted !== undefined) recorded = Promise.all([recorded, alerted]).then(() => {})
    }
  } catch (defect) {
    report(finished, defect)
  }
  // An app's own function may return anything.
  if (recorded instanceof Promise) {
    void reported(finished, recorded).then(() => end(finished, options, refreshed))
  } else end(finished, options, refreshed)
}

const end = (
  { done }: FinishedExchange,
  { onPublished }: PublisherOptions,
  refreshed: void | Promise<void>,
): void => {
  onPublished()
  if (done === undefined) return
  if (refreshed === undefined) done()
  else void refreshed.then(done)
}

const report = ({ id }: FinishedExchange, defect: unknown): void => reportDefect(id, defect)

const reported = (finished: FinishedExchange, work: Promise<void>): Promise<void> =>
  work.catch((defect: unknown) => report(finished, defect))

/** Health probes and scrapes come every few seconds and say nothing: they leave no record, unless they are refused. */
const isProbe = ({ path, status }: RequestRecord): boolean =>
  status < 400 && (path === "/livez" || path === "/readyz" || path === "/metrics")

/** Whether the settings name a record's gateway; under `*` callers choose names. */
const isListed = ({ account_id, gateway_id }: RequestRecord, settings: SettingsShape): boolean =>
  settings.gateway(account_id ?? "", gateway_id ?? "")?.id === `${account_id}/${gateway_id}`
