/**
 * Turns a provider's answer into the gateway's: its headers, and its body as it is relayed.
 *
 * @module
 */
import * as Result from "effect/Result"
import { providerFailed } from "../errors/provider-errors.ts"
import type { GatewayError } from "../errors.ts"
import { type PolicyCut, policyError } from "../errors/policy-errors.ts"
import type { Exchange } from "../exchange.ts"
import { isCoded } from "../headers/content-codings.ts"
import type { HeaderFields } from "../headers/header-fields.ts"
import { declaredLength } from "../body/read-body.ts"
import type { Ending } from "../record/request-record.ts"
import type { Answer, RelayedBody } from "../relay/answer.ts"
import type { RelayInput } from "../relay/relay-input.ts"
import type { StreamRelay } from "../relay/StreamRelay.ts"
import { isEventStream } from "../sse/framing.ts"
import { bodyOfBytes } from "../upstream/derived-body.ts"
import type { GuardedBody } from "../upstream/guarded-body.ts"
import type { BodyTap, Call, PendingAnswer } from "./call.ts"
import type { WholeRewrite } from "./whole-rewrite.ts"
import { rewriteWhole } from "./dlp-answer.ts"
import { listForm } from "./model-list.ts"
import { payloadCapture } from "./payload-capture.ts"
import { bringsAnswer, observerOf } from "./observe-answer.ts"
import { respondSocket, type SocketServices } from "./respond-socket.ts"
import { runForm } from "./run-answer.ts"

/** A body of this many bytes is likely to arrive in one piece. */
const shortLength = 65_536

/** How an answer has to be rewritten; `undefined` if it is relayed unchanged. */
const rewriteOf = (call: Call, status: number): WholeRewrite | undefined =>
  (status === 200 ? listForm(call) : undefined) ?? runForm(call, status)

/** Adds which step answered, how much of the time so far was the gateway's own, and that a stream must not be buffered. */
const addTiming = ({ exchange, target, report }: Call, headers: HeaderFields): void => {
  headers.set("cf-aig-step", String(target.step))
  headers.append("server-timing", `gateway;dur=${exchange.noteGatewayTime()}`)
  // Proxies such as nginx buffer a stream to its end unless this header forbids it.
  if (report.stream && !headers.has("x-accel-buffering")) headers.set("x-accel-buffering", "no")
}

/** Responds with the answer of a call: in pieces as they arrive, or whole if it is short, held, or to be rewritten. */
export const respond = (
  services: SocketServices,
  answer: PendingAnswer,
): Promise<Result.Result<Answer, GatewayError>> | Result.Result<Answer, GatewayError> => {
  const { call, headers, status, socket } = answer
  if (socket !== undefined) return Result.succeed(respondSocket(services, answer, socket))
  const { exchange, report } = call
  exchange.answering = report
  const payload = payloadCapture(call)
  if (payload !== undefined) answer.taps.push(payload)
  if (!report.cached) {
    report.status = status
    report.basetenRequestId = headers.get("x-baseten-request-id")
  }
  if (bringsAnswer(status) && isEventStream(headers)) report.stream = true
  const { body } = answer
  if (body instanceof Uint8Array) return Result.succeed(respondWhole(call, answer, body))
  const relaying = new Relaying(call, answer, body ?? bodyOfBytes(new Uint8Array(0)))
  return body === undefined ? Result.succeed(relaying.withoutBody()) : relaying.start(services.relay)
}

/** Responds with an answer that the gateway holds whole. */
const respondWhole = (call: Call, answer: PendingAnswer, body: Uint8Array<ArrayBuffer>): Answer => {
  const { exchange, report } = call
  const { status, statusText, headers, taps } = answer
  for (const tap of taps) {
    tap.push?.(body)
    exchange.settleBy(() => tap.ended("complete", true))
  }
  const { outlet } = answer
  const given = outlet === undefined ? body : rewriteWhole(outlet, body)
  report.contentType = headers.get("content-type")
  report.responseBytes = given.byteLength
  addTiming(call, headers)
  exchange.finish({ status, ending: "complete", errorCode: null, error: null, cost: null })
  const wholly = rewriteOf(call, status)
  return { status, statusText, headers, body: wholly === undefined ? given : wholly.rewrite(given, headers) }
}

/** Comments are only for event streams whose coding can be read. */
const keepAliveAfter = (
  { streamKeepAlive }: Call["gateway"],
  { status, headers }: PendingAnswer,
): number | undefined =>
  bringsAnswer(status) && isEventStream(headers) && !isCoded(headers) ? streamKeepAlive : undefined

const observes = ({ push }: BodyTap): boolean => push !== undefined
const noTaps: ReadonlyArray<BodyTap> = []

/** The body of one answer on its way to the client. */
class Relaying implements RelayInput {
  readonly body: GuardedBody
  readonly observer: PendingAnswer["observer"]
  readonly outlet: PendingAnswer["outlet"]
  readonly readsOnAfterDisconnect: boolean
  readonly keepAliveAfter: number | undefined
  readonly length: number | undefined
  readonly #call: Call
  readonly #answer: PendingAnswer
  readonly #taps: ReadonlyArray<BodyTap>
  readonly #exchange: Exchange
  readonly #wholly: WholeRewrite | undefined
  readonly #rewritten: boolean

  constructor(call: Call, answer: PendingAnswer, body: GuardedBody) {
    this.body = body
    const { exchange, gateway, target } = call
    const { headers, status } = answer
    this.#call = call
    this.#wholly = rewriteOf(call, status)
    this.#answer = answer
    this.#exchange = exchange
    this.#taps = answer.taps.some(observes) ? answer.taps.filter(observes) : noTaps
    this.observer = answer.observer ?? observerOf(target, answer)
    this.outlet = answer.outlet
    this.readsOnAfterDisconnect = gateway.drains
    this.keepAliveAfter = gateway.streamKeepAlive === undefined ? undefined : keepAliveAfter(gateway, answer)
    this.#rewritten = this.#wholly !== undefined &&
      (this.#wholly.isRequired || !headers.has("content-encoding"))
    const streams = this.observer?.streams === true
    // A stream that breaks off gets an error event, so it may become longer than declared.
    if (streams) headers.delete("content-length")
    this.length = streams ? undefined : declaredLength(headers)
    call.report.contentType = headers.get("content-type")
    addTiming(call, headers)
  }

  /** There is nothing to relay. */
  withoutBody(): Answer {
    this.onEnd("complete", true)
    return this.#with(null)
  }
  /** Starts to relay. */
  start(
    service: StreamRelay["Service"],
  ): Promise<Result.Result<Answer, GatewayError>> | Result.Result<Answer, GatewayError> {
    const relay = service.relay(this)
    // Not every runtime cancels the body if its client leaves while nothing is being written.
    this.#exchange.cut.listen(relay)
    if (this.#isShort) {
      return relay.whole((bytes) =>
        Result.succeed(this.#with(bytes as Uint8Array<ArrayBuffer> | undefined ?? relay))
      )
    }
    return this.#rewritten ? this.#rewrite(relay) : Result.succeed(this.#with(relay))
  }

  /** A body that is also cached or shared must end by itself, and so is not read whole. */
  get #isShort(): boolean {
    return this.length !== undefined && this.length <= shortLength && !this.readsOnAfterDisconnect &&
      !this.#rewritten &&
      this.#answer.meter !== undefined && this.#taps.length === 0
  }
  #with(body: Answer["body"]): Answer {
    const { status, statusText, headers } = this.#answer
    return { status, statusText, headers, body }
  }
  async #rewrite(body: RelayedBody): Promise<Result.Result<Answer, GatewayError>> {
    try {
      const bytes = await new Response(body.body() as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer()
      const { headers } = this.#answer
      const whole = new Uint8Array(bytes)
      return Result.succeed(this.#with(this.#wholly?.rewrite(whole, headers) ?? whole))
    } catch {
      return Result.fail(providerFailed(new URL(this.#call.target.route.url).host))
    }
  }

  onChunk(): void {
    this.#call.report.firstByteAt ??= this.#exchange.elapsed()
    this.#answer.meter?.received()
  }
  onPassed(chunk: Uint8Array): void {
    this.#call.report.responseBytes += chunk.byteLength
    for (const tap of this.#taps) tap.push?.(chunk)
  }
  onEnd(ending: Ending, whole: boolean, policy: PolicyCut = "blocked"): void {
    const { report } = this.#call
    const { observer } = this
    report.stream ||= observer?.form() === "events"
    const { meter, taps, status } = this.#answer
    const now = this.#exchange.elapsed()
    if (meter !== undefined) meter.stop(now)
    else if (observer !== undefined) {
      this.#exchange.settleBy(() => {
        report.error ??= observer.error() ?? null
      })
    }
    for (const tap of taps) this.#exchange.settleBy(() => tap.ended(ending, whole))
    // The response has not begun, so an answer that broke off becomes an error.
    if (this.#rewritten && ending !== "complete" && ending !== "client_left") report.ending = ending
    else if (ending === "blocked") {
      const { code, reason } = policyError(policy)
      this.#exchange.finish({ status, ending, errorCode: code, error: reason, cost: null }, now)
    } else this.#exchange.finish({ status, ending, errorCode: null, error: null, cost: null }, now)
  }
}
