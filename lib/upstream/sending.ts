/**
 * One request under way: from its first byte up to the end of its answer's body.
 *
 * @module
 */
import * as Result from "effect/Result"
import { noSockets } from "../errors/socket-errors.ts"
import { HeaderFields } from "../headers/header-fields.ts"
import { responseHeaders } from "../headers/response-headers.ts"
import type { StartTimer } from "../time/Timer.ts"
import type { OpenSocket } from "../websocket/open-socket.ts"
import { isBodiless } from "./bodiless.ts"
import { type ChunkReader, type OpenReader, readChunks } from "./body-reader.ts"
import { type Cut, type CutListener, type Interruption, neverCut } from "./cut.ts"
import { type BodyGuard, UpstreamBody } from "./guarded-body.ts"
import { LazyAbortController } from "./lazy-abort.ts"
import { type TimeoutLimits, Timeouts } from "./timeouts.ts"
import type { ConnectSocket, Transport, TransportAnswer } from "./Transport.ts"
import type { UpstreamAnswer, UpstreamCall } from "./Upstream.ts"
import { interrupted, noAnswer, type UpstreamFailure } from "./upstream-failure.ts"

type Answered = (result: Result.Result<UpstreamAnswer, UpstreamFailure>) => void

/** No `Response` can have another status, and HTTP knows no other for an answer (RFC 9110 §15). */
const isStatus = (status: number): boolean => status >= 200 && status <= 599

const nothing = (): void => {}

const connectNowhere: ConnectSocket = () => Promise.reject(noSockets())

/** Sends a request, and guards it until the body of its answer has ended. */
export class Sending implements BodyGuard, CutListener {
  readonly #transport: Transport["Service"]
  readonly #startTimer: StartTimer
  readonly #now: () => number
  readonly #call: UpstreamCall
  readonly #answered: Answered
  readonly #started: number
  readonly #timeouts: Timeouts
  readonly #abort = new LazyAbortController()
  /** `over` once the call has its result; the body of an answer goes on. */
  #phase: "headers" | "over" = "headers"
  #body: UpstreamBody | undefined = undefined
  #stopTimer = nothing
  #cut = neverCut

  constructor(
    transport: Transport["Service"],
    startTimer: StartTimer,
    now: () => number,
    call: UpstreamCall,
    limits: TimeoutLimits,
    answered: Answered,
  ) {
    this.#transport = transport
    this.#startTimer = startTimer
    this.#now = now
    this.#call = call
    this.#answered = answered
    this.#started = now()
    this.#timeouts = new Timeouts(limits, this.#started)
  }

  begin(cut: Cut): void {
    this.#check(this.#started)
    const { broken } = this.#call
    if (broken?.aborted) this.#bodyBroke()
    broken?.addEventListener("abort", () => this.#bodyBroke(), { once: true })
    if (this.#phase === "over") return
    this.#cut = cut
    cut.listen(this)
    // A cut that was made before has called back at once.
    if (cut.reason !== undefined) return
    let sent: Promise<TransportAnswer>
    try {
      const { send, connect = connectNowhere } = this.#transport
      sent = (this.#call.isHandshake === true ? connect : send)(this.#call, this.#abort)
    } catch (defect) {
      cut.forget(this)
      this.#phase = "over"
      this.aborted()
      throw defect
    }
    sent.then((response) => this.#came(response), (cause) => this.#failedToSend(cause))
  }

  interrupted(reason: Interruption): void {
    this.#fail(interrupted(reason))
  }
  readStarted(): void {
    this.#timeouts.readStarted(this.#now())
  }
  chunkReceived(): void {
    this.#timeouts.chunkReceived()
  }
  settled(): void {
    this.#stopTimer()
  }
  aborted(): void {
    this.#stopTimer()
    this.#abort.abort()
  }

  #check(now: number): void {
    const state = this.#timeouts.check(now)
    if (typeof state === "number") {
      this.#stopTimer = this.#startTimer(state, () => this.#check(this.#now()))
    } // Not left to the transport: whatever it does with an abort, the call ends now.
    else if (this.#phase === "headers") this.#fail(noAnswer(this.#call, state))
    else this.#body?.cutShort(state)
  }

  #bodyBroke(): void {
    if (this.#phase === "headers") this.#fail(noAnswer(this.#call))
    else this.#body?.cutShort("upstream_cut")
  }

  #failedToSend(cause: unknown): void {
    this.#fail(noAnswer(this.#call, undefined, cause))
  }

  #came(response: TransportAnswer): void {
    const { openReader = readChunks } = this.#transport
    if (this.#phase === "headers") return this.#answer(response, openReader)
    // Too late, from a transport that does not obey.
    if (response.socket !== undefined) response.socket.discard()
    else openReader(response)?.cancel().catch(nothing)
  }

  #answer(response: TransportAnswer, openReader: OpenReader): void {
    const { status, statusText } = response
    if (response.socket !== undefined) return this.#open(response, response.socket)
    if (!isStatus(status)) return this.#fail(noAnswer(this.#call))
    let reader: ChunkReader | undefined
    try {
      if (!isBodiless(this.#call.method, status)) reader = openReader(response)
    } catch (cause) {
      return this.#failedToSend(cause)
    }
    this.#phase = "over"
    this.#cut.forget(this)
    this.#timeouts.headersReceived()
    const received = HeaderFields.of(response.headers)
    const body = this.#body = reader && new UpstreamBody(reader, this)
    if (body === undefined) this.settled()
    this.#answered(Result.succeed({
      status,
      statusText,
      headers: responseHeaders({ status, headers: received }, this.#transport.decodes),
      received,
      body,
      release: () => body?.cancel(),
    }))
  }

  /** Once it is open, its timeouts are those of its relay. */
  #open({ status, statusText, headers: given }: TransportAnswer, socket: OpenSocket): void {
    this.#phase = "over"
    this.#cut.forget(this)
    this.settled()
    const received = HeaderFields.of(given)
    const headers = responseHeaders({ status, headers: received }, this.#transport.decodes)
    const release = (): void => socket.discard()
    this.#answered(
      Result.succeed({ status, statusText, headers, received, body: undefined, socket, release }),
    )
  }

  #fail(failure: UpstreamFailure): void {
    if (this.#phase === "over") return
    this.#phase = "over"
    this.#cut.forget(this)
    this.aborted()
    this.#answered(Result.fail(failure))
  }
}
