/**
 * The one door to the network.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type GatewayError, providerFailed, providerTimeout } from "../errors.ts"
import { type ClockLimits, type Clocks, type Expiry, startClocks } from "./clocks.ts"
import { Transport, type UpstreamRequest } from "./Transport.ts"

/** Baseten's answer, its body yet to be read, with what keeps watch over it. */
export interface UpstreamAnswer {
  readonly response: Response
  /** The content codings that the transport has undone. */
  readonly decoded: ReadonlySet<string>
  readonly clocks: Clocks
  /** The time that the clocks run on, in milliseconds. */
  readonly now: () => number
  /** Calls back when a clock runs out while the body is relayed. */
  readonly onExpiry: (callback: (expiry: Expiry) => void) => void
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
  readonly ending: "complete" | "upstream_cut" | Expiry
}

/** Sleeps until a clock has run out, and says which. */
const watch = (clocks: Clocks, expired: (expiry: Expiry) => void): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (;;) {
      const state = clocks.check(yield* Clock.currentTimeMillis)
      if (typeof state !== "number") return expired(state)
      yield* Effect.sleep(state)
    }
  })

/**
 * Sends requests to Baseten. Interruption aborts the request: the GPU stops.
 *
 * Fails with `provider_failed` where the connection failed or closed before the headers, with
 * `provider_timeout` where a clock ran out first, and with what broke the request's body where that came first.
 */
export class Upstream extends Context.Service<Upstream, {
  readonly send: (
    call: UpstreamCall,
    limits: ClockLimits,
  ) => Effect.Effect<UpstreamAnswer, UpstreamFailure>
}>()("basegate/relay/Upstream") {
  /** Over the platform's transport. */
  static readonly layer: Layer.Layer<Upstream, never, Transport> = Layer.effect(
    Upstream,
    Effect.map(Transport, (transport) => ({
      send: Effect.fnUntraced(function* (call, limits) {
        const clock = yield* Clock.Clock
        const now = () => clock.currentTimeMillisUnsafe()
        const clocks = startClocks(limits, now())
        const controller = new AbortController()
        let expiry: Expiry | undefined
        let expired = (): void => controller.abort()
        const watcher = yield* Effect.forkDetach(
          watch(clocks, (which) => {
            expiry = which
            expired()
          }),
          { startImmediately: true },
        )
        const settled = (): void => watcher.interruptUnsafe()
        const release = (): void => {
          settled()
          controller.abort()
        }
        call.broken?.addEventListener("abort", release, { once: true })
        const failure = (): UpstreamFailure => {
          if (call.broken?.aborted) return { error: call.broken.reason as GatewayError, ending: "complete" }
          const { host } = new URL(call.url)
          return expiry === undefined
            ? { error: providerFailed(host), ending: "upstream_cut" }
            : { error: providerTimeout(host, clockNames[expiry]), ending: expiry }
        }
        const response = yield* Effect.callback<Response, UpstreamFailure>((resume) => {
          let sent: Promise<Response>
          try {
            sent = transport.send(call, controller.signal)
          } catch (defect) {
            release()
            throw defect
          }
          sent.then(
            (answer) => {
              if (isStatus(answer.status)) return resume(Effect.succeed(answer))
              release()
              resume(Effect.fail({ error: providerFailed(new URL(call.url).host), ending: "upstream_cut" }))
            },
            () => {
              const failed = failure()
              release()
              resume(Effect.fail(failed))
            },
          )
          return Effect.sync(release)
        })
        clocks.headersCame()
        return {
          response,
          decoded: transport.decodes,
          clocks,
          now,
          onExpiry: (callback) => {
            expired = () => expiry !== undefined && callback(expiry)
          },
          settled,
          release,
        }
      }),
    })),
  )
}

/** No response can be made of another status, which HTTP knows none of either (RFC 9110 §15). */
const isStatus = (status: number): boolean => status >= 200 && status <= 599

const clockNames: Record<Expiry, string> = {
  first_byte_timeout: "clock to the headers (headers_timeout, dedicated_headers_timeout)",
  idle: "idle clock (idle_timeout)",
  total_timeout: "clock of the whole call (total_timeout)",
}
