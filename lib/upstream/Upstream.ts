/**
 * The one door to the network.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Result from "effect/Result"
import type { HeaderFields } from "../headers/header-fields.ts"
import { plainClock } from "../time/clock.ts"
import { Timer } from "../time/Timer.ts"
import type { Cut } from "./cut.ts"
import type { GuardedBody } from "./guarded-body.ts"
import { Sending } from "./sending.ts"
import type { OpenSocket } from "../websocket/open-socket.ts"
import type { TimeoutLimits } from "./timeouts.ts"
import { Transport, type UpstreamRequest } from "./Transport.ts"
import type { UpstreamFailure } from "./upstream-failure.ts"

/** Baseten's answer; its body has not been read. */
export interface UpstreamAnswer {
  readonly status: number
  readonly statusText: string
  /** The end-to-end headers, for the client: without those of one hop, and of content codings that the transport undid. */
  readonly headers: HeaderFields
  /** The headers as they came. */
  readonly received: Pick<Headers, "get" | "has">
  /** `undefined` if the answer has no body: by its status, its method, or the transport. */
  readonly body: GuardedBody | undefined
  /** Whether it begins with an error, whatever its status, and that counts as a failure. */
  readonly reportsError?: boolean
  /** With status 101: the WebSocket, whose timeouts are its owner's. */
  readonly socket?: OpenSocket | undefined
  /** Ends Baseten's request, if it has not ended. */
  readonly release: () => void
}

/** A request to Baseten, and the signal that its body breaks off. */
export interface UpstreamCall extends UpstreamRequest {
  /** Aborts when a streamed body breaks off; its reason is the `GatewayError` that says why. */
  readonly broken?: AbortSignal | undefined
  /** Whether it asks for a WebSocket. */
  readonly isHandshake?: boolean
}

/** What `Upstream` does. */
export interface UpstreamShape {
  /**
   * Sends a request and resolves when its answer's headers have come, or with why there is no answer: `provider_failed` if the
   * connection failed or closed before the headers, `provider_timeout` if a timeout expired first, what broke the
   * request's body if that came first, `client_left` or `draining` if it was cut. Whatever the transport does, it settles
   * then, and the request is aborted: the GPU stops.
   *
   * Rejects only with what a transport throws.
   *
   * @param limits in milliseconds; they go on to apply to the answer's body, which is no longer subject to `cut`
   */
  readonly send: (
    call: UpstreamCall,
    limits: TimeoutLimits,
    cut: Cut,
  ) => Promise<Result.Result<UpstreamAnswer, UpstreamFailure>>
}

const UpstreamKey: Context.ServiceClass<Upstream, "basegate/upstream/Upstream", UpstreamShape> = Context
  .Service<
    Upstream,
    UpstreamShape
  >()("basegate/upstream/Upstream")

/** Sends requests to Baseten, each within its timeouts. */
export class Upstream extends UpstreamKey {
  /** Over the platform's transport. */
  static readonly layer: Layer.Layer<Upstream, never, Transport> = Layer.effect(
    Upstream,
    Effect.gen(function* () {
      const transport = yield* Transport
      const startTimer = yield* Timer
      const { now } = yield* plainClock
      return {
        send: (call, limits, cut) =>
          new Promise((resolve) => new Sending(transport, startTimer, now, call, limits, resolve).begin(cut)),
      }
    }),
  )
}
