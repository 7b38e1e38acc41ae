/**
 * How a relayed body, or socket, has ended.
 *
 * @module
 */
import type { AnswerObserver } from "../answer/answer-observer.ts"
import type { Ending } from "../record/request-record.ts"
import type { BodyCut } from "../upstream/guarded-body.ts"
import { closeCodes, type Closing } from "../websocket/close-codes.ts"
import type { Side } from "./socket-watch.ts"

/** Knows whether a body is complete; `undefined` if only the end of the body itself shows that. */
type EndObserver = Pick<AnswerObserver, "isComplete" | "mayEnd"> | undefined

/**
 * The ending of a body that is cut off, or that its client stops reading. It is complete nevertheless if its end mark
 * has passed.
 */
export const endingAtCut = <Cut extends BodyCut>(observer: EndObserver, cut: Cut): "complete" | Cut =>
  observer?.isComplete() === true ? "complete" : cut

/**
 * The ending of a body whose source has ended. If the length is known, the body is complete, since a source that
 * delivers less fails. Otherwise its form tells whether it may end there, because a broken connection looks like an
 * end.
 */
export const endingAtEnd = (observer: EndObserver, length: number | undefined): "complete" | "upstream_cut" =>
  length !== undefined || observer === undefined || observer.mayEnd() ? "complete" : "upstream_cut"

/** The ending of a socket that one side has closed, or lost. */
export const endingOfSocket = (from: Side, { code }: Closing): Ending =>
  code !== closeCodes.abnormal ? "complete" : from === "client" ? "client_left" : "upstream_cut"
