/** A socket's requests: bounded each, bounded together, and answered within what their client reads. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Gateway } from "../../lib/gateway.ts"
import { converse, type SocketConversation } from "../../lib/runtime/websocket.ts"

interface Message {
  readonly type: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly response?: unknown
  readonly error?: { readonly message: string }
}

/** A conversation with a gateway with given answers. */
const talk = (answer: (request: Request) => Response | Promise<Response>, reads = true) => {
  const sent: Array<string> = []
  const closings: Array<readonly [number, string]> = []
  const bodies: Array<string> = []
  const gateway: Pick<Gateway, "fetch" | "onStop"> = {
    fetch: async (request, { body } = {}) => {
      bodies.push(new TextDecoder().decode(body))
      return await answer(request)
    },
    onStop: () => () => {},
  }
  let unread = reads ? 0 : Infinity
  const conversation: SocketConversation = converse(gateway, new Request("http://host/v1/a/g"), {}, {
    send: (text) => void sent.push(text),
    close: (code, reason) => void closings.push([code, reason]),
    buffered: () => unread,
  })
  return {
    ...conversation,
    sent,
    closings,
    bodies,
    messages: () => sent.map((text) => JSON.parse(text) as Message),
    ask: (eventId: unknown = "a", more: object = {}) =>
      conversation.message(JSON.stringify({ type: "universal.create", request: { eventId, ...more } })),
    read: () => {
      unread = 0
      conversation.drained()
    },
  }
}

const rest = () => new Promise((resolve) => setTimeout(resolve, 5))
const json = { headers: { "content-type": "application/json", "cf-aig-log-id": "log" } }
const events = { headers: { "content-type": "text/event-stream" } }

/** A body that counts what has been pulled of it. */
const counted = (chunk: string, times: number) => {
  const bytes = new TextEncoder().encode(chunk)
  const state = { pulled: 0, cancelled: false }
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      if (state.pulled++ < times) controller.enqueue(bytes)
      else controller.close()
    },
    cancel: () => void (state.cancelled = true),
  }, { highWaterMark: 0 })
  return { state, body }
}

test("a request is forwarded in its own bytes, and its answer comes in its own characters", async () => {
  const { message, bodies, sent } = talk(() => new Response('{"n": 12345678901234567890, "x": 1.10}', json))
  const request = '{"eventId":12345678901234567890,"query":{"seed":1.10}}'
  message(`{"type":"universal.create","request":${request}}`)
  await rest()
  assert.deepEqual(bodies, [request])
  assert.equal(sent.length, 1)
  assert.match(sent[0] ?? "", /"eventId":12345678901234567890,/)
  assert.match(sent[0] ?? "", /"response":\{"n": 12345678901234567890, "x": 1.10\}\}$/)
  assert.equal((JSON.parse(sent[0] ?? "") as Message).metadata["logId"], "log")
})

test("a message with a duplicate member is refused: servers differ in which one counts", async () => {
  const { message, messages, bodies } = talk(() => new Response("{}", json))
  message('{"type":"universal.create","request":{},"request":{}}')
  message('{"type":"universal.create","type":"universal.create","request":{}}')
  message('{"type":"universal.create","request":{"eventId":1,"eventId":2}}')
  await rest()
  assert.deepEqual(messages().map(({ type }) => type), Array(3).fill("universal.error"))
  assert.deepEqual(bodies, [])
})

test("an answer that is not JSON becomes a string, and one without a body an empty string", async () => {
  const { ask, messages } = talk((request) =>
    request.headers.get("cf-aig-event-id") === "a" ? new Response("<p>") : new Response(null, { status: 204 })
  )
  ask("a")
  ask("b")
  await rest()
  assert.deepEqual(messages().map(({ response }) => response).sort(), ["", "<p>"])
})

test("an encoded answer is sent decoded, or refused", async () => {
  const gzip = new Response('{"a":1}').body?.pipeThrough(new CompressionStream("gzip")) ?? null
  const { ask, messages } = talk(({ headers }) =>
    headers.get("cf-aig-event-id") === "a"
      ? new Response(gzip, { headers: { "content-encoding": "gzip" } })
      : new Response("x", { headers: { "content-encoding": "br" } })
  )
  ask("a")
  while (messages().length < 1) await rest()
  ask("b")
  while (messages().length < 2) await rest()
  assert.deepEqual(messages()[0]?.response, { a: 1 })
  assert.equal(messages()[1]?.type, "universal.error")
})

test("a stream is pulled no faster than its client reads", async () => {
  const { state, body } = counted('data: {"a":1}\n\n', 50)
  const { ask, sent, messages, read } = talk(() => new Response(body, events), false)
  ask()
  await rest()
  assert.equal(state.pulled, 0)
  assert.equal(sent.length, 0)
  read()
  await rest()
  assert.equal(messages().filter(({ type }) => type === "universal.stream").length, 50)
  assert.equal(messages().at(-1)?.type, "universal.done")
})

for (const kind of ["answer", "event"] as const) {
  test(`an ${kind} of more than 16 MiB ends with an error, and its request with it`, async () => {
    const { state, body } = counted("x".repeat(1_048_576), 1000)
    const { ask, messages } = talk(() => new Response(body, kind === "event" ? events : json))
    ask("big")
    while (messages().at(-1)?.type !== "universal.error") await rest()
    assert.match(messages().at(-1)?.error?.message ?? "", /larger than the 16777216 bytes/)
    assert.equal(messages().at(-1)?.metadata["eventId"], "big")
    assert.ok(state.cancelled && state.pulled < 20)
  })
}

test("large messages are held one at a time", async () => {
  const made = new Map<string, ReturnType<typeof counted>>()
  let go = () => {}
  const wait = new Promise<void>((resolve) => go = resolve)
  const { ask, messages } = talk(({ headers }) => {
    const id = headers.get("cf-aig-event-id") ?? ""
    const one = counted("x".repeat(1_048_576), 8)
    made.set(id, one)
    const slow = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform: async (chunk, controller) => {
        controller.enqueue(chunk)
        if (id === "0" && one.state.pulled > 4) await wait
      },
    })
    return new Response(one.body.pipeThrough(slow), json)
  })
  for (let at = 0; at < 10; at++) ask(String(at))
  await rest()
  await rest()
  const pulled = () => [...made.values()].reduce((sum, { state }) => sum + state.pulled, 0)
  const before = pulled()
  assert.ok(before < 40, String(before))
  go()
  while (messages().length < 10) await rest()
  assert.ok(messages().every(({ response }) => String(response).length === 8 * 1_048_576))
})

test("an answer that breaks off ends with an error that has its ids", async () => {
  const broken = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.error(new Error("cut")),
  })
  const { ask, messages } = talk(() => new Response(broken, json))
  ask("cut")
  await rest()
  const [message] = messages()
  assert.deepEqual([message?.type, message?.metadata["eventId"], message?.metadata["logId"]], [
    "universal.error",
    "cut",
    "log",
  ])
})

test("more than 100 at once are refused, and so is more than they may hold together", async () => {
  const { ask, messages, closed } = talk(() => new Promise(() => {}))
  const large = { query: "x".repeat(100_000_000) }
  ask("first", large)
  ask("second", large)
  for (let at = 2; at <= 101; at++) ask(at)
  await rest()
  assert.deepEqual(messages().map(({ metadata }) => metadata["eventId"]), ["second", 101])
  assert.match(messages()[0]?.error?.message ?? "", /larger than 134217728 bytes/)
  assert.match(messages()[1]?.error?.message ?? "", /More than 100 requests/)
  closed()
})

test("a message that is not a request is refused; a client that does not read the refusal is dropped", async () => {
  const { message, sent, closings, ask } = talk(() => new Response("{}", json), false)
  message(`{"type":"universal.create","request":{"eventId":"${"x".repeat(3000)}"}}`)
  for (let at = 0; at < 99; at++) message("hello")
  await rest()
  assert.deepEqual(closings, [])
  message(new Uint8Array(3))
  assert.deepEqual(closings, [[1008, "The client does not read"]])
  ask()
  await rest()
  assert.deepEqual(sent, [])
})

test("a socket that closes ends the requests running on it", async () => {
  const signals: Array<AbortSignal> = []
  const { ask, closed, sent } = talk(({ signal }) => {
    signals.push(signal)
    return new Response(
      new ReadableStream({
        start: (controller) => signal.addEventListener("abort", () => controller.error(new Error("left"))),
      }),
      json,
    )
  })
  ask("a")
  ask("b")
  await rest()
  closed()
  assert.ok(signals.length === 2 && signals.every(({ aborted }) => aborted))
  await rest()
  assert.deepEqual(sent, [])
})

test("when the gateway stops, a socket is closed as going away once its requests are answered", async () => {
  const idle = talk(() => new Response("{}", json))
  idle.end()
  assert.deepEqual(idle.closings, [[1001, "The gateway is stopping"]])

  let answer = (_: Response) => {}
  const busy = talk(() => new Promise((resolve) => answer = resolve))
  busy.ask("running")
  busy.end()
  busy.ask("late")
  await rest()
  assert.deepEqual(busy.closings, [])
  assert.deepEqual(busy.messages().map(({ type, metadata }) => [type, metadata["eventId"]]), [
    ["universal.error", "late"],
  ])
  answer(new Response("{}", json))
  await rest()
  assert.equal(busy.messages().at(-1)?.type, "universal.created")
  assert.deepEqual(busy.closings, [[1001, "The gateway is stopping"]])
})
