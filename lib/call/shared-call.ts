/**
 * A call that is made on behalf of several clients, separate from the call of each: it belongs to none of them, and
 * is aborted when all have left.
 *
 * @module
 */
import * as Result from "effect/Result"
import { declaredLength } from "../body/read-body.ts"
import { type BodyBroadcast, broadcastBody, singleReaderBody } from "../coalesce/body-broadcast.ts"
import type { InFlightControls } from "../coalesce/single-flight.ts"
import type { GatewayError } from "../errors.ts"
import type { HeaderFields } from "../headers/header-fields.ts"
import type { CallReport } from "../record/call-report.ts"
import type { Ending } from "../record/request-record.ts"
import { reportDefect } from "../redaction/stack-frames.ts"
import type { StreamRelay } from "../relay/StreamRelay.ts"
import { type Cut, CutSource } from "../upstream/cut.ts"
import { bodyOfBytes } from "../upstream/derived-body.ts"
import { cacheWriter, type CacheWriting } from "./cache-writer.ts"
import { type BodyTap, Call, type Next, type PendingAnswer } from "./call.ts"
import type { CallPlace } from "./RequestCoalescer.ts"

/** What a shared call needs. */
export interface SharedCallServices extends CacheWriting {
  readonly relay: StreamRelay["Service"]
}

/** An answer of which every waiting client gets its own body. */
export interface SharedAnswer {
  readonly status: number
  readonly statusText: string
  /** The headers for the client that caused the call. */
  readonly headers: HeaderFields
  readonly received: PendingAnswer["received"]
  readonly reportsError: boolean
  /** The findings of its call. */
  readonly made: CallReport
  /** The headers of its request, as they went up. */
  readonly request: CallPlace["request"]
  readonly body: BodyBroadcast
}

/** Why there is no answer: an error and how the call ended, or a defect. */
export class SharedFailure {
  readonly error: GatewayError
  readonly ending: Ending
  /** When the headers of a refused answer came, such as a redirect. */
  readonly headersAt: number | null
  readonly made: CallReport | undefined
  constructor(error: GatewayError, ending: Ending, headersAt: number | null, made?: CallReport) {
    this.made = made
    this.error = error
    this.ending = ending
    this.headersAt = headersAt
  }
}

/** A call in flight, which belongs to no single client: its answer is shared, and read to its end. */
export class SharedCall {
  readonly call: Call
  /** Resolves when the call has ended and is settled. Never rejects. */
  readonly ended: Promise<void>
  readonly #services: SharedCallServices
  readonly #place: CallPlace
  readonly #controls: InFlightControls
  readonly #cut = new CutSource()
  #settled: () => void = () => {}

  constructor(services: SharedCallServices, call: Call, place: CallPlace, controls: InFlightControls) {
    this.#services = services
    this.#place = place
    this.#controls = controls
    this.call = onBehalf(call, this.#cut)
    this.ended = new Promise((resolve) => {
      this.#settled = resolve
    })
    controls.signal.addEventListener("abort", () => this.#cut.cut("client_left"), { once: true })
  }

  async start(next: Next): Promise<SharedAnswer> {
    try {
      const result = await next(this.call)
      if (Result.isFailure(result)) {
        throw new SharedFailure(
          result.failure,
          this.call.report.ending,
          this.call.report.headersAt,
          this.call.report,
        )
      }
      return this.#share(result.success)
    } catch (cause) {
      this.#settled()
      throw cause
    }
  }

  #share(answer: PendingAnswer): SharedAnswer {
    const { cache, relay } = this.#services
    const { headers, meter, observer, taps, status, statusText, received, reportsError } = answer
    const writer = cacheWriter(this.call, this.#place, answer, this.#services)
    if (writer !== undefined) taps.push(writer)
    const relayed = relay.relay({
      body: answer.body instanceof Uint8Array
        ? bodyOfBytes(answer.body)
        : answer.body ?? bodyOfBytes(new Uint8Array(0)),
      length: observer?.streams === true ? undefined : declaredLength(headers),
      observer,
      isUpstreamOfBroadcast: true,
      onChunk: () => meter?.received(),
      onPassed: (chunk) => {
        for (const { push } of taps) push?.(chunk)
      },
      onEnd: (ending, whole) => {
        meter?.stop(this.call.exchange.elapsed())
        void this.#settle(taps, ending, whole)
      },
    })
    this.#cut.onCut((reason) => relayed.cut(reason))
    const source = relayed.body().getReader()
    const { close } = this.#controls
    const shared = writer === undefined && status < 400
      ? singleReaderBody(source)
      : broadcastBody(source, { limit: cache.limit, onAllLeft: () => {}, onClosed: close })
    // Only answers that are stored are shared, except errors, which go to everyone who was waiting.
    if (writer === undefined) close()
    return {
      status,
      statusText,
      headers,
      received,
      reportsError,
      made: this.call.report,
      request: this.#place.request,
      body: shared,
    }
  }

  async #settle(taps: ReadonlyArray<BodyTap>, ending: Ending, whole: boolean): Promise<void> {
    for (const tap of taps) {
      try {
        await tap.ended(ending, whole)
      } catch (defect) {
        reportDefect(this.call.exchange.id, defect)
      }
    }
    this.#controls.close()
    this.#settled()
  }
}

/** The same call, made on behalf of several clients, with a report of its own. It is aborted when all have left. */
const onBehalf = (of: Call, cut: Cut): Call => {
  const call = new Call(of, of.target, of.budgets, cut)
  call.headers = of.headers
  call.credential = of.credential
  call.dlp = of.dlp
  call.report.key = of.report.key
  call.report.keyAlias = of.report.keyAlias
  return call
}

/** Takes over the findings of a call that was made on behalf of another's: its tries, usage and cost. */
export const adoptReport = (own: CallReport, made: CallReport): void => {
  own.attempts = made.attempts
  own.error ??= made.error
  own.model ??= made.model
  own.firstTokenAt ??= made.firstTokenAt
  own.tokensIn = made.tokensIn
  own.tokensOut = made.tokensOut
  own.tokensCached = made.tokensCached
  own.tokensReasoning = made.tokensReasoning
  own.usageSource = made.usageSource
  own.cost = made.cost
  own.customCost = made.customCost
  own.dlp ??= made.dlp
  own.guardrails ??= made.guardrails
  own.guardrailsScanner ??= made.guardrailsScanner
}
