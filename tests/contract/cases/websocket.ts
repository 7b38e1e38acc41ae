/** Universal requests over a WebSocket, where the host can upgrade. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { WebSocket } from "undici"
import { chat, type Configured, eventually, fault, type Harness, key } from "../harness.ts"
import { adminToken } from "./log-api.ts"

/** What these cases need configured. */
export const webSocketEntries = (): Configured => ({
  entries: { socket: { tokens: ["socket-token"] }, "socket-logged": {} },
})

interface Frame {
  readonly type: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly response?: unknown
  readonly error?: { readonly message: string }
}

const create = (eventId: string, members: object = {}, query: string = chat()) =>
  `{"type":"universal.create","request":{"eventId":"${eventId}","provider":"baseten",` +
  `"endpoint":"v1/chat/completions","headers":${JSON.stringify({ ...key, ...members })},"query":${query}}}`

/** A socket to a gateway, and the frames that have come. */
const open = async (
  url: string,
  options: { headers?: Record<string, string>; protocols?: Array<string> } = {},
) => {
  const socket = new WebSocket(url.replace("http", "ws"), options)
  const frames: Array<Frame> = []
  socket.addEventListener("message", ({ data }) => void frames.push(JSON.parse(String(data)) as Frame))
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve())
    socket.addEventListener("error", () => reject(new Error("The handshake was refused")))
  })
  const until = (type: string, eventId: string) => {
    const find = () => frames.find((frame) => frame.type === type && frame.metadata["eventId"] === eventId)
    return eventually(`${type} of ${eventId}`, () => find() !== undefined, 15_000).then(() => find() as Frame)
  }
  return { socket, frames, until }
}

export const webSocketCases = (harness: Harness): void => {
  test("a GET of the universal endpoint that is not a handshake is 426", async () => {
    for (const slash of ["", "/"]) {
      const response = await fetch(harness.base + slash, { headers: key })
      assert.equal(response.status, 426)
      assert.equal((await response.json() as { internalCode: number }).internalCode, 9426)
    }
  })

  test("a plain answer is one frame, with the ids and the step", async () => {
    const id = harness.nextCase()
    const { socket, until } = await open(harness.base)
    socket.send(
      create("one", { "x-simulator-case": id }, chat({ seed: 0 }).replace('"seed":0', '"seed":1.10')),
    )
    const { metadata, response } = await until("universal.created", "one")
    assert.equal((response as { object: string }).object, "chat.completion")
    assert.match(String(metadata["logId"]), /^[0-9a-f-]{36}$/)
    assert.deepEqual([metadata["step"], metadata["status"], metadata["cacheStatus"]], ["0", 200, null])
    assert.match(String(metadata["contentType"]), /^application\/json/)
    assert.match(harness.reached(id).body_text ?? "", /"seed":1\.10/)
    socket.close()
  })

  test("a stream is a first frame, one for each event, and a last one; two at once are distinguished", async () => {
    const { socket, frames, until } = await open(`${harness.base}/`)
    for (const eventId of ["a", "b"]) {
      socket.send(create(eventId, fault({ drip_ms: 10, events: 5, split_bytes: 3 }), chat({ stream: true })))
    }
    for (const eventId of ["a", "b"]) {
      await until("universal.done", eventId)
      const own = frames.filter(({ metadata }) => metadata["eventId"] === eventId)
      assert.deepEqual([own[0]?.type, own.at(-1)?.type], ["universal.created", "universal.done"])
      assert.deepEqual(own[0]?.metadata, own.at(-1)?.metadata)
      const chunks = own.filter(({ type }) => type === "universal.stream")
      // A first one with the role, three of thought, five of text, and the finish.
      assert.equal(chunks.length, 10)
      assert.equal((chunks[0]?.response as { object: string }).object, "chat.completion.chunk")
    }
    socket.close()
  })

  test("an answer's form follows from its first bytes, whatever its label", async () => {
    const { socket, frames, until } = await open(harness.base)
    const chunk = '{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}'
    const told = async (eventId: string, how: object) => {
      socket.send(create(eventId, fault({ status: 200, ...how }), chat({ stream: true })))
      await until("universal.done", eventId)
      return frames.filter(({ metadata }) => metadata["eventId"] === eventId)
        .map(({ type, response }) => [type, response])
    }
    const expected = (response: unknown) => [
      ["universal.created", undefined],
      ["universal.stream", response],
      ["universal.done", undefined],
    ]
    const stream = `data: ${chunk}\n\ndata: [DONE]\n\n`
    for (const content_type of ["application/json", "text/plain", "text/event-stream"]) {
      assert.deepEqual(
        await told(content_type, { content_type, body: stream }),
        expected(JSON.parse(chunk)),
        content_type,
      )
    }
    const error = { error: { message: "no such model" } }
    const said = await told("error", { content_type: "text/event-stream", body: JSON.stringify(error) })
    assert.deepEqual(said, expected(error))
    socket.close()
  })

  test("errors of the provider and of the gateway are answers", async () => {
    const { socket, until } = await open(harness.base)
    socket.send(create("busy", fault({ status: 529, body: { error: "no capacity" } })))
    const busy = await until("universal.created", "busy")
    assert.deepEqual([busy.metadata["status"], busy.response], [529, { error: "no capacity" }])
    socket.send(create("odd").replace('"provider":"baseten"', '"provider":"nobody"'))
    const odd = await until("universal.created", "odd")
    assert.deepEqual([odd.metadata["status"], (odd.response as { internalCode: number }).internalCode], [
      400,
      2008,
    ])
    socket.close()
  })

  test("answers carry the eventId of their request, whatever it is and whatever its headers say", async () => {
    const { socket, frames } = await open(harness.base)
    const ids = ["order 7", "Zoë 世界", "x".repeat(300), "", 7]
    for (const [index, eventId] of ids.entries()) {
      const members = { "cf-aig-event-id": "other" }
      const query = chat({ stream: index === 0 })
      socket.send(create("id", members, query).replace('"id"', JSON.stringify(eventId)))
    }
    const told = () => frames.filter(({ type }) => type === "universal.created")
    await eventually("each is answered", () => told().length === ids.length, 15_000)
    assert.deepEqual(new Set(frames.map(({ metadata }) => metadata["eventId"])), new Set(ids))
    socket.close()
  })

  test("a message that is not universal.create gets an error, and the socket stays open", async () => {
    const { socket, frames, until } = await open(harness.base)
    for (const message of ["hello", "{}", '{"type":"universal.create"}', new Uint8Array(3)]) {
      socket.send(message)
    }
    await eventually("each is answered", () => frames.length === 4)
    assert.ok(frames.every(({ type, error }) => type === "universal.error" && error !== undefined))
    socket.send(create("after"))
    await until("universal.created", "after")
    socket.close()
  })

  test("a gateway with authentication accepts a token in a header or, from browsers, as a subprotocol", async () => {
    const url = harness.entry("socket")
    await assert.rejects(open(url))
    await assert.rejects(open(url, { headers: { "cf-aig-authorization": "Bearer wrong" } }))
    const accepted = [
      { headers: { "cf-aig-authorization": "Bearer socket-token" } },
      { protocols: ["cf-aig-authorization.socket-token"] },
      { protocols: ["cf-aig-authorization.socket-token", "chat"] },
    ]
    for (const options of accepted) {
      const id = harness.nextCase()
      const { socket, until } = await open(url, options)
      assert.equal(socket.protocol, options.protocols?.at(-1) ?? "")
      socket.send(create("in", { authorization: "", "x-simulator-case": id }))
      await until("universal.created", "in")
      assert.equal(harness.headersOf(id).get("authorization"), "Bearer sk-stored")
      assert.doesNotMatch(JSON.stringify([...harness.headersOf(id)]), /socket-token/)
      socket.close()
    }
  })

  test("the log has an entry for each call, and none for the handshake", async () => {
    const { socket, until } = await open(harness.entry("socket-logged"))
    socket.send(create("logged"))
    await until("universal.created", "logged")
    socket.close()
    const logs = "client/v4/accounts/account/ai-gateway/gateways/socket-logged/logs"
    const response = await fetch(`${harness.configured.url}/${logs}`, {
      headers: { authorization: `Bearer ${adminToken}` },
    })
    const { result } = await response.json() as { result: ReadonlyArray<{ event_id: string }> }
    assert.deepEqual(result.map(({ event_id }) => event_id), ["logged"])
  })

  test("a client that closes its socket ends its running calls", async () => {
    const id = harness.nextCase()
    const { socket } = await open(harness.base)
    socket.send(
      create(
        "long",
        { ...fault({ drip_ms: 20, events: 1000 }), "x-simulator-case": id },
        chat({ stream: true }),
      ),
    )
    socket.send(create("hang", { ...fault({ hang: "headers" }), "x-simulator-case": id }))
    await eventually("both reach Baseten", () => harness.simulator.requests(id).length === 2)
    socket.close()
    await eventually(
      "both are ended",
      () => harness.simulator.requests(id).every(({ outcome }) => outcome === "client_closed"),
    )
  })
}
