/**
 * What the request log keeps of one request.
 *
 * @module
 */
import type { RequestRecord } from "../record/request-record.ts"

/** A body as it was kept: its beginning, as text, with every secret that the gateway knows blotted out. */
export interface Payload {
  readonly text: string
  /** The size of the whole body in bytes. */
  readonly size: number
  /** Whether the text is the whole body. */
  readonly complete: boolean
}

/** The bodies of a request, where they are kept. */
export interface Payloads {
  readonly request: Payload | null
  readonly response: Payload | null
}

/** What of a request the log is to keep. */
export interface LogDirective {
  /** Whether there is to be an entry at all. */
  readonly shouldLog: boolean
  readonly payloads: Payloads | undefined
}

/** What is said of a request after it has ended. */
export interface Feedback {
  /** Thumbs down, thumbs up, or neither. */
  readonly feedback: -1 | 0 | 1 | null
  readonly score: number | null
}

/** One entry of the log. */
export interface LogEntry extends RequestRecord, Feedback {}

/** Whose log it is. */
export interface LogScope {
  readonly account: string
  readonly gateway: string
}
