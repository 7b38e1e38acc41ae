/** Baseten's WebSockets through the gateway: where they open, for whom, and what passes. */
import assert from "node:assert/strict"
import { Buffer } from "node:buffer"
import { test } from "node:test"
import { type Configured, eventually, type Harness, key } from "../harness.ts"
import { connect, refused, socketRecord } from "../socket-client.ts"
import { adminToken } from "./log-api.ts"

const policy = (action: string) => ({
  dlp: { enabled: true, policies: [{ id: "p", action, profiles: ["all"] }] },
  dlp_profiles: { all: { detectors: ["email"] } },
})
const guardrails = (action: string) => ({
  guardrails: { response: { S1: action } },
  guardrails_scanner: { model: "baseten/meta-llama/Llama-Guard-3-8B" },
})

/** What these cases need configured. */
export const basetenSocketEntries = (): Configured => ({
  entries: {
    "sockets-guarded": {
      tokens: [
        "sockets-token",
        { name: "ann", token: "sockets-ann", models: ["baseten/abcd1234"] },
        { name: "old", token: "sockets-old", expires: "2020-01-01" },
      ],
    },
    "sockets-rated": { rate_limiting_interval: 3600, rate_limiting_limit: 1 },
    "sockets-few": { websocket_limit: 2 },
    "sockets-masked": policy("MASK"),
    "sockets-flagged": { ...policy("FLAG"), ...guardrails("FLAG") },
    "sockets-judged": guardrails("BLOCK"),
    "sockets-idle": { idle_timeout: 400 },
    "sockets-brief": { total_timeout: 700 },
    "sockets-hasty": { dedicated_headers_timeout: 400 },
  },
})

const model = "/baseten/model/abcd1234"

export const basetenSocketCases = (harness: Harness): void => {
  test("sockets open at Baseten's paths, of models, chains and containers", async () => {
    const paths = {
      "model/abcd1234/websocket": "/_model/abcd1234/environments/production/websocket",
      "model/abcd1234/environments/staging/websocket": "/_model/abcd1234/environments/staging/websocket",
      "model/abcd1234/development/websocket": "/_model/abcd1234/development/websocket",
      "model/abcd1234/deployment/dep4567/websocket?a=1": "/_model/abcd1234/deployment/dep4567/websocket",
      "model/abcd1234/sync/v1/realtime": "/_model/abcd1234/sync/v1/realtime",
      "model/abcd1234/environments/production/sync/v1/websocket":
        "/_model/abcd1234/environments/production/sync/v1/websocket",
      "chain/chain123/websocket": "/_chain/chain123/environments/production/websocket",
      "chain/chain123/development/websocket": "/_chain/chain123/development/websocket",
    }
    for (const [path, reached] of Object.entries(paths)) {
      const id = harness.nextCase()
      const { socket, until, end } = await connect(`${harness.base}/baseten/${path}`, { id })
      socket.send("there")
      await until(1)
      socket.close(1000)
      await end()
      const request = harness.reached(id)
      assert.deepEqual([request.path, request.query], [reached, path.split("?")[1] ?? ""])
      assert.equal(request.headers.authorization, "Bearer sk-own")
    }
  })

  test("text and binary messages pass both ways unchanged, and leave one record", async () => {
    const id = harness.nextCase()
    const opening = { id, headers: { ...key, "cf-aig-event-id": id, "cf-aig-metadata": '{"user":7}' } }
    const { socket, messages, until, end, headers } = await connect(
      `${harness.base}${model}/websocket`,
      opening,
    )
    const sent = ["héllo 世界 🌍", "", Buffer.alloc(70_000, 1), "x".repeat(130), Buffer.alloc(3_000_000, 2)]
    for (const message of sent) socket.send(message)
    await until(sent.length)
    assert.deepEqual(messages, sent.map((message) => typeof message === "string" ? message : message.length))
    socket.close(4001, "done")
    assert.deepEqual(await end(), [4001, "done"])
    const record = await socketRecord(harness, id)
    const bytes = 18 + 70_000 + 130 + 3_000_000
    assert.deepEqual(
      ["request_type", "route", "status", "upstream_status", "ending", "error", "frames_in", "frames_out"]
        .map((name) => record[name]),
      ["websocket", "websocket", 101, 101, "complete", null, 5, 5],
    )
    assert.deepEqual([record["request_bytes"], record["response_bytes"]], [bytes, bytes])
    assert.deepEqual([record["deployment"], record["key"], record["cost"]], ["abcd1234", "caller", null])
    assert.deepEqual(record["metadata"], { user: 7 })
    assert.ok(Number(record["total_ms"]) > 0)
    await eventually("the provider hears it", () => harness.reached(id).socket?.closing !== null)
    assert.deepEqual(harness.reached(id).socket?.closing, { code: 4001, reason: "done" })
    if (harness.flags.namesSockets) assert.equal(headers()["cf-aig-log-id"], record["request_id"])
  })

  test("a socket has an entry in the log", async () => {
    const { socket, end } = await connect(`${harness.entry("plain")}${model}/websocket`, { headers: {} })
    socket.close(1000)
    await end()
    const filters = "filters=" +
      encodeURIComponent('[{"key":"request_type","operator":"eq","value":["websocket"]}]')
    const logs = `client/v4/accounts/account/ai-gateway/gateways/plain/logs?${filters}`
    const list = async () => {
      const headers = { authorization: `Bearer ${adminToken}` }
      const response = await fetch(`${harness.configured.url}/${logs}`, { headers })
      return (await response.json() as { result: ReadonlyArray<Record<string, unknown>> }).result
    }
    let entries = await list()
    for (let tries = 0; entries.length === 0 && tries < 50; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      entries = await list()
    }
    const [entry] = entries
    assert.deepEqual([entry?.["request_type"], entry?.["success"], entry?.["status_code"]], [
      "websocket",
      true,
      101,
    ])
    assert.deepEqual([entry?.["frames_in"], entry?.["frames_out"]], [0, 0])
  })

  test("the provider's close frame reaches the client unchanged", async () => {
    for (
      const [code, reason] of [[1000, "over"], [1001, ""], [1011, "boom"], [1013, "later"], [
        4999,
        "mine",
      ]] as const
    ) {
      const id = harness.nextCase()
      const script = { close: code, reason, after: 1 }
      const opening = { id, script, headers: { ...key, "cf-aig-event-id": id } }
      const { socket, end, messages } = await connect(`${harness.base}${model}/websocket`, opening)
      socket.send("last")
      assert.deepEqual(await end(), [code, reason])
      assert.deepEqual(messages, ["last"])
      const { ending, error } = await socketRecord(harness, id)
      const complaint = code === 1011 || code === 1013 ? `closed with ${code}: ${reason}` : null
      assert.deepEqual([ending, error], ["complete", complaint])
    }
    const { end } = await connect(`${harness.base}${model}/websocket`, { script: { close: 0 } })
    assert.equal((await end())[0], harness.flags.closesWithoutCode ? 1005 : 1000)
  })

  test("if a connection breaks off, the other side ends without a clean close", async () => {
    for (const cut of ["fin", "reset", "within_frame"]) {
      const id = harness.nextCase()
      const script = { cut, after: 1 }
      const opening = { id, script, headers: { ...key, "cf-aig-event-id": id } }
      const { socket, end } = await connect(`${harness.base}${model}/websocket`, opening)
      socket.send("x")
      const [code] = await end()
      assert.equal(code, cut === "within_frame" && harness.flags.relaysFrames ? 1006 : 1014)
      assert.equal((await socketRecord(harness, id))["ending"], "upstream_cut")
    }
    const id = harness.nextCase()
    const opening = { id, headers: { ...key, "cf-aig-event-id": id } }
    const { socket, until } = await connect(`${harness.base}${model}/websocket`, opening)
    socket.send("x")
    await until(1)
    socket.terminate()
    await eventually("the provider's side ends", () => harness.reached(id).outcome !== "open")
    assert.equal(harness.reached(id).socket?.closing?.code, 1001)
    assert.equal((await socketRecord(harness, id))["ending"], "client_left")
  })

  test("a refusal has Baseten's own status and body, or the gateway's", async () => {
    const url = `${harness.base}${model}/websocket`
    const wrong = await refused(url, { headers: { authorization: "Bearer wrong" } })
    assert.equal(wrong.status, 401)
    assert.equal((JSON.parse(wrong.body) as { error_code: string }).error_code, "unauthorized")
    const id = harness.nextCase()
    const script = { refuse: 429, body: '{"error":"slow down"}', headers: { "retry-after": "7" } }
    const busy = await refused(url, { id, script, headers: { ...key, "cf-aig-event-id": id } })
    assert.deepEqual([busy.status, busy.body, busy.headers["retry-after"]], [
      429,
      '{"error":"slow down"}',
      "7",
    ])
    const record = await socketRecord(harness, id)
    assert.deepEqual([record["status"], record["route"], record["ending"]], [429, "websocket", "complete"])
    for (const handshake of ["cut", "wrong_accept", "unasked_protocol", "unasked_extension"]) {
      assert.equal((await refused(url, { script: { handshake } })).status, 502, handshake)
    }
    assert.equal((await refused(url, { headers: {} })).status, 401)
    assert.equal((await refused(`${harness.base}/baseten/v1/models`)).status, 400)
    assert.equal((await refused(`${harness.base}${model}/production/predict`)).status, 400)
    assert.equal((await refused(`${harness.base}/baseten/model/no/websocket`)).status, 400)
    for (const path of ["/websocket", "/environments/production/websocket"]) {
      const plain = await fetch(`${harness.base}${model}${path}`, { headers: key })
      assert.equal(plain.status, 426)
      await plain.text()
    }
  })

  test("a handshake waits for a cold start, up to its timeout", async () => {
    const { socket, end } = await connect(`${harness.base}${model}/websocket`, { script: { hold_ms: 700 } })
    socket.close(1000)
    assert.equal((await end())[0], 1000)
    const script = { handshake: "silent" }
    const late = await refused(`${harness.entry("sockets-hasty")}${model}/websocket`, { script })
    assert.equal(late.status, 504)
    const asked = await refused(`${harness.base}${model}/websocket`, {
      script,
      headers: { ...key, "cf-aig-request-timeout": "300" },
    })
    assert.equal(asked.status, 504)
  })

  test("a client that leaves during the handshake ends it at the provider", async () => {
    if (!harness.flags.noticesSilentLeave) return
    const id = harness.nextCase()
    const opening = connect(`${harness.base}${model}/websocket`, { id, script: { handshake: "silent" } })
    // Its socket is not handed out before it is open.
    const { WebSocket } = await import("ws")
    opening.catch(() => {})
    const other = harness.nextCase()
    const socket = new WebSocket(`${harness.base.replace("http", "ws")}${model}/websocket`, {
      headers: { ...key, "x-simulator-case": other, "x-simulator-socket": '{"handshake":"silent"}' },
    })
    socket.on("error", () => {})
    await eventually("it reaches the provider", () => harness.simulator.requests(other).length === 1)
    socket.terminate()
    await eventually("it ends there", () => harness.simulator.requests(other)[0]?.outcome !== "open")
  })

  test("a gateway token authenticates, in a header or as a subprotocol, and is never forwarded", async () => {
    const url = `${harness.entry("sockets-guarded")}${model}/websocket`
    const none = await refused(url, { headers: {} })
    assert.equal(none.status, 401)
    assert.equal((JSON.parse(none.body) as { internalCode: number }).internalCode, 2009)
    assert.equal((await refused(url, { headers: {}, protocols: ["cf-aig-authorization.wrong"] })).status, 401)
    assert.match(
      (await refused(url, { headers: {}, protocols: ["cf-aig-authorization.sockets-old"] })).body,
      /expired/,
    )
    const token = "cf-aig-authorization.sockets-token"
    const cases = [
      {
        opening: { headers: { "cf-aig-authorization": "Bearer sockets-token" } },
        protocol: "",
        up: undefined,
      },
      { opening: { headers: {}, protocols: [token] }, protocol: token, up: undefined },
      { opening: { headers: {}, protocols: [token, "chat", "other"] }, protocol: "chat", up: "chat, other" },
      { opening: { headers: {}, protocols: ["chat", token] }, protocol: "chat", up: "chat" },
    ]
    for (const { opening, protocol, up } of cases) {
      const id = harness.nextCase()
      const { socket, end } = await connect(url, { ...opening, id })
      assert.equal(socket.protocol, protocol)
      socket.close()
      await end()
      const { headers } = harness.reached(id)
      assert.equal(headers.authorization, "Bearer sk-stored")
      assert.equal(headers["sec-websocket-protocol"], up)
      assert.doesNotMatch(JSON.stringify(headers), /sockets-token/)
    }
  })

  test("the caller's own key is forwarded, also from a subprotocol", async () => {
    const id = harness.nextCase()
    const protocols = ["cf-aig-authorization.sockets-token", "authorization.sk-mine", "pcm"]
    const { socket, end } = await connect(`${harness.entry("sockets-guarded")}${model}/websocket`, {
      headers: {},
      protocols,
      id,
    })
    assert.equal(socket.protocol, "pcm")
    socket.close()
    await end()
    assert.equal(harness.reached(id).headers.authorization, "Bearer sk-mine")
  })

  test("a token's models and rates, and the limit of open sockets, apply at the handshake", async () => {
    const ann = { "cf-aig-authorization": "Bearer sockets-ann" }
    const guarded = harness.entry("sockets-guarded")
    assert.equal((await refused(`${guarded}/baseten/model/efgh5678/websocket`, { headers: ann })).status, 403)
    const allowed = await connect(`${guarded}${model}/websocket`, { headers: ann })
    allowed.socket.close()
    await allowed.end()
    const rated = `${harness.entry("sockets-rated")}${model}/websocket`
    const first = await connect(rated)
    const second = await refused(rated)
    assert.equal(second.status, 429)
    assert.equal((JSON.parse(second.body) as { internalCode: number }).internalCode, 2003)
    first.socket.close()
    await first.end()
    const few = `${harness.entry("sockets-few")}${model}/websocket`
    const open = [await connect(few), await connect(few)]
    const third = await refused(few)
    assert.deepEqual([third.status, third.headers["retry-after"]], [429, "10"])
    for (const { socket, end } of open) {
      socket.close()
      await end()
    }
    let again: Awaited<ReturnType<typeof connect>> | undefined
    for (let tries = 0; again === undefined && tries < 100; tries++) {
      again = await connect(few).catch(() => undefined)
    }
    assert.ok(again !== undefined)
    again.socket.close()
    await again.end()
  })

  test("pages of other origins need a key of their own", async () => {
    const url = `${harness.entry("plain")}${model}/websocket`
    const foreign = { origin: "https://evil.example" }
    const no = await refused(url, { headers: foreign })
    assert.equal(no.status, 403)
    assert.equal((JSON.parse(no.body) as { internalCode: number }).internalCode, 9403)
    for (
      const headers of [
        { ...foreign, ...key },
        { origin: "https://app.example" },
        { origin: harness.configured.url },
      ]
    ) {
      const { socket, end } = await connect(url, { headers })
      socket.close()
      await end()
    }
    const token = { "cf-aig-authorization": "Bearer sockets-token", ...foreign }
    assert.equal(
      (await refused(`${harness.entry("sockets-guarded")}${model}/websocket`, { headers: token })).status,
      403,
    )
  })

  test("policies that block or mask refuse sockets; those that only flag report that", async () => {
    for (const gateway of ["sockets-masked", "sockets-judged"]) {
      const id = harness.nextCase()
      const refusal = await refused(`${harness.entry(gateway)}${model}/websocket`, { id })
      assert.equal(refusal.status, 403)
      assert.match(refusal.body, /policies that block or mask/)
      assert.equal(harness.simulator.requests(id).length, 0)
    }
    const id = harness.nextCase()
    const opening = { id, headers: { ...key, "cf-aig-event-id": id } }
    const { socket, end } = await connect(`${harness.entry("sockets-flagged")}${model}/websocket`, opening)
    socket.close(1000)
    await end()
    const { guardrails } = await socketRecord(harness, id)
    assert.deepEqual(guardrails, [{ phase: "response", category: null, action: "unavailable" }])
  })

  test("back-pressure: what a client does not read is not read from the provider", async () => {
    if (!harness.flags.tellsWhatWaits) return
    const id = harness.nextCase()
    const opening = { id, script: { flood: 60, size: 1_000_000 } }
    const { socket, until, end } = await connect(`${harness.base}${model}/websocket`, opening)
    socket.pause()
    const sent = () => harness.simulator.requests(id)[0]?.bytes_sent ?? 0
    let before = -1
    for (let still = 0; still < 6; still = sent() === before ? still + 1 : 0) {
      before = sent()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    assert.ok(before < 40_000_000, `${before} of 60 MB were pulled`)
    socket.resume()
    await until(60)
    socket.close(1000)
    assert.equal((await end())[0], 1000)
  })

  test("what the provider does not read is not read from the client, or ends the socket", async () => {
    // Nothing tells what waits there.
    if (!harness.flags.tellsWhatWaits) return
    const { holdsSocketClients } = harness.flags
    const id = harness.nextCase()
    const opening = { id, script: { deaf: true }, headers: { ...key, "cf-aig-event-id": id } }
    // A client that is held back sends nothing more: that it waits, or has gone, ends as silence.
    const gateway = holdsSocketClients ? harness.entry("sockets-idle") : harness.base
    const { socket, end } = await connect(`${gateway}${model}/websocket`, opening)
    const message = Buffer.alloc(1_000_000, 3)
    for (let sent = 0; sent < 60; sent++) socket.send(message)
    const { ending, request_bytes: taken } = await socketRecord(harness, id)
    assert.equal(ending, holdsSocketClients ? "idle" : "upstream_cut")
    assert.ok(Number(taken) < 50_000_000, `${taken} of 60 MB were taken`)
    if (!holdsSocketClients) {
      // A connection that is closed while its client goes on sending may break off before the client has read why.
      const [code] = await end()
      assert.ok(code === 1008 || code === 1006, `${code}`)
    }
    socket.terminate()
  })

  test("frames of all kinds, written by hand", async () => {
    const { masked, openRaw } = await import("../raw-socket.ts")
    const raw = await openRaw(`${harness.base}${model}/websocket`, key)
    const parts = [masked(0x01, "hé"), masked(0x89, "are you there"), masked(0x00, ""), masked(0x80, "llo")]
    for (const part of parts) raw.write(part)
    await eventually("the pong and the echo come", () => raw.frames().length >= 2)
    const pongs = raw.frames().filter(({ opcode }) => opcode === 10)
    assert.deepEqual(pongs.map(({ payload }) => payload), ["are you there"])
    const texts = raw.frames().filter(({ opcode }) => opcode < 8).map(({ payload }) => payload)
    await eventually(
      "the whole text comes",
      () =>
        raw.frames().filter(({ opcode }) => opcode < 8).map(({ payload }) => payload).join("") === "héllo",
    )
    assert.ok(texts.length > 0)
    raw.write(masked(0x88, "\x03\xe8"))
    await eventually("the close frame comes back", () => raw.frames().some(({ opcode }) => opcode === 8))
    raw.close()
    // Deno (2.9) takes frames that are not masked; every runtime refuses reserved bits.
    const id = harness.nextCase()
    const bad = await openRaw(`${harness.base}${model}/websocket`, { ...key, "x-simulator-case": id })
    bad.write("\xc1\x80\0\0\0\0")
    await eventually("it ends", () => bad.hasEnded())
    await eventually("the provider's side ends", () => harness.reached(id).outcome !== "open")
    assert.equal(harness.reached(id).socket?.messages, 0)
  })

  test("a provider that violates the protocol is recorded as having broken off", async () => {
    // workerd reads frames itself: it takes some of these for sound, and tells of others late.
    const codes = ["\x88\x02\x03\xe7", "\x88\x02\x03\xec", "\x88\x02\x13\x88"]
    const frames = harness.runtime === "workerd" ? codes : ["\x83\0", "\x09\0", "\x88\x01\x03", ...codes]
    for (const raw of frames) {
      const id = harness.nextCase()
      const headers = { ...key, "cf-aig-event-id": id, "x-simulator-socket": JSON.stringify({ raw }) }
      const { end } = await connect(`${harness.base}${model}/websocket`, { id, headers })
      assert.equal((await end())[0], 1014, JSON.stringify(raw))
      assert.equal((await socketRecord(harness, id))["ending"], "upstream_cut")
    }
  })

  test("a silent socket, and one that lasts too long, are closed as going away", async () => {
    for (const [gateway, ending] of [["sockets-idle", "idle"], ["sockets-brief", "total_timeout"]] as const) {
      const id = harness.nextCase()
      const { end, socket } = await connect(`${harness.entry(gateway)}${model}/websocket`, {
        id,
        headers: { ...key, "cf-aig-event-id": id },
      })
      const chatter = ending === "idle" ? undefined : setInterval(() => socket.send("x"), 50)
      const [code] = await end()
      clearInterval(chatter)
      assert.equal(code, 1001)
      assert.equal((await socketRecord(harness, id))["ending"], ending)
      await eventually("the provider hears it", () => harness.reached(id).outcome !== "open")
      assert.equal(harness.reached(id).socket?.closing?.code, 1001)
    }
  })
}
