/**
 * Equal calls that miss the cache at the same time become one, whose answer every client gets: for Bun, Deno and Node.
 *
 * The call belongs to no single client, so that each may leave on its own; when all have left, it is aborted.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { reportDefect } from "../redaction/stack-frames.ts"
import { declaredLength } from "../body/read-body.ts"
import { sharedHeaders } from "../cache/kept-headers.ts"
import { ResponseCache } from "../cache/ResponseCache.ts"
import { sameVariant, variedBy } from "../cache/vary.ts"
import { type BodyBroadcast, broadcastBody, singleReaderBody } from "../coalesce/body-broadcast.ts"
import { type InFlightControls, makeSingleFlight, type SingleFlight } from "../coalesce/single-flight.ts"
import type { RequestOptions } from "../config/request-options.ts"
import type { GatewayError } from "../errors.ts"
import type { HeaderFields } from "../headers/header-fields.ts"
import type { Ending } from "../record/request-record.ts"
import type { CallReport } from "../record/call-report.ts"
import { StreamRelay } from "../relay/StreamRelay.ts"
import { plainClock } from "../time/clock.ts"
import { CutSource } from "../upstream/cut.ts"
import { bodilessStatuses } from "../upstream/bodiless.ts"
import { bodyOfBytes } from "../upstream/derived-body.ts"
import { interrupted } from "../upstream/upstream-failure.ts"
import { cacheWriter, type CacheWriting } from "./cache-writer.ts"
import { type BodyTap, type Call, type CallResult, type Next, PendingAnswer } from "./call.ts"
import { adoptReport, callOnBehalf } from "./call-on-behalf.ts"
import { callAlone } from "./coalesce-none.ts"
import { type CallPlace, RequestCoalescer } from "./RequestCoalescer.ts"

interface Services extends CacheWriting {
  readonly relay: StreamRelay["Service"]
}

/** Clients that ask for the same at once share one call. */
export const layerCoalesceInFlight: Layer.Layer<RequestCoalescer, never, ResponseCache | StreamRelay> = Layer
  .effect(
    RequestCoalescer,
    Effect.gen(function* () {
      const services: Services = {
        cache: yield* ResponseCache,
        relay: yield* StreamRelay,
        wall: (yield* plainClock).wall,
      }
      const inFlight = makeSingleFlight<SharedAnswer>()
      return {
        coalesce: (call, place, next) =>
          isShared(call)
            ? callShared(services, inFlight, call, place, next)
            : callAlone(services, call, place, next),
      }
    }),
  )

/** `skip-cache` asks for a fresh answer, and a stream that is not stored must not be waited for. */
const isShared = ({ gateway, target: { body, options } }: Call): boolean =>
  options.cache.lookup && (gateway.cache.streams || !body.view.stream)

/**
 * Differences that are not part of the cache's key and yet prevent sharing a call: the limits and time-outs of one client's
 * call and, if callers share the cache, the credential, which may be refused.
 */
const flightKey = ({ key, caller }: CallPlace, { requestTimeout, retry }: RequestOptions): string =>
  JSON.stringify([key, caller, requestTimeout, retry])

/** An answer of which every client that asked for the same gets its own body. */
interface SharedAnswer {
  readonly status: number
  readonly statusText: string
  /** The headers for the client that caused the call. */
  readonly headers: HeaderFields
  readonly received: PendingAnswer["received"]
  readonly reportsError: boolean
  /** What its call found out. */
  readonly made: CallReport
  /** The headers of its request, as they went up. */
  readonly request: CallPlace["request"]
  readonly body: BodyBroadcast
}

/** Why there is no answer: an error and how the call ended, or a defect. */
class SharedFailure {
  readonly error: GatewayError
  readonly ending: Ending
  /** When the headers of an answer came that was refused, such as a redirect. */
  readonly headersAt: number | null
  readonly made: CallReport | undefined
  constructor(error: GatewayError, ending: Ending, headersAt: number | null, made?: CallReport) {
    this.made = made
    this.error = error
    this.ending = ending
    this.headersAt = headersAt
  }
}

/** Joins the call in flight for a key, or starts it. */
const callShared = async (
  services: Services,
  inFlight: SingleFlight<SharedAnswer>,
  call: Call,
  place: CallPlace,
  next: Next,
): Promise<CallResult> => {
  const { exchange, report } = call
  let leads = false
  const subscription = inFlight.join(flightKey(place, call.target.options), (controls) => {
    leads = true
    const flight = new SharedCall(services, call, place, controls)
    // The usage of the call is known when it has ended, which may be after its first client has left.
    exchange.settleBy(() => flight.ended.then(() => adoptReport(report, flight.call.report)))
    return flight.start(next)
  })
  if (!leads) report.cost = 0
  const before = exchange.elapsed()
  const landed = await untilCut(call, subscription.result)
  const { made } = landed
  // What was judged was judged for all; what that cost is the leader's.
  if (!leads && made !== undefined) exchange.settleBy(() => void (report.guardrails ??= made.guardrails))
  if (landed instanceof SharedFailure) {
    subscription.leave()
    // The leader's own limits must not fail the followers: they make calls of their own.
    const isLeaders = landed.error.reason === "rate_limited" || landed.error.reason === "spend_limited"
    if (!leads && isLeaders) return callAlone(services, call, place, next)
    report.ending = landed.ending
    if (leads) report.headersAt = landed.headersAt
    return Result.fail(landed.error)
  }
  const body = suits(landed, place) ? landed.body.subscribe(subscription.leave) : undefined
  if (body === undefined) {
    subscription.leave()
    return callAlone(services, call, place, next)
  }
  report.headersAt = exchange.elapsed()
  if (!leads) exchange.spentUpstream(exchange.elapsed() - before)
  const { status, statusText, headers, received, reportsError } = landed
  const hasBody = !bodilessStatuses.has(status)
  if (!hasBody) body.cancel()
  return Result.succeed(
    new PendingAnswer({
      status,
      statusText,
      // Headers that are not part of the answer belong to the leader alone.
      headers: leads ? headers.copy() : followersHeaders(headers),
      received,
      reportsError,
      body: hasBody ? body : undefined,
      release: () => body.cancel(),
    }, call),
  )
}

/** Waits for another client's call, no longer than its own client does. */
const untilCut = (
  { cut }: Call,
  result: Promise<SharedAnswer>,
): Promise<SharedAnswer | SharedFailure> =>
  new Promise((resolve, reject) => {
    const forget = cut.onCut((reason) => resolve(new SharedFailure(interrupted(reason).error, reason, null)))
    result.then((shared) => {
      forget()
      resolve(shared)
    }, (cause: unknown) => {
      forget()
      if (cause instanceof SharedFailure) resolve(cause)
      else reject(cause)
    })
  })

/** A call in flight, which belongs to no single client: its answer is shared, and read to its end. */
class SharedCall {
  readonly call: Call
  /** Resolves when the call has ended and is settled. Never rejects. */
  readonly ended: Promise<void>
  readonly #services: Services
  readonly #place: CallPlace
  readonly #controls: InFlightControls
  readonly #cut = new CutSource()
  #settled: () => void = () => {}

  constructor(services: Services, call: Call, place: CallPlace, controls: InFlightControls) {
    this.#services = services
    this.#place = place
    this.#controls = controls
    this.call = callOnBehalf(call, this.#cut)
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

const followersHeaders = (headers: HeaderFields): HeaderFields => {
  const shared = sharedHeaders(headers)
  shared.set("cf-aig-cache-status", "MISS")
  return shared
}

/** Whether an answer also suits a request that waited for it. */
const suits = ({ headers, request }: SharedAnswer, place: CallPlace): boolean =>
  request === place.request || sameVariant(variedBy(headers) ?? [], request, place.request)
