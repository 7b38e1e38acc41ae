/**
 * What the parts of a step have in common: who calls whom, and what comes of it.
 *
 * @module
 */
import type * as Effect from "effect/Effect"
import type { Caller } from "../auth/GatewayAuth.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import type { GatewayError } from "../errors.ts"
import type { Exchange } from "../exchange.ts"
import type { SpendLimits } from "../config/limit-rules.ts"
import type { SpendSubject } from "../limit/partition.ts"
import type { AnswerObserver } from "../answer/answer-observer.ts"
import type { StreamRelay } from "../relay/StreamRelay.ts"
import type { UpstreamAnswer } from "../upstream/Upstream.ts"
import type { Ending } from "../record/request-record.ts"
import type { Step } from "./step.ts"

/** Spend rules, and for whom they are asked. */
export interface Budgets {
  readonly limits: SpendLimits
  readonly subject: SpendSubject
}

/** Who calls whom, and for which gateway. */
export interface Call {
  readonly exchange: Exchange
  readonly gateway: GatewaySettings
  readonly caller: Caller
  readonly relay: StreamRelay["Service"]
  /** Budgets beside the gateway's own, which the call is on as well. */
  readonly budgets: ReadonlyArray<Budgets>
  readonly step: Step
}

/** A provider's answer, and those of its headers that go on to the client. */
export type StepAnswer = UpstreamAnswer

/** An answer, with what is to be told beside it, and who watches its body pass. */
export interface Sent {
  readonly answer: StepAnswer
  /** Headers to add. */
  readonly headers: Headers
  /**
   * Sees what the answer is, and says what of it goes on; `undefined` for one that was metered elsewhere, or of which nothing
   * is known.
   */
  readonly observer: AnswerObserver | undefined
  /** Watches the provider's bytes come; nothing for an answer that was metered elsewhere. */
  readonly meter: Observer | undefined
  /** Watch those bytes that go on to the client. */
  readonly observers: ReadonlyArray<Observer>
}

/** Watches a body pass. */
export interface Observer {
  /** The next bytes, which it must not change. */
  readonly push: (chunk: Uint8Array) => void
  /**
   * What is to be done once the body has ended: after the response, and whether or not the client is still there.
   *
   * @param whole whether all of it came, which it may also have done after its client had left
   */
  readonly ended: (ending: Ending, whole: boolean) => Effect.Effect<void>
}

/** An answer that is there, and not yet on its way to the client. */
export interface Called {
  readonly status: number
  /** Hands it on. */
  readonly respond: () => Effect.Effect<Response, GatewayError>
  /** Lets it go, for another step's. */
  readonly release: () => void
}
