/**
 * An entry in the memory log.
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

/** One entry. */
export class Held {
  /** The record as it came; a copy with its feedback would cost each request 4 µs (Node 20). */
  readonly record: RequestRecord
  readonly payloads: Payloads | undefined
  readonly weight: number
  readonly of: GatewayEntries
  /** The number of entries that came before it. */
  readonly sequence: number
  /** Feedback and metadata that were added since. */
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

  /** When the request came, in milliseconds since 1970. Parsed only if entries expire. */
  get created(): number {
    return this.#created ??= Date.parse(this.record.time)
  }
}

const noFeedback: Feedback = { feedback: null, score: null }

/** The entry with its feedback and changes. */
export const logEntryOf = ({ record, patch }: Held): LogEntry => ({ ...record, ...noFeedback, ...patch })

/** The fields of an entry. */
export const factsOfHeld = (held: Held): FilterableFields =>
  held.patch === undefined ? fieldsOf(held.record, noFeedback) : fieldsOfEntry(logEntryOf(held))
