/**
 * A provider's answer made the gateway's: headers, ids, and the body on its way.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { GatewayError } from "../errors.ts"
import { providerFailed } from "../errors/provider-errors.ts"
import { strictJson } from "../json/exact-json.ts"
import type { Exchange, RelayedBody } from "../exchange.ts"
import { isEventStream } from "../sse/framing.ts"
import type { AnswerObserver } from "../answer/answer-observer.ts"
import { declaredLength } from "../body/read-body.ts"
import { parseBytes } from "../json/members.ts"
import { compatModels } from "../route/compat-models.ts"
import { type Ending, type RecordDraft, rounded } from "../record/request-record.ts"
import type { Call, Called, Sent } from "./call.ts"
import { payloadObserver } from "./payload-capture.ts"
import type { Step } from "./step.ts"
import { bringsAnswer, observerOf } from "./observe-answer.ts"

/** An answer to be relayed as it comes. */
export const relayed = (call: Call, sent: Sent): Called => ({
  status: sent.answer.status,
  release: sent.answer.release,
  respond: () => relayAnswer(call, sent),
})

/** Starts to relay an answer. */
const relayAnswer = (
  call: Call,
  sent: Sent,
): Effect.Effect<Response, GatewayError> => {
  const { exchange, gateway, step, relay } = call
  const { answer, headers: added, meter } = sent
  const { record, request } = exchange
  const { status, statusText, headers } = answer
  const payload = payloadObserver(call)
  const observers = payload === undefined ? sent.observers : [...sent.observers, payload]
  record.upstream_status = record.status = status
  record.baseten_request_id = headers.get("x-baseten-request-id")
  record.provider = step.route.provider
  record.step = step.index
  if (bringsAnswer(status) && isEventStream(headers)) record.stream = true
  for (const [name, value] of added) headers.set(name, value)
  const observer = sent.observer ?? observerOf(step, answer)
  const streams = observer?.streams === true
  // A stream that breaks off gets an error event, so it may turn out longer than Baseten said.
  if (streams) headers.delete("content-length")
  record.response_content_type = headers.get("content-type")

  const listed = step.route.compatModels && status === 200 && !headers.has("content-encoding")
  const settle = (ending: Ending, whole: boolean): void => {
    record.stream ||= observer?.form() === "events"
    if (meter !== undefined) exchange.after.push(meter.ended(ending, whole))
    else if (observer !== undefined) exchange.after.push(noteError(record, observer))
    for (const observer of observers) exchange.after.push(observer.ended(ending, whole))
    // A list that broke off has not been answered yet: the client gets an error instead.
    if (listed && ending !== "complete" && ending !== "client_left") record.ending = ending
    // Nor has one whose work was interrupted, which says itself how it ended.
    else if (exchange.interruption === undefined) exchange.finish(ending)
  }
  tellTiming(exchange, step, headers)
  const answered = (body: RelayedBody | Uint8Array<ArrayBuffer> | null): Response =>
    exchange.respond(body, { status, statusText, headers })
  const { body } = answer
  if (body === undefined || request.method === "HEAD") {
    settle("complete", true)
    return Effect.succeed(answered(null))
  }
  const length = streams ? undefined : declaredLength(headers)
  // What others watch has to come to its own end: what is to be cached, or is another call's as well.
  const isShort = length !== undefined && length <= shortLength && !gateway.drains && !listed &&
    meter !== undefined && observers.length === 0
  const relayed = relay.relay({
    body,
    length,
    observer,
    readsOnAfterDisconnect: gateway.drains,
    onChunk: (chunk) => {
      record.time_to_first_byte_ms ??= exchange.elapsed()
      meter?.push(chunk)
    },
    onPassed: (chunk) => {
      record.response_bytes += chunk.byteLength
      for (const observer of observers) observer.push(chunk)
    },
    onEnd: (ending, whole) => {
      if (!whole) answer.release()
      settle(ending, whole)
    },
  })
  const streamed = (): RelayedBody => {
    // Not every runtime cancels the body of a client that left while nothing was being written.
    exchange.onLeave(() => relayed.cut("client_left"))
    return relayed
  }
  if (isShort) {
    return Effect.callback((resume) => {
      relayed.whole().then((bytes) =>
        resume(Effect.sync(() => answered(bytes as Uint8Array<ArrayBuffer> | undefined ?? streamed())))
      )
      return Effect.sync(() => relayed.cut(exchange.interruption ?? "client_left"))
    })
  }
  return listed
    ? Effect.map(listInCompatForm(streamed().body(), headers, step.route.url), answered)
    : Effect.succeed(answered(streamed()))
}

/** Notes the error that an answer told of which was metered elsewhere. */
const noteError = (record: RecordDraft, observer: AnswerObserver): Effect.Effect<void> =>
  Effect.sync(() => {
    record.error ??= observer.error() ?? null
  })

/** A body of so many bytes is likely to come in one piece. */
const shortLength = 65_536

/** Says which step answered, how much of the time so far was the gateway's own, and that a stream is not to be held. */
const tellTiming = ({ record, elapsed, upstreamTime }: Exchange, step: Step, headers: Headers): void => {
  record.gateway_ms = rounded(elapsed() - upstreamTime())
  headers.set("cf-aig-step", String(step.index))
  headers.append("server-timing", `gateway;dur=${record.gateway_ms}`)
  // A proxy like nginx gives a stream to its client when it is over, unless it is told not to.
  if (record.stream && !headers.has("x-accel-buffering")) headers.set("x-accel-buffering", "no")
}

/** An answer that the gateway holds whole, and which costs nothing. */
export const answerWhole = (
  call: Call,
  body: Uint8Array<ArrayBuffer>,
  init: { readonly status: number; readonly statusText: string; readonly headers: Headers },
): Response => {
  const { exchange, step } = call
  const { record } = exchange
  const payload = payloadObserver(call)
  payload?.push(body)
  if (payload !== undefined) exchange.after.push(payload.ended("complete", true))
  record.cost = 0
  record.response_content_type = init.headers.get("content-type")
  record.status = init.status
  record.provider = step.route.provider
  record.step = step.index
  record.response_bytes = body.byteLength
  record.stream ||= isEventStream(init.headers)
  tellTiming(exchange, step, init.headers)
  exchange.finish("complete")
  return new Response(step.route.compatModels ? inCompatForm(body, init.headers) : body, init)
}

/** The list in Cloudflare's form; an answer that is not the list we know is handed on as it came. */
const listInCompatForm = (
  body: ReadableStream<Uint8Array>,
  headers: Headers,
  url: string,
): Effect.Effect<Uint8Array<ArrayBuffer>, GatewayError> =>
  Effect.map(
    Effect.tryPromise({
      try: () => new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
      catch: () => providerFailed(new URL(url).host),
    }),
    (bytes) => inCompatForm(new Uint8Array(bytes), headers),
  )

const inCompatForm = (bytes: Uint8Array<ArrayBuffer>, headers: Headers): Uint8Array<ArrayBuffer> => {
  const list = compatModels(parseBytes(bytes))
  if (list === undefined) return bytes
  headers.set("content-type", "application/json")
  headers.delete("content-length")
  headers.delete("etag")
  return new TextEncoder().encode(strictJson(list))
}
