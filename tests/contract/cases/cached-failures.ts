/** What says 200 and has failed is not kept, however it says so. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { type Ask, asker } from "../ask.ts"
import { chat, type Configured, fault, type Harness } from "../harness.ts"

/** What these cases need configured. */
export const cachedFailureEntries = (): Configured => ({
  entries: { "cached-failures": { cache_ttl: 300, cache_streams: true } },
})

const error = { message: "The queue is full.", code: 503 }
const chunk = (members: object) =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", ...members })}\n\n`
const hello = chunk({ choices: [{ index: 0, delta: { content: "Hello" } }] })
const done = "data: [DONE]\n\n"
const typed = (type: string, members: object = {}) =>
  `event: ${type}\ndata: ${JSON.stringify({ ...members, type })}\n\n`
const started = typed("message_start", { message: { usage: { input_tokens: 1 } } })
const stopped = typed("message_stop")
const created = typed("response.created", { response: { id: "r", status: "in_progress" } })
const failed = { response: { id: "r", object: "response", status: "failed", error } }

export const cachedFailureCases = (harness: Harness): void => {
  const answer = asker(harness)
  const ask = (one: Ask) => answer({ entry: "cached-failures", ...one })
  const calls = (id: string): number => harness.simulator.requests(id).length

  /** Asks three times, the first two at once; the first two answers have failed. */
  const isNotKept = async (one: Omit<Ask, "id">, how: object, what: string) => {
    const id = harness.nextCase()
    const failing = { ...one, id, headers: fault({ delay_ms: 50, ...how }) }
    for (const asked of await Promise.allSettled([ask(failing), ask(failing)])) {
      if (asked.status === "fulfilled") assert.equal(asked.value.response.status, 200, what)
    }
    const before = calls(id)
    const again = await ask({ ...one, id })
    assert.deepEqual([again.status, calls(id)], ["MISS", before + 1], what)
  }

  const routes = [
    "v1/chat/completions",
    "v1/messages",
    "v1/responses",
    "model/abcd1234/sync/v1/chat/completions",
  ]
  const bodies: ReadonlyArray<readonly [what: string, body: unknown, type?: string]> = [
    ["an error alone", { error }],
    ["an error as text", { error: "overloaded" }],
    ["an error that comes last", { id: "c", choices: [], usage: { prompt_tokens: 1 }, error }],
    ["an error object", { object: "error", message: "boom", code: 500 }],
    ["a typed error", { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }],
    ["an error under another label", { error }, "text/plain"],
    ["a failed response", { object: "response", status: "failed", output: [] }],
    ["a finish by error", { choices: [{ index: 0, finish_reason: "error", message: {} }] }],
    ["a page", "<!doctype html><title>Just a moment...</title>"],
    ["a page labelled JSON", "<html>502</html>", "application/json"],
    ["text", "upstream connect error", "text/plain"],
    ["nothing", "", "application/json"],
    ["a list", [1, 2]],
    ["half of it", '{"id":"c","choices":[{"message":{"content":"trunc', "application/json"],
    ["more than it", '{"id":"c","choices":[]}{}', "application/json"],
  ]
  for (const [what, body, type] of bodies) {
    test(`JSON calls: ${what} is not cached`, async () => {
      for (const route of routes) {
        const one = {
          path: `baseten/${route}`,
          body: chat({ user: what, route, input: "hi", max_tokens: 9 }),
        }
        await isNotKept(one, { status: 200, body, ...(type && { content_type: type }) }, route)
      }
    })
  }

  test("custom models: an error, a page, an empty answer and half of one are not cached", async () => {
    for (const body of [{ error: "no" }, "<html>502</html>", "", '{"a":']) {
      const one = { path: "baseten/model/json1234", body: JSON.stringify({ instead_of: body }) }
      await isNotKept(one, { status: 200, body }, JSON.stringify(body))
    }
  })

  test("JSON that ends with its connection is cached only if it is complete", async () => {
    for (const cut_after of [1, 2, 3]) {
      const one = { body: chat({ user: "close", cut_after }) }
      await isNotKept(one, { until_close: true, cut_after }, String(cut_after))
    }
    const id = harness.nextCase()
    const statuses = [await ask({ id, headers: fault({ until_close: true }) }), await ask({ id })]
    assert.deepEqual(statuses.map(({ status }) => status), ["MISS", "HIT"])
  })

  test("binary and text answers that end with their connection are not cached: they may be incomplete", async () => {
    for (const how of [{}, { cut_after: 2 }]) {
      const one = { path: "baseten/model/text1234", body: JSON.stringify({ prompt: "close", how }) }
      await isNotKept(one, { until_close: true, ...how }, JSON.stringify(how))
    }
  })

  const streams: ReadonlyArray<readonly [what: string, route: string, body: string]> = [
    [
      "an error before the end mark",
      "chat/completions",
      hello + `data: ${JSON.stringify({ error })}\n\n` + done,
    ],
    ["an error with blanks", "chat/completions", hello + 'data: { "error" : "full" }\n\n' + done],
    ["an error first", "chat/completions", `data: ${JSON.stringify({ error })}\n\n` + hello + done],
    ["an error object", "chat/completions", hello + 'data: {"object":"error","message":"boom"}\n\n' + done],
    [
      "an error beside choices",
      "chat/completions",
      hello + chunk({ choices: [{ index: 0, delta: {}, finish_reason: "error" }], error }) + done,
    ],
    [
      "a finish by error",
      "chat/completions",
      chunk({ choices: [{ delta: {}, finish_reason: "error" }] }) + done,
    ],
    ["no end mark", "chat/completions", hello],
    ["an error event", "messages", started + typed("error", { error }) + stopped],
    [
      "an error of another order",
      "messages",
      started + `data: ${JSON.stringify({ error, type: "error" })}\n\n` + stopped,
    ],
    ["response.failed", "responses", created + typed("response.failed", failed)],
    [
      "response.failed without a name",
      "responses",
      created + `data: ${JSON.stringify({ ...failed, type: "response.failed" })}\n\n`,
    ],
    [
      "an error event",
      "responses",
      created + typed("error", { message: "boom" }) + typed("response.completed", { response: {} }),
    ],
  ]
  for (const [what, route, body] of streams) {
    test(`streams of ${route}: ${what} prevents caching`, async () => {
      for (const path of [`baseten/v1/${route}`, `baseten/model/abcd1234/production/sync/v1/${route}`]) {
        const one = { path, body: chat({ user: what, stream: true, input: "hi", max_tokens: 9 }) }
        await isNotKept(one, { status: 200, body, content_type: "text/event-stream" }, path)
      }
    })
  }

  test("a stream of an unknown format is not cached", async () => {
    const one = { path: "baseten/model/sse12345", body: JSON.stringify({ prompt: "streams" }) }
    await isNotKept(one, {}, "as binary")
    await isNotKept(one, { content_type: "text/event-stream" }, "as a stream")
  })
}
