/** From a pending answer to the gateway's: its headers, its body, and the end of the request. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { PendingAnswer } from "../../lib/call/call.ts"
import { respond } from "../../lib/call/respond.ts"
import { HeaderFields } from "../../lib/headers/header-fields.ts"
import type { Answer } from "../../lib/relay/answer.ts"
import { StreamRelay } from "../../lib/relay/StreamRelay.ts"
import type { Ending } from "../../lib/record/request-record.ts"
import { startRuntimeTimer } from "../../lib/time/Timer.ts"
import { SomeAnswer, someCall } from "../support/some-call.ts"

const relay = Effect.runSync(Effect.provide(StreamRelay, StreamRelay.layer))
const clock = { now: () => performance.now(), wall: () => Date.now() }
const bytes = new TextEncoder().encode("{}")
const text = (body: Uint8Array) => new TextDecoder().decode(body)
const responded = async (pending: PendingAnswer): Promise<Answer> =>
  Result.getOrThrow(await respond({ relay, clock, startTimer: startRuntimeTimer }, pending))
const streamed = ({ body }: Answer): ReadableStream<Uint8Array> =>
  body === null || body instanceof Uint8Array ? assert.fail("not a stream") : body.body()

/** A tap, and what it saw. */
const tap = () => {
  const seen: Array<string> = []
  return {
    seen,
    push: (chunk: Uint8Array) => void seen.push(text(chunk)),
    ended: (ending: Ending, whole: boolean) => void seen.push(`${ending} ${whole}`),
  }
}

test("an answer that is complete in memory ends the request before it is sent", async () => {
  const call = someCall({ step: 2 })
  const headers = HeaderFields.from([["content-type", "application/json"]])
  const pending = new PendingAnswer(
    { status: 200, statusText: "", headers, received: headers, body: bytes, release: () => {} },
    call,
  )
  const watching = tap()
  pending.taps.push(watching)
  const { body, headers: shown } = await responded(pending)
  assert.equal(body, bytes)
  assert.equal(shown.get("cf-aig-step"), "2")
  assert.match(shown.get("server-timing") ?? "", /^gateway;dur=/)
  assert.equal(call.exchange.isOpen, false)
  assert.equal(call.exchange.answering, call.report)
  assert.deepEqual(watching.seen, ["{}"])
  await call.exchange.settle()
  assert.deepEqual(watching.seen, ["{}", "complete true"])
  const { response_bytes, response_content_type } = call.exchange.record()
  assert.deepEqual([response_bytes, response_content_type], [2, "application/json"])
})

test("a body is passed on as it comes, and the request ends with it", async () => {
  const call = someCall()
  const pending = new SomeAnswer(call, 200, "[1, 2]", { "x-baseten-request-id": "b1" })
  const watching = tap()
  pending.taps.push(watching)
  const answer = await responded(pending)
  assert.equal(call.exchange.isOpen, true)
  assert.equal(await new Response(streamed(answer) as BodyInit).text(), "[1, 2]")
  assert.equal(call.exchange.isOpen, false)
  await call.exchange.settle()
  assert.deepEqual(watching.seen, ["[1, 2]", "complete true"])
  const { response_bytes, upstream_status, baseten_request_id } = call.exchange.record()
  assert.deepEqual([response_bytes, upstream_status, baseten_request_id], [6, 200, "b1"])
})

test("a stream tells proxies not to buffer it, and has no length, since an error event may be added", async () => {
  const call = someCall({ body: { model: "m", messages: [], stream: true } })
  const { headers } = await responded(
    new SomeAnswer(call, 200, "data: [DONE]\n\n", {
      "content-type": "text/event-stream",
      "content-length": "14",
    }),
  )
  assert.deepEqual([headers.get("x-accel-buffering"), headers.get("content-length")], ["no", null])
})

test("a client that leaves ends its request, even if nobody cancels the body", async () => {
  const call = someCall()
  await responded(new SomeAnswer(call, 200, "[1, 2]"))
  call.exchange.cut.cut("client_left")
  await new Promise(setImmediate)
  assert.equal(call.exchange.record().ending, "client_left")
})

test("an answer without a body ends its request", async () => {
  const call = someCall()
  const headers = new HeaderFields()
  const { body } = await responded(
    new PendingAnswer(
      { status: 204, statusText: "", headers, received: headers, body: undefined, release: () => {} },
      call,
    ),
  )
  assert.deepEqual([body, call.exchange.isOpen], [null, false])
})
