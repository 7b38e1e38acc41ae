/**
 * What a relay is given: a body, and who observes it.
 *
 * @module
 */
import type { AnswerObserver } from "../answer/answer-observer.ts"
import type { PolicyCut } from "../errors/policy-errors.ts"
import type { Ending } from "../record/request-record.ts"
import type { GuardedBody } from "../upstream/guarded-body.ts"

/** What a relay needs of the observer of its body. */
export type BodyObserver = Pick<AnswerObserver, "push" | "finish" | "isComplete" | "mayEnd" | "closing">

/** What the client gets of a body, if that is not what the observers see. */
export interface BodyOutlet {
  readonly push: (chunk: Uint8Array) => Uint8Array
  /** What it still holds at the end. */
  readonly finish: () => Uint8Array
}

/** A body to relay, and who observes it. */
export interface RelayInput {
  readonly body: GuardedBody
  /**
   * How many bytes it has, if known: it ends with the last of them, and not when its end is read. A client that counts may
   * ask again before that, for what is to be stored by then.
   */
  readonly length?: number | undefined
  /**
   * Sees all that comes and says what of it goes on, and knows the end that the body's form has; `undefined` if all goes on,
   * and the end of the body is the end.
   */
  readonly observer: BodyObserver | undefined
  /** Whether other relays read the body: a cut is then an error, which each of them shows to its client. */
  readonly isUpstreamOfBroadcast?: boolean
  /** Whether the body is read to its end after the client has left, for those who observe it. */
  readonly readsOnAfterDisconnect?: boolean
  /** Changes what is handed on, behind `onPassed`. */
  readonly outlet?: BodyOutlet | undefined
  /** After how many milliseconds of silence the client of an event stream gets a comment; `undefined` for never. */
  readonly keepAliveAfter?: number | undefined
  /** Bytes have come. */
  readonly onChunk: (chunk: Uint8Array) => void
  /** Bytes are about to be handed on. */
  readonly onPassed?: (chunk: Uint8Array) => void
  /**
   * The body has ended. Called once.
   *
   * @param whole whether the source came to its own end
   * @param policy which policy has ended it, if its ending is `blocked`
   */
  readonly onEnd: (ending: Ending, whole: boolean, policy?: PolicyCut) => void
}
