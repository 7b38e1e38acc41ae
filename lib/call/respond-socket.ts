/**
 * Responds with a WebSocket that a provider has agreed to: relays it within its timeouts, and ends the request with it.
 *
 * @module
 */
import type { Exchange } from "../exchange.ts"
import type { CallReport } from "../record/call-report.ts"
import type { Ending } from "../record/request-record.ts"
import type { Answer, RelayedSocket } from "../relay/answer.ts"
import { relayFrames } from "../relay/relay-frames.ts"
import { relayMessages } from "../relay/relay-messages.ts"
import type { Side, SocketRelay, SocketWatch } from "../relay/socket-watch.ts"
import type { Relayed, StreamRelay } from "../relay/StreamRelay.ts"
import type { PlainClock } from "../time/clock.ts"
import { longestDelay, type StartTimer } from "../time/Timer.ts"
import { closeCodes } from "../websocket/close-codes.ts"
import type { OpenSocket } from "../websocket/open-socket.ts"
import type { Call, PendingAnswer } from "./call.ts"

/** What is needed to relay a socket. */
export interface SocketServices {
  readonly relay: StreamRelay["Service"]
  readonly clock: PlainClock
  readonly startTimer: StartTimer
}

/** The reason that both sides receive if the gateway closes a socket; they may reconnect. */
const reasons = {
  draining: "The gateway is stopping",
  idle: "Nothing has come for too long (idle_timeout)",
  total_timeout: "The socket has been open for too long (total_timeout)",
} as const
type OwnEnding = keyof typeof reasons

/** Responds with the socket of an answer; its host completes the handshake. */
export const respondSocket = (
  services: SocketServices,
  answer: PendingAnswer,
  socket: OpenSocket,
): Answer => {
  const { call, status, headers } = answer
  const { report, exchange } = call
  exchange.answering = report
  report.status = status
  report.guardrails = unjudged(call)
  report.basetenRequestId = headers.get("x-baseten-request-id")
  headers.set("cf-aig-step", String(call.target.step))
  headers.append("server-timing", `gateway;dur=${exchange.noteGatewayTime()}`)
  const protocol = headers.get("sec-websocket-protocol") ?? undefined
  for (const name of ["sec-websocket-protocol", "sec-websocket-accept"]) headers.delete(name)
  const session = new SocketSession(services, answer, socket, protocol)
  return { status, statusText: "", headers, body: null, socket: session.followed() }
}

/** Records for rules that only flag that a socket has no verdict. */
const unjudged = ({ gateway: { guardrails } }: Call): CallReport["guardrails"] =>
  guardrails === undefined
    ? null
    : [guardrails.prompt, guardrails.response].flatMap((rules) =>
      rules === undefined ? [] : [{ phase: rules.phase, category: null, action: "unavailable" as const }]
    )

/** One socket, from the provider's agreement to its end. */
class SocketSession implements RelayedSocket, SocketWatch, Relayed {
  place = -1
  readonly protocol: string | undefined
  readonly #services: SocketServices
  readonly #answer: PendingAnswer
  readonly #call: Call
  readonly #exchange: Exchange
  readonly #provider: OpenSocket
  readonly #counts = { client: 0, provider: 0 }
  #relay: SocketRelay | undefined = undefined
  #isOver = false
  #heardAt: number
  #stopTimer = (): void => {}
  #forget = (): void => {}

  constructor(
    services: SocketServices,
    answer: PendingAnswer,
    provider: OpenSocket,
    protocol: string | undefined,
  ) {
    this.#services = services
    this.#answer = answer
    this.#call = answer.call
    this.#exchange = answer.call.exchange
    this.#provider = provider
    this.protocol = protocol
    this.#heardAt = services.clock.now()
  }
  /** From now on it ends when the gateway stops. */
  followed(): this {
    this.#forget = this.#services.relay.follow(this)
    return this
  }

  attach(client: OpenSocket): void {
    if (this.#isOver) return client.discard()
    const { wire } = client
    const { wire: provider } = this.#provider
    this.#relay = wire !== undefined && provider !== undefined
      ? relayFrames(wire, provider, this)
      : relayMessages(client, this.#provider, this, this.#services.startTimer)
    // Buffered data from a side, or its end, may already have ended the relay.
    if (!this.#isOver) this.#check()
  }
  abandon(): void {
    this.ended("client_left", null)
    this.#provider.discard()
  }
  cut(): void {
    if (this.#relay !== undefined) return this.#end("draining")
    this.ended("draining", null)
    this.#provider.discard()
  }

  passed(from: Side, bytes: number, messages: number): void {
    const { report } = this.#call
    this.#heardAt = this.#services.clock.now()
    this.#counts[from] += messages
    if (from === "client") this.#exchange.requestBytes = (this.#exchange.requestBytes ?? 0) + bytes
    else {
      report.firstByteAt ??= this.#exchange.elapsed()
      report.responseBytes += bytes
    }
  }
  alive(): void {
    this.#heardAt = this.#services.clock.now()
  }
  ended(ending: Ending, error: string | null): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stopTimer()
    this.#forget()
    const { report } = this.#call
    const { meter, taps, status } = this.#answer
    report.error = error
    report.frames = { in: this.#counts.client, out: this.#counts.provider }
    meter?.stop(this.#exchange.elapsed())
    for (const tap of taps) this.#exchange.settleBy(() => tap.ended(ending, ending === "complete"))
    this.#exchange.finish({ status, ending, errorCode: null, error: null, cost: null })
  }

  #end(ending: OwnEnding): void {
    this.#relay?.end(ending, { code: closeCodes.goingAway, reason: reasons[ending] })
  }
  #check(): void {
    const { gateway: { idleTimeout, totalTimeout } } = this.#call
    const silent = this.#services.clock.now() - this.#heardAt
    const idle = idleTimeout - silent
    const total = totalTimeout === undefined ? longestDelay : totalTimeout - this.#exchange.elapsed()
    if (total <= 0) return this.#end("total_timeout")
    if (idle <= 0) return this.#end("idle")
    this.#stopTimer = this.#services.startTimer(Math.max(1, Math.min(idle, total)), () => this.#check())
  }
}
