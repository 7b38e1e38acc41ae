/**
 * One provider call and its answer, as the stages of a call pass them on.
 *
 * @module
 */
import type * as Result from "effect/Result"
import type { CredentialSource } from "../auth/credential-identity.ts"
import type { Caller } from "../auth/GatewayAuth.ts"
import type { PreparedBody } from "../body/prepared-body.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import type { GatewayError } from "../errors.ts"
import type { Exchange } from "../exchange.ts"
import { HeaderFields } from "../headers/header-fields.ts"
import type { BodyRewriter } from "../dlp/body-rewriter.ts"
import type { DlpCall } from "../dlp/dlp-check.ts"
import type { Budgets } from "../limit/Limits.ts"
import { CallReport } from "../record/call-report.ts"
import type { Ending } from "../record/request-record.ts"
import type { AnswerObserver } from "../answer/answer-observer.ts"
import type { Cut } from "../upstream/cut.ts"
import type { GuardedBody } from "../upstream/guarded-body.ts"
import type { UpstreamAnswer } from "../upstream/Upstream.ts"
import { type CallTarget, recordedModel } from "./target.ts"

/** The caller and the gateway: the same for all calls of a request. */
export interface CallContext {
  readonly exchange: Exchange
  readonly gateway: GatewaySettings
  readonly caller: Caller
}

/** One call on its way through its stages. */
export class Call implements CallContext {
  readonly exchange: Exchange
  readonly gateway: GatewaySettings
  readonly caller: Caller
  /** Where it goes, including its body, in which policies may have masked something. */
  target: CallTarget
  /** Budgets that the call is charged to as well as the gateway's own. */
  readonly budgets: ReadonlyArray<Budgets>
  readonly report: CallReport
  /** Ends the call from outside. */
  cut: Cut

  /** The headers to send, and whose credential they contain: known once the call is authorized. */
  headers: HeaderFields = noHeaders
  credential: CredentialSource = noCredential
  /** The body to send: the target's, or one that requests the usage as well. */
  body: PreparedBody
  /** Whether only the gateway has requested the usage that the answer reports, so that the client must not see it. */
  requestedUsage = false
  /** How often the call was tried before its body was changed back; further tries are added to that. */
  triesBefore = 0
  /** What policies found, if the gateway has any. */
  dlp: DlpCall | undefined
  /** Charges another try to the limits, if they allow one. */
  admitsRetry: (() => boolean | Promise<boolean>) | undefined

  constructor(
    { exchange, gateway, caller }: CallContext,
    target: CallTarget,
    budgets: ReadonlyArray<Budgets>,
    cut: Cut = exchange.cut,
  ) {
    this.exchange = exchange
    this.gateway = gateway
    this.caller = caller
    this.target = target
    this.budgets = budgets
    this.cut = cut
    this.body = target.body
    const { route, body, options } = target
    this.report = new CallReport({
      step: target.step,
      provider: route.provider,
      deployment: route.deployment ?? null,
      model: recordedModel(target),
      stream: body.view.stream,
      metadata: options.metadata,
      shouldLog: options.log.entry && !route.counts,
      adaptations: target.adaptations,
    })
  }
}

const noHeaders = new HeaderFields()
const noCredential: CredentialSource = { kind: "none" }

/** Observes a body as it passes. */
export interface BodyTap {
  /** Takes the next bytes that go on to the client, which it must not change. */
  readonly push: ((chunk: Uint8Array) => void) | undefined
  /**
   * Called once the body has ended: after the response, and whether or not the client is still there.
   *
   * @param whole whether all of it came, which it may also have done after its client had left
   */
  readonly ended: (ending: Ending, whole: boolean) => void | Promise<void>
}

/** Measures an answer as it comes from the provider. */
export interface AnswerMeter extends BodyTap {
  /** Takes the usage from another observer than the answer's, which also sees what is not passed on to the client. */
  readonly observeBy: (observer: AnswerObserver) => void
  /** Bytes have arrived from the provider, and have been observed. */
  readonly received: () => void
  /** The body has ended, at a moment of the exchange. */
  readonly stop: (now: number) => void
}

/** The answer to a call before it is sent to the client: it is either used as the response, or released. */
export class PendingAnswer {
  readonly status: number
  readonly statusText: string
  /** The headers for the client. */
  readonly headers: HeaderFields
  readonly received: UpstreamAnswer["received"]
  /** The bytes, if the gateway has the complete answer. */
  body: GuardedBody | Uint8Array<ArrayBuffer> | undefined
  readonly call: Call
  /** Whether it begins with an error, so that another answer is preferred. */
  readonly reportsError: boolean
  /** With status 101: the WebSocket. */
  readonly socket: UpstreamAnswer["socket"]
  /** Whether policies have been applied to it. */
  isChecked = false
  /** Changes the body for the client only, after everything that observes it. */
  outlet: BodyRewriter | undefined
  /** Classifies the answer and finds its end, and removes what only the gateway has requested. */
  observer: AnswerObserver | undefined
  /**
   * Measures the answer's usage; `undefined` if it was metered elsewhere, as part of another call or when it was
   * cached.
   */
  meter: AnswerMeter | undefined
  /** In the order in which they are settled. */
  readonly taps: Array<BodyTap> = []
  readonly #onRelease: Array<() => void>

  constructor(
    answer: Omit<UpstreamAnswer, "body"> & { readonly body: PendingAnswer["body"] },
    call: Call,
  ) {
    this.status = answer.status
    this.statusText = answer.statusText
    this.headers = answer.headers
    this.received = answer.received
    this.body = answer.body
    this.reportsError = answer.reportsError ?? false
    this.socket = answer.socket
    this.call = call
    this.#onRelease = [answer.release]
  }
  onRelease(callback: () => void): void {
    this.#onRelease.push(callback)
  }
  /** Discards the answer in favour of another. Later calls do nothing. */
  release(): void {
    for (const callback of this.#onRelease.splice(0)) callback()
  }
}

/** The result of a call: an answer, whatever its status, or why there is no answer. */
export type CallResult = Result.Result<PendingAnswer, GatewayError>

/** The remaining stages of a call. */
export type Next = (call: Call) => Promise<CallResult>
