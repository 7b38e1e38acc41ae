/**
 * An entry of the request log.
 *
 * @module
 */
import type { RequestRecord } from "../record/request-record.ts"

/** A body as logged: its beginning, as text, with every secret that the gateway knows redacted. */
export interface Payload {
  readonly text: string
  /** The size of the whole body in bytes. */
  readonly size: number
  /** Whether the text is the whole body. */
  readonly complete: boolean
}

/** The logged bodies of a request. */
export interface Payloads {
  readonly request: Payload | null
  readonly response: Payload | null
}

/** Whether to log a request, and with which bodies. */
export interface LogDirective {
  readonly shouldLog: boolean
  readonly payloads: Payloads | undefined
}

/** Feedback added through the API after the request ended. */
export interface Feedback {
  /** Thumbs down, thumbs up, or neither. */
  readonly feedback: -1 | 0 | 1 | null
  readonly score: number | null
}

/** Changes to an entry; absent members stay unchanged. */
export interface LogPatch extends Partial<Feedback> {
  readonly metadata?: RequestRecord["metadata"]
}

/** One entry of the log. */
export interface LogEntry extends RequestRecord, Feedback {}

/** The gateway of a log. */
export interface LogScope {
  readonly account: string
  readonly gateway: string
}
