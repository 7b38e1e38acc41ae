/**
 * The one door to the network.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { makeLazyAbort } from "./lazy-abort.ts"
import { GatewayError } from "../errors.ts"
import { providerFailed, providerTimeout } from "../errors/provider-errors.ts"
import { monotonicBy } from "../time/monotonic.ts"
import { startTimeouts, type TimeoutKind, type TimeoutLimits, type Timeouts } from "./timeouts.ts"
import { Timer } from "../time/Timer.ts"
import { type OpenReader, readChunks } from "./body-reader.ts"
import { Transport, type UpstreamRequest } from "./Transport.ts"

/** Baseten's answer, its body yet to be read, with what keeps watch over it. */
export interface UpstreamAnswer {
  readonly response: Response
  /** The content codings that the transport has undone. */
  readonly decoded: ReadonlySet<string>
  readonly openReader: OpenReader
  readonly clocks: Timeouts
  /** The time that the clocks run on, in milliseconds since a time of its own. */
  readonly now: () => number
  /** Calls back when a clock runs out while the body is relayed. */
  readonly onExpiry: (callback: (expiry: TimeoutKind) => void) => void
  /** Ends the watch over a request whose answer has come to its end: its connection can be used again. */
  readonly settled: () => void
  /** Ends Baseten's request, if it has not ended, and the watch. */
  readonly release: () => void
}

/** A request to Baseten, and word of its body. */
export interface UpstreamCall extends UpstreamRequest {
  /** Aborts when a streamed body breaks off; its reason is the `GatewayError` that says why. */
  readonly broken?: AbortSignal | undefined
}

/** Why a call gave no answer, beside the client's leaving. */
export interface UpstreamFailure {
  readonly error: GatewayError
  readonly ending: "complete" | "upstream_cut" | TimeoutKind
}

/** What `Upstream` does. */
export interface UpstreamShape {
  readonly send: (
    call: UpstreamCall,
    limits: TimeoutLimits,
  ) => Effect.Effect<UpstreamAnswer, UpstreamFailure>
}

const UpstreamKey: Context.ServiceClass<Upstream, "basegate/upstream/Upstream", UpstreamShape> = Context
  .Service<
    Upstream,
    UpstreamShape
  >()("basegate/upstream/Upstream")

/**
 * Sends requests to Baseten. Interruption aborts the request: the GPU stops.
 *
 * Fails with `provider_failed` where the connection failed or closed before the headers, with
 * `provider_timeout` where a clock ran out first, and with what broke the request's body where that came first.
 */
export class Upstream extends UpstreamKey {
  /** Over the platform's transport. */
  static readonly layer: Layer.Layer<Upstream, never, Transport> = Layer.effect(
    Upstream,
    Effect.gen(function* () {
      const transport = yield* Transport
      const setAlarm = yield* Timer
      const openReader = transport.openReader ?? readChunks
      /** An answer that comes too late, from a transport that does not obey. */
      const letGo = (response: Response): void => {
        openReader(response)?.cancel().catch(() => {})
      }
      const begin = (call: UpstreamCall, limits: TimeoutLimits, now: () => number, answered: Answered) => {
        const clocks = startTimeouts(limits, now())
        const aborter = makeLazyAbort()
        let over = false
        let expiry: TimeoutKind | undefined
        // Not left to the transport: whatever it does with an abort, the call ends now.
        let expired = (): void => fail(whyNone(call, expiry))
        let callOff = (): void => {}
        const check = (): void => {
          const state = clocks.check(now())
          if (typeof state === "number") {
            callOff = setAlarm(state, check)
          } else {
            expiry = state
            expired()
          }
        }
        const release = (): void => {
          callOff()
          aborter.abort()
        }
        const leave = (): void => {
          over = true
          release()
        }
        const fail = (failure: UpstreamFailure): void => {
          leave()
          answered(Effect.fail(failure))
        }
        check()
        call.broken?.addEventListener("abort", () => fail(whyNone(call, undefined)), { once: true })
        if (over) return leave
        let sent: Promise<Response>
        try {
          sent = transport.send(call, aborter)
        } catch (defect) {
          leave()
          throw defect
        }
        sent.then(
          (response) => {
            if (over) return letGo(response)
            expired = release
            if (!isStatus(response.status)) return fail(whyNone(call, undefined))
            clocks.headersReceived()
            answered(Effect.succeed({
              response,
              decoded: transport.decodes,
              openReader,
              clocks,
              now,
              onExpiry: (callback) => {
                expired = () => expiry !== undefined && callback(expiry)
              },
              settled: () => callOff(),
              release,
            }))
          },
          (cause) => fail(whyNone(call, expiry, cause)),
        )
        return leave
      }
      return {
        send: (call, limits) =>
          Effect.clockWith((clock) => {
            const now = (): number => monotonicBy(clock)
            return Effect.callback((resume) => {
              const leave = begin(call, limits, now, resume)
              return Effect.sync(leave)
            })
          }),
      }
    }),
  )
}

type Answered = (answer: Effect.Effect<UpstreamAnswer, UpstreamFailure>) => void

/** Why a call has no answer. */
const whyNone = (
  { broken, url }: UpstreamCall,
  expiry: TimeoutKind | undefined,
  cause?: unknown,
): UpstreamFailure => {
  if (broken?.aborted) return { error: broken.reason as GatewayError, ending: "complete" }
  if (cause instanceof GatewayError) return { error: cause, ending: "upstream_cut" }
  const { host } = new URL(url)
  return expiry === undefined
    ? { error: providerFailed(host), ending: "upstream_cut" }
    : { error: providerTimeout(host, clockNames[expiry]), ending: expiry }
}

/** No response can be made of another status, which HTTP knows none of either (RFC 9110 §15). */
const isStatus = (status: number): boolean => status >= 200 && status <= 599

const clockNames: Record<TimeoutKind, string> = {
  first_byte_timeout: "clock to the headers (headers_timeout, dedicated_headers_timeout)",
  idle: "idle clock (idle_timeout)",
  total_timeout: "clock of the whole call (total_timeout)",
}
