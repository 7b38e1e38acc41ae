import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { AnswerObserver } from "../../lib/answer/answer-observer.ts"
import { guardedStream } from "../support/guarded-stream.ts"
import { StreamRelay } from "../../lib/relay/StreamRelay.ts"

const textOf = (body: ReadableStream<Uint8Array>): Promise<string> =>
  new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).text()

test("StreamRelay.drain ends the bodies being relayed, and those that come later", async () => {
  const endings: Array<string> = []
  const silent = () => ({
    body: guardedStream(new ReadableStream({})),
    observer: new AnswerObserver({ framing: "chat", label: "events", asked: true }),
    onChunk: () => {},
    onEnd: (ending: string) => void endings.push(ending),
  })
  const { relay, drain } = await Effect.runPromise(
    StreamRelay.pipe(Effect.provide(StreamRelay.layer)),
  )
  const before = relay(silent())
  drain()
  const after = relay(silent())
  assert.deepEqual(endings, ["draining", "draining"])
  for (const each of [before, after]) assert.match(await textOf(each.body()), /"code":"draining"/)
})
