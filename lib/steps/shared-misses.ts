/**
 * Equal misses at the same time make one call, whose answer each client gets: for Bun, Deno and Node.
 *
 * The call belongs to none of them, so that each may leave on its own; when all have left, it ends.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type FlightControls, type Flights, makeFlights } from "../cache/flights.ts"
import { ResponseCache } from "../cache/ResponseCache.ts"
import { shareBody, type SharedBody } from "../cache/shared-body.ts"
import { clientLeft, GatewayError } from "../errors.ts"
import type { Ending } from "../telemetry/request-record.ts"
import type { Call, Called, Observer, Sent, StepAnswer } from "./call.ts"
import { keeper } from "./keeper.ts"
import { Misses } from "./Misses.ts"
import { relayed, tapOf } from "./relay-answer.ts"

/** Two clients who ask for the same at once share one call. */
export const layerSharedMisses: Layer.Layer<Misses> = Layer.sync(Misses, () => {
  const flights = makeFlights<SharedAnswer>()
  return { send: (call, key, send) => sharedMiss(call, key, send, flights) }
})

/** An answer of which each client who asked for the same gets its own body. */
interface SharedAnswer {
  readonly status: number
  readonly statusText: string
  readonly headers: Headers
  readonly body: SharedBody
}

/** Joins the call for a key, or starts it. */
const sharedMiss: <R>(
  call: Call,
  key: string,
  send: Effect.Effect<Sent, GatewayError, R>,
  flights: Flights<SharedAnswer>,
) => Effect.Effect<Called, GatewayError, R | ResponseCache> = Effect.fnUntraced(
  function* (call, key, send, flights) {
    let lead: Lead | undefined
    const seat = flights.join(key, (controls) =>
      new Promise((land, fail) => {
        lead = { controls, land, fail }
      }))
    if (lead !== undefined) yield* Effect.forkDetach(fly(call, key, send, lead), { startImmediately: true })
    const before = call.exchange.elapsed()
    const landed = yield* Effect.callback<SharedAnswer, GatewayError>((resume) => {
      seat.result.then(
        (shared) => resume(Effect.succeed(shared)),
        (error) => resume(error instanceof GatewayError ? Effect.fail(error) : Effect.die(error)),
      )
      return Effect.sync(seat.leave)
    }).pipe(
      Effect.tapError(() => Effect.sync(seat.leave)),
      // What limits the one who called says nothing about those who waited.
      Effect.catchIf(
        ({ reason }) => lead === undefined && (reason === "rate_limited" || reason === "spend_limited"),
        () => Effect.succeed(undefined),
      ),
    )
    const stream = landed?.body.join()
    if (landed === undefined || stream === undefined) {
      seat.leave()
      return relayed(call, yield* send)
    }
    if (lead === undefined) call.exchange.spentUpstream(call.exchange.elapsed() - before)
    return relayed(call, {
      answer: seatedAnswer(landed, stream, seat.leave),
      headers: new Headers(),
      observers: [],
    })
  },
)

interface Lead {
  readonly controls: FlightControls
  readonly land: (shared: SharedAnswer) => void
  readonly fail: (error: unknown) => void
}

/** Makes the call, shares its answer, and sees it to its end. */
const fly = Effect.fnUntraced(
  function* <R>(call: Call, key: string, send: Effect.Effect<Sent, GatewayError, R>, lead: Lead) {
    const { signal, close } = lead.controls
    const cache = yield* ResponseCache
    const allLeft = Effect.callback<never, GatewayError>((resume) => {
      if (signal.aborted) return resume(Effect.fail(clientLeft()))
      const leave = () => resume(Effect.fail(clientLeft()))
      signal.addEventListener("abort", leave, { once: true })
      return Effect.sync(() => signal.removeEventListener("abort", leave))
    })
    const { answer, headers, observers } = yield* Effect.raceFirst(send, allLeft)
    const { response, clocks } = answer
    const keep = keeper(call, key, answer, cache)
    const all: ReadonlyArray<Observer> = keep === undefined ? observers : [...observers, keep]
    let end: (ending: Ending) => void = () => {}
    const ended = new Promise<Ending>((resolve) => end = resolve)
    const { body, cut } = call.relay.relay({
      source: response.body ?? new Blob([]).stream(),
      tap: tapOf(call.step, answer),
      onWaiting: () => clocks.waiting(answer.now()),
      onChunk: (chunk) => {
        clocks.chunkCame()
        for (const observer of all) observer.push(chunk)
      },
      onEnd: (ending, whole) => {
        if (whole) answer.settled()
        else answer.release()
        end(ending)
      },
    })
    answer.onExpiry(cut)
    signal.addEventListener("abort", () => cut("client_left"), { once: true })
    for (const [name, value] of headers) answer.headers.set(name, value)
    lead.land({
      status: response.status,
      statusText: response.statusText,
      headers: answer.headers,
      body: keep === undefined
        ? forOne(body)
        : shareBody(body, { limit: cache.limit, onAllLeft: () => {}, onClosed: close }),
    })
    // An answer that is not kept is nobody else's.
    if (keep === undefined) close()
    const ending = yield* Effect.promise(() => ended)
    for (const observer of all) yield* observer.ended(ending)
    close()
  },
  (effect, _call, _key, _send, lead) =>
    Effect.matchCause(effect, {
      onSuccess: () => {},
      onFailure: (cause) => lead.fail(Cause.squash(cause)),
    }),
)

/** A body that only the first to ask for it gets. */
const forOne = (body: ReadableStream<Uint8Array>): SharedBody => {
  let rest: ReadableStream<Uint8Array> | undefined = body
  return {
    join: () => {
      const given = rest
      rest = undefined
      return given
    },
  }
}

/** What a shared answer is to one client: its clocks and its connection are the call's, not the client's. */
const seatedAnswer = (
  { status, statusText, headers }: SharedAnswer,
  stream: ReadableStream<Uint8Array>,
  leave: () => void,
): StepAnswer => ({
  response: new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>, { status, statusText }),
  headers: new Headers(headers),
  decoded: new Set(),
  clocks: { headersCame: () => {}, waiting: () => {}, chunkCame: () => {}, check: () => Infinity },
  now: () => 0,
  onExpiry: () => {},
  settled: leave,
  release: leave,
})
