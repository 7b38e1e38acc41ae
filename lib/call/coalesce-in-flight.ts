/**
 * Equal misses at the same time make one call, whose answer each client gets: for Bun, Deno and Node.
 *
 * The call belongs to none of them, so that each may leave on its own; when all have left, it ends.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { type InFlightControls, makeSingleFlight, type SingleFlight } from "../coalesce/single-flight.ts"
import { sharedHeaders } from "../cache/kept-headers.ts"
import { ResponseCache } from "../cache/ResponseCache.ts"
import { type BodyBroadcast, broadcastBody, singleReaderBody } from "../coalesce/body-broadcast.ts"
import { type HeaderReader, sameVariant, variedBy } from "../cache/vary.ts"
import type { RequestOptions } from "../config/request-options.ts"
import { clientLeft, GatewayError } from "../errors.ts"
import { HeaderFields } from "../headers/header-fields.ts"
import { bodilessStatuses } from "../upstream/bodiless.ts"
import { bodyOfBytes } from "../upstream/derived-body.ts"
import type { GuardedBody } from "../upstream/guarded-body.ts"
import { declaredLength } from "../body/read-body.ts"
import type { Ending } from "../record/request-record.ts"
import type { StepPlace } from "./cache-place.ts"
import type { Call, Called, Observer, Sent, StepAnswer } from "./call.ts"
import { keeper } from "./cache-writer.ts"
import { RequestCoalescer } from "./RequestCoalescer.ts"
import { relayed } from "./respond.ts"
import { separateMiss } from "./coalesce-none.ts"

/** Two clients who ask for the same at once share one call. */
export const layerCoalesceInFlight: Layer.Layer<RequestCoalescer> = Layer.sync(RequestCoalescer, () => {
  const flights = makeSingleFlight<SharedAnswer>()
  return {
    coalesce: (call, place, send) =>
      isShared(call) ? sharedMiss(call, place, send, flights) : separateMiss(call, place, send),
  }
})

/** Whoever skips the cache wants an answer made anew; and a stream that is not kept must not be waited for. */
const isShared = ({ gateway, step: { body, options } }: Call): boolean =>
  options.cache.lookup && (gateway.cache.streams || !body.view.stream)

/**
 * What is no part of the cache's key and yet must not be another's: what limits or prolongs one client's call, and, where
 * callers share what is kept, whose credential may be refused.
 */
const flightKey = ({ key, caller }: StepPlace, { requestTimeout, retry }: RequestOptions): string =>
  JSON.stringify([key, caller, requestTimeout, retry])

/** An answer of which each client who asked for the same gets its own body. */
interface SharedAnswer {
  readonly status: number
  readonly statusText: string
  /** As they are for the client who caused the call. */
  readonly headers: Headers
  /** The headers of its request, as they went up. */
  readonly request: HeaderReader
  readonly body: BodyBroadcast
}

/** Why there is no answer, and how the call ended. */
interface SharedFailure {
  readonly error: unknown
  readonly ending: Ending
}

/** Joins the call for a key, or starts it. */
const sharedMiss: <R>(
  call: Call,
  place: StepPlace,
  send: Effect.Effect<Sent, GatewayError, R>,
  flights: SingleFlight<SharedAnswer>,
) => Effect.Effect<Called, GatewayError, R | ResponseCache> = Effect.fnUntraced(
  function* (call, place, send, flights) {
    const { exchange, step } = call
    let lead: Lead | undefined
    const seat = flights.join(flightKey(place, step.options), (controls) =>
      new Promise((land, fail) => {
        lead = { controls, land, fail }
      }))
    if (lead !== undefined) {
      const flight = yield* Effect.forkDetach(fly(call, place, send, lead), { startImmediately: true })
      // What the call took is known when it has ended, which may be after its first client has left.
      exchange.after.push(Effect.asVoid(Fiber.await(flight)))
    } else exchange.record.cost = 0
    const before = exchange.elapsed()
    let seated = true
    const landed = yield* Effect.callback<SharedAnswer, GatewayError>((resume) => {
      seat.result.then(
        (shared) => resume(Effect.succeed(shared)),
        ({ error, ending }: SharedFailure) => {
          if (seated) exchange.record.ending = ending
          resume(error instanceof GatewayError ? Effect.fail(error) : Effect.die(error))
        },
      )
      return Effect.sync(() => {
        seated = false
        seat.leave()
      })
    }).pipe(
      Effect.tapError(() => Effect.sync(seat.leave)),
      // What limits the one who called says nothing about those who waited.
      Effect.catchIf(
        ({ reason }) => lead === undefined && (reason === "rate_limited" || reason === "spend_limited"),
        () => Effect.succeed(undefined),
      ),
    )
    const stream = landed !== undefined && suits(landed, place)
      ? landed.body.subscribe(seat.leave)
      : undefined
    if (landed === undefined || stream === undefined) {
      seat.leave()
      return yield* separateMiss(call, place, send)
    }
    if (lead === undefined) {
      exchange.record.time_to_headers_ms = exchange.elapsed()
      exchange.spentUpstream(exchange.elapsed() - before)
    }
    return relayed(call, {
      answer: seatedAnswer(landed, stream, lead === undefined),
      headers: new Headers(),
      observer: undefined,
      meter: undefined,
      observers: [],
    })
  },
)

interface Lead {
  readonly controls: InFlightControls
  readonly land: (shared: SharedAnswer) => void
  readonly fail: (failure: SharedFailure) => void
}

/** Makes the call, shares its answer, and sees it to its end. */
const fly = Effect.fnUntraced(
  function* <R>(call: Call, place: StepPlace, send: Effect.Effect<Sent, GatewayError, R>, lead: Lead) {
    const { signal, close } = lead.controls
    const cache = yield* ResponseCache
    const allLeft = Effect.callback<never, GatewayError>((resume) => {
      if (signal.aborted) return resume(Effect.fail(clientLeft()))
      const leave = () => resume(Effect.fail(clientLeft()))
      signal.addEventListener("abort", leave, { once: true })
      return Effect.sync(() => signal.removeEventListener("abort", leave))
    })
    const { answer, headers, observer, meter, observers } = yield* Effect.raceFirst(send, allLeft)
    const keep = keeper(call, place, answer, cache)
    const all: ReadonlyArray<Observer> = keep === undefined ? observers : [...observers, keep]
    let end: (ended: readonly [Ending, boolean]) => void = () => {}
    const ended = new Promise<readonly [Ending, boolean]>((resolve) => end = resolve)
    const relay = call.relay.relay({
      body: answer.body ?? bodyOfBytes(new Uint8Array()),
      length: observer?.streams === true ? undefined : declaredLength(answer.headers),
      observer,
      isUpstreamOfBroadcast: true,
      onChunk: (chunk) => meter?.push(chunk),
      onPassed: (chunk) => {
        for (const observer of all) observer.push(chunk)
      },
      onEnd: (ending, whole) => {
        if (!whole) answer.release()
        end([ending, whole])
      },
    })
    signal.addEventListener("abort", () => relay.cut("client_left"), { once: true })
    for (const [name, value] of headers) answer.headers.set(name, value)
    lead.land({
      status: answer.status,
      statusText: answer.statusText,
      headers: answer.headers,
      request: place.request,
      body: keep === undefined && answer.status < 400
        ? singleReaderBody(relay.body().getReader())
        : broadcastBody(relay.body().getReader(), {
          limit: cache.limit,
          onAllLeft: () => {},
          onClosed: close,
        }),
    })
    // An answer that is not kept is nobody else's, but that an error is all theirs who waited for it.
    if (keep === undefined) close()
    const [ending, whole] = yield* Effect.promise(() => ended)
    if (meter !== undefined) yield* meter.ended(ending, whole)
    for (const observer of all) yield* observer.ended(ending, whole)
    close()
  },
  (effect, { exchange: { record } }, _place, _send, lead) =>
    Effect.matchCause(effect, {
      onSuccess: () => {},
      onFailure: (cause) => lead.fail({ error: Cause.squash(cause), ending: record.ending }),
    }),
)

const followersHeaders = (headers: Headers): Headers => {
  const shared = sharedHeaders(headers)
  shared.set("cf-aig-cache-status", "MISS")
  return shared
}

/** Whether an answer is to a request as well that waited for it. */
const suits = ({ headers, request }: SharedAnswer, place: StepPlace): boolean =>
  request === place.request || sameVariant(variedBy(headers) ?? [], request, place.request)

/** What a shared answer is to one client; headers that belong to the call alone are the leader's. */
const seatedAnswer = (
  { status, statusText, headers }: SharedAnswer,
  body: GuardedBody,
  follows: boolean,
): StepAnswer => {
  const isBodiless = bodilessStatuses.has(status)
  if (isBodiless) body.cancel()
  return {
    status,
    statusText,
    headers: HeaderFields.of(follows ? followersHeaders(headers) : new Headers(headers)),
    received: headers,
    body: isBodiless ? undefined : body,
    release: () => body.cancel(),
  }
}
