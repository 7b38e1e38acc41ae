/**
 * An entry as the log in memory holds it.
 *
 * @module
 */
import type { RequestRecord } from "../../record/request-record.ts"
import type { Feedback, LogEntry, LogPatch, LogScope, Payloads } from "../entry.ts"
import { fieldsOf, fieldsOfEntry, type FilterableFields } from "../filterable-fields.ts"
import type { Fifo } from "./fifo.ts"

/** The entries of one gateway. */
export interface GatewayEntries {
  readonly key: string
  readonly scope: LogScope
  readonly queue: Fifo<Held>
}

/** An entry as it is held. */
export class Held {
  /** As it came: a copy with its feedback would cost each request 4 µs on Node (20). */
  readonly record: RequestRecord
  readonly payloads: Payloads | undefined
  readonly weight: number
  readonly of: GatewayEntries
  /** How many entries came before it. */
  readonly sequence: number
  /** Feedback and metadata that it was given since. */
  patch: LogPatch | undefined = undefined
  gone = false
  #created: number | undefined = undefined

  constructor(
    record: RequestRecord,
    payloads: Payloads | undefined,
    weight: number,
    of: GatewayEntries,
    sequence: number,
  ) {
    this.record = record
    this.payloads = payloads
    this.weight = weight
    this.of = of
    this.sequence = sequence
  }

  /** When the request came, in milliseconds since 1970: read only if entries leave by age. */
  get created(): number {
    return this.#created ??= Date.parse(this.record.time)
  }
}

const noFeedback: Feedback = { feedback: null, score: null }

/** The entry that is held. */
export const logEntryOf = ({ record, patch }: Held): LogEntry => ({ ...record, ...noFeedback, ...patch })

/** Its fields. */
export const factsOfHeld = (held: Held): FilterableFields =>
  held.patch === undefined ? fieldsOf(held.record, noFeedback) : fieldsOfEntry(logEntryOf(held))
