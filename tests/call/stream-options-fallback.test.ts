/** Streams are asked for their usage; a server that refuses gets the call as its client wrote it. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { heldBytes } from "../../lib/body/prepared-body.ts"
import type { Tried, TriedResult } from "../../lib/call/retried.ts"
import { withUsageRequested } from "../../lib/call/stream-options-fallback.ts"
import { someCall, someUpstream } from "../support/some-call.ts"

const asItIs = (result: TriedResult): TriedResult => result

const stream = { model: "m", messages: [], stream: true }

const run = async (body: object, ...answers: ReadonlyArray<ReturnType<typeof someUpstream>>) => {
  const call = someCall({ body })
  const sent: Array<{ stream_options?: object }> = []
  const tried: Tried = (call, use) => {
    const answer = answers[sent.length] ?? someUpstream()
    sent.push(JSON.parse(new TextDecoder().decode(heldBytes(call.body))))
    call.report.attempts.push({} as typeof call.report.attempts[number])
    return Promise.resolve(use(Result.succeed(answer)))
  }
  const answer = Result.getOrThrow(await withUsageRequested(tried)(call, asItIs))
  return { answer, call, asked: sent.map(({ stream_options }) => stream_options !== undefined) }
}

test("a stream's usage is requested, and then removed from what the client gets", async () => {
  const { asked, call } = await run(stream)
  assert.deepEqual([asked, call.requestedUsage], [[true], true])
})

test("a call that is no stream, or requests usage itself, is sent unchanged", async () => {
  const plain = await run({ model: "m", messages: [] })
  assert.deepEqual([plain.asked, plain.call.requestedUsage], [[false], false])
  const asking = await run({ ...stream, stream_options: { include_usage: true } })
  assert.deepEqual([asking.asked, asking.call.requestedUsage], [[true], false])
  assert.equal(asking.call.body, asking.call.target.body)
})

for (
  const [name, refusal] of [
    ["names the field", someUpstream(400, "Unknown field: stream_options")],
    ["does not say why: it is coded", someUpstream(422, "...", { "content-encoding": "gzip" })],
    ["does not say why: it is too long", someUpstream(400, "x".repeat(20_000))],
  ] as const
) {
  test(`a refusal that ${name} is discarded, and the call made as its client wrote it`, async () => {
    const { answer, asked, call } = await run(stream, refusal, someUpstream(200))
    assert.deepEqual([asked, answer.status, refusal.released], [[true, false], 200, 1])
    assert.deepEqual([call.requestedUsage, call.triesBefore], [false, 1])
    assert.equal(call.body, call.target.body)
  })
}

test("an error about something else is passed on whole", async () => {
  const error = someUpstream(400, "model m does not exist")
  const { answer, asked } = await run(stream, error)
  assert.deepEqual([asked, answer.status, error.released], [[true], 400, 0])
  const { value } = await answer.body?.read() ?? {}
  assert.equal(new TextDecoder().decode(value), "model m does not exist")
})

test("an error of another status is passed on unread", async () => {
  const error = someUpstream(503, "stream_options")
  const { answer, asked } = await run(stream, error)
  assert.deepEqual([asked, answer], [[true], error])
})
