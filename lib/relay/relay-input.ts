/**
 * The input of a relay: a body and its observers.
 *
 * @module
 */
import type { AnswerObserver } from "../answer/answer-observer.ts"
import type { PolicyCut } from "../errors/policy-errors.ts"
import type { Ending } from "../record/request-record.ts"
import type { GuardedBody } from "../upstream/guarded-body.ts"

/** What a relay needs of the observer of its body. */
export type BodyObserver = Pick<AnswerObserver, "push" | "finish" | "isComplete" | "mayEnd" | "closing">

/** Changes what the client gets, compared to what the observers see. */
export interface BodyOutlet {
  readonly push: (chunk: Uint8Array) => Uint8Array
  /** Returns what is still held at the end. */
  readonly finish: () => Uint8Array
}

/** A body to relay, and its observers. */
export interface RelayInput {
  readonly body: GuardedBody
  /**
   * The number of bytes, if known: the body then ends with the last of them, without reading its end. A client that
   * counts bytes may send its next request before that, and rely on what should be stored by then.
   */
  readonly length?: number | undefined
  /**
   * Sees everything that comes, decides what is passed on, and knows the end mark of the body's form; `undefined` if
   * everything is passed on, and the body ends when its source does.
   */
  readonly observer: BodyObserver | undefined
  /** Whether other relays read the body: a cut is then an error, which each of them reports to its client. */
  readonly isUpstreamOfBroadcast?: boolean
  /** Whether the body is read to its end after the client has left, for its observers. */
  readonly readsOnAfterDisconnect?: boolean
  /** Changes what is passed on, after `onPassed`. */
  readonly outlet?: BodyOutlet | undefined
  /** After how many milliseconds of silence the client of an event stream gets a comment; `undefined` for never. */
  readonly keepAliveAfter?: number | undefined
  /** Called with bytes from the source. */
  readonly onChunk: (chunk: Uint8Array) => void
  /** Called with bytes that are about to be passed on. */
  readonly onPassed?: (chunk: Uint8Array) => void
  /**
   * Called once, when the body has ended.
   *
   * @param whole whether the source reached its regular end
   * @param policy which policy has ended it, if its ending is `blocked`
   */
  readonly onEnd: (ending: Ending, whole: boolean, policy?: PolicyCut) => void
}
