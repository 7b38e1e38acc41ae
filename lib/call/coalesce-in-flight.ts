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
import { sharedHeaders } from "../cache/kept-headers.ts"
import { ResponseCache } from "../cache/ResponseCache.ts"
import { sameVariant, variedBy } from "../cache/vary.ts"
import { makeSingleFlight, type SingleFlight } from "../coalesce/single-flight.ts"
import type { RequestOptions } from "../config/request-options.ts"
import type { HeaderFields } from "../headers/header-fields.ts"
import { StreamRelay } from "../relay/StreamRelay.ts"
import { plainClock } from "../time/clock.ts"
import { bodilessStatuses } from "../upstream/bodiless.ts"
import { interrupted } from "../upstream/upstream-failure.ts"
import { type Call, type CallResult, type Next, PendingAnswer } from "./call.ts"
import { callAlone } from "./coalesce-none.ts"
import { type CallPlace, RequestCoalescer } from "./RequestCoalescer.ts"
import {
  adoptReport,
  type SharedAnswer,
  SharedCall,
  type SharedCallServices,
  SharedFailure,
} from "./shared-call.ts"

/** Clients that request the same at the same time share one call. */
export const layerCoalesceInFlight: Layer.Layer<RequestCoalescer, never, ResponseCache | StreamRelay> = Layer
  .effect(
    RequestCoalescer,
    Effect.gen(function* () {
      const services: SharedCallServices = {
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
 * Differences that are not part of the cache key and yet prevent sharing a call: the limits and timeouts of one
 * client's call and, if callers share the cache, the credential, which may be refused.
 */
const flightKey = ({ key, caller }: CallPlace, { requestTimeout, retry }: RequestOptions): string =>
  JSON.stringify([key, caller, requestTimeout, retry])

/** Joins the call in flight for a key, or starts it. */
const callShared = async (
  services: SharedCallServices,
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
  // The answer was judged once for all; the leader bears the cost of that.
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

const followersHeaders = (headers: HeaderFields): HeaderFields => {
  const shared = sharedHeaders(headers)
  shared.set("cf-aig-cache-status", "MISS")
  return shared
}

/** Whether an answer also suits a request that waited for it. */
const suits = ({ headers, request }: SharedAnswer, place: CallPlace): boolean =>
  request === place.request || sameVariant(variedBy(headers) ?? [], request, place.request)
