/** What a call took, written into its report when its answer has ended. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import type { Call } from "../../lib/call/call.ts"
import { metered } from "../../lib/call/metered.ts"
import type { Tried } from "../../lib/call/retried.ts"
import { priceOf } from "../../lib/pricing/price.ts"
import type { Ending } from "../../lib/record/request-record.ts"
import { pricesOf, someCall, someUpstream } from "../support/some-call.ts"

/** A dollar for a token that goes in, ten for one that comes out. */
const prices = pricesOf({ m: priceOf(10n ** 18n, undefined, 10n ** 19n) })
const json = { "content-type": "application/json" }
const events = { "content-type": "text/event-stream" }
const usage = { prompt_tokens: 2, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 1 } }

/** Meters an answer of this text, as a relay would. */
const meter = async (
  upstream: ReturnType<typeof someUpstream>,
  text: string,
  { call = someCall({ model: "m" }), ending = "complete", whole = ending === "complete" }: {
    readonly call?: Call
    readonly ending?: Ending
    readonly whole?: boolean
  } = {},
) => {
  const tried: Tried = (_, use) => Promise.resolve(use(Result.succeed(upstream)))
  const answer = Result.getOrThrow(await metered({ prices }, call.gateway, tried)(call))
  answer.observer?.push(new TextEncoder().encode(text))
  answer.meter?.received()
  answer.observer?.finish()
  answer.meter?.stop(call.exchange.elapsed())
  for (const tap of answer.taps) await tap.ended(ending, whole)
  return { report: call.report, answer }
}

test("the usage that an answer reports is priced", async () => {
  const { report } = await meter(someUpstream(200, "", json), JSON.stringify({ usage }))
  const { tokensIn, tokensOut, tokensCached, usageSource, cost, customCost } = report
  assert.deepEqual([tokensIn, tokensOut, tokensCached, usageSource, cost, customCost], [
    2,
    3,
    1,
    "exact",
    32,
    false,
  ])
})

test("a stream's first token is timed and its usage counted, as partial if it was cut", async () => {
  const chunk = (choices: ReadonlyArray<object>, members: object = {}) =>
    `data: ${JSON.stringify({ choices, ...members })}\n\n`
  const stream = chunk([{ delta: { content: "Hi" } }]) + chunk([], { usage })
  const { report } = await meter(someUpstream(200, "", events), `${stream}data: [DONE]\n\n`)
  assert.deepEqual([report.tokensOut, report.usageSource, typeof report.firstTokenAt], [3, "exact", "number"])
  const cut = await meter(someUpstream(200, "", events), stream, { ending: "upstream_cut" })
  assert.deepEqual([cut.report.tokensOut, cut.report.usageSource], [3, "partial"])
})

test("a cut messages stream counts what was written, whatever its beginning says", async () => {
  const event = (value: { readonly type: string }) =>
    `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`
  const start = { type: "message_start", ...{ message: { usage: { input_tokens: 7, output_tokens: 0 } } } }
  const delta = { type: "content_block_delta", ...{ delta: { type: "text_delta", text: "Hi" } } }
  const call = someCall({ body: { model: "m", messages: [], stream: true } })
  call.target = { ...call.target, route: { ...call.target.route, framing: "messages" } }
  const text = event(start) + event(delta) + event(delta)
  const { report } = await meter(someUpstream(200, "", events), text, { call, ending: "upstream_cut" })
  assert.deepEqual([report.tokensIn, report.tokensOut, report.usageSource], [7, 2, "partial"])
})

test("a JSON body that was cut has no usage, and its cost is not known", async () => {
  const { report } = await meter(someUpstream(200, "", json), JSON.stringify({ usage }), {
    ending: "upstream_cut",
  })
  assert.deepEqual([report.tokensIn, report.usageSource, report.cost], [null, null, null])
})

test("a client that left does not make a complete answer partial", async () => {
  const { report } = await meter(someUpstream(200, "", json), JSON.stringify({ usage }), {
    ending: "client_left",
    whole: true,
  })
  assert.deepEqual([report.tokensIn, report.usageSource], [2, "exact"])
})

test("fetching an answer again counts nothing, unless it was made in the background", async () => {
  const response = { id: "resp_1", model: "m", usage: { input_tokens: 2, output_tokens: 3 } }
  for (const background of [undefined, false, true]) {
    const answer = { ...response, background }
    const stream = [{ type: "response.created", response: { ...answer, usage: null } }, {
      type: "response.completed",
      response: answer,
    }].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("")
    for (const [headers, text] of [[json, JSON.stringify(answer)], [events, stream]] as const) {
      const call = someCall({ model: "m" })
      call.target = { ...call.target, route: { ...call.target.route, framing: "responses", isKept: true } }
      const { report } = await meter(someUpstream(200, "", headers), text, { call })
      const { tokensIn, tokensOut, usageSource, cost } = report
      assert.deepEqual(
        [tokensIn, tokensOut, usageSource, cost],
        background === true ? [2, 3, "exact", 32] : [null, null, null, null],
      )
    }
  }
})

test("an error has no usage, and costs nothing", async () => {
  const { report, answer } = await meter(someUpstream(500, "", json), "{}")
  assert.deepEqual([answer.observer, report.tokensIn, report.cost], [undefined, null, 0])
})

test("an answer that reports an error in spite of its status is one", async () => {
  const { report } = await meter(
    someUpstream(200, "", json),
    JSON.stringify({ error: { message: "out of memory", type: "server_error" } }),
  )
  assert.ok(report.error !== null)
  assert.equal(report.cost, 0)
})

test("for a model without a price, the answer's model is used", async () => {
  const call = someCall({ model: "alias" })
  const { report } = await meter(someUpstream(200, "", json), JSON.stringify({ model: "m", usage }), { call })
  assert.deepEqual([report.model, report.cost], ["alias", 32])
})

test("a stream in a coding that cannot be read is released, and refused", async () => {
  const call = someCall({ body: { model: "m", messages: [], stream: true } })
  const upstream = someUpstream(200, "", { ...events, "content-encoding": "zstd" })
  const result = await metered(
    { prices },
    call.gateway,
    (_, use) => Promise.resolve(use(Result.succeed(upstream))),
  )(
    call,
  )
  assert.ok(Result.isFailure(result))
  assert.equal(upstream.released, 1)
})
