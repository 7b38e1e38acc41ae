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

/** What says whether a body has its end; `undefined` of one whose own end is all there is to know. */
type EndObserver = Pick<AnswerObserver, "isComplete" | "mayEnd"> | undefined

/** A body that is cut off, or that its client stops reading. One whose end mark has passed is whole all the same. */
export const endingAtCut = <Cut extends BodyCut>(observer: EndObserver, cut: Cut): "complete" | Cut =>
  observer?.isComplete() === true ? "complete" : cut

/**
 * A body whose source has no more. One of known length has all of it: a source that brings less has failed. Of another, its
 * form says whether it may end there: a connection that breaks off looks like an end.
 */
export const endingAtEnd = (observer: EndObserver, length: number | undefined): "complete" | "upstream_cut" =>
  length !== undefined || observer === undefined || observer.mayEnd() ? "complete" : "upstream_cut"

/** A socket that one side has closed, or lost. */
export const endingOfSocket = (from: Side, { code }: Closing): Ending =>
  code !== closeCodes.abnormal ? "complete" : from === "client" ? "client_left" : "upstream_cut"
