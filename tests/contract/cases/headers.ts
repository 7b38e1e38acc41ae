/** Which headers cross, in each direction. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { gunzipSync } from "node:zlib"
import { fault, type Harness, key } from "../harness.ts"

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

export const headerCases = (harness: Harness): void => {
  const echo = (headers: Record<string, string>) =>
    fetch(`${harness.base}/baseten/v1/echo`, { headers: { ...key, ...headers } })

  test("headers that Baseten uses are forwarded, the gateway's and hop-by-hop ones are not", async () => {
    const id = harness.nextCase()
    const up = {
      "x-session-affinity": "s1",
      "x-claude-code-session-id": "c1",
      "x-anything": "goes",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      tracestate: "a=b",
      accept: "text/plain",
      "user-agent": "client/1",
    }
    const response = await echo({
      ...up,
      "cf-aig-metadata": "{}",
      "cf-cache-ttl": "60",
      "cf-ray": "1",
      "x-forwarded-for": "10.0.0.1",
      "x-real-ip": "10.0.0.1",
      forwarded: "for=10.0.0.1",
      via: "1.1 other",
      cookie: "a=1",
      "proxy-authorization": "Basic eDp5",
      "x-simulator-case": id,
    })
    await response.text()
    const sent = harness.headersOf(id)
    for (const [name, value] of Object.entries(up)) assert.equal(sent.get(name), value, name)
    for (const name of sent.keys()) {
      assert.doesNotMatch(name, /^(cf-|x-forwarded|x-real-ip|forwarded|via|cookie|proxy-|te$|trailer)/)
    }
    assert.equal(sent.get("host"), new URL(harness.simulator.url).host)
    assert.equal(sent.get("accept-encoding"), "identity")
    assert.equal(sent.get("x-baseten-customer-request-id"), response.headers.get("cf-aig-request-id"))
  })

  test("hop-by-hop headers of an answer are dropped, end-to-end ones relayed", async () => {
    const response = await fetch(`${harness.base}/baseten/v1/models`, {
      headers: { ...key, ...fault({ hop_headers: true }) },
    })
    await response.text()
    for (const name of ["x-hop-secret", "proxy-authenticate", "alt-svc", "access-control-allow-origin"]) {
      assert.equal(response.headers.get(name), null, name)
    }
    assert.equal(response.headers.getSetCookie().length, 2)
    assert.ok(response.headers.has("x-baseten-request-id"))
    assert.match(response.headers.get("server-timing") ?? "", /upstream;dur=12\.3.*gateway;dur=[\d.]+/)
  })

  test("an answer carries the gateway's ids; the event id may be the caller's", async () => {
    const own = await echo({})
    await own.text()
    const [request, log, event] = ["request", "log", "event"].map((name) =>
      own.headers.get(`cf-aig-${name}-id`)
    )
    assert.match(request ?? "", uuidV7)
    assert.deepEqual([log, event, own.headers.get("cf-aig-step")], [request, request, "0"])
    assert.match(own.headers.get("server-timing") ?? "", /gateway;dur=[\d.]+/)
    const callers = await echo({ "cf-aig-event-id": "order-7" })
    await callers.text()
    assert.equal(callers.headers.get("cf-aig-event-id"), "order-7")
    assert.equal((await harness.recordOf(callers))["event_id"], "order-7")
  })

  test("a refusal has the ids as well", async () => {
    const response = await fetch(`${harness.base}/baseten/v1/models`)
    assert.equal(response.status, 401)
    assert.match(response.headers.get("cf-aig-request-id") ?? "", uuidV7)
    assert.equal((await harness.recordOf(response))["error_code"], 2009)
  })

  test("a body that Baseten compressed unasked arrives readable", async () => {
    const response = await fetch(`${harness.base}/baseten/v1/models`, {
      headers: { ...key, ...fault({ gzip: true }) },
    })
    assert.equal(response.headers.get("content-encoding"), null)
    assert.equal((await response.json() as { object: string }).object, "list")
  })

  test("a client that takes gzip gets bytes that match their headers", async () => {
    const { request } = await import("node:http")
    const { headers, bytes } = await new Promise<{
      headers: Record<string, unknown>
      bytes: Buffer<ArrayBuffer>
    }>((resolve, reject) => {
      const call = request(`${harness.base}/baseten/v1/models`, {
        headers: { ...key, ...fault({ gzip: true }), "accept-encoding": "gzip" },
      }, (answer) => {
        const chunks: Array<Uint8Array> = []
        answer.on("data", (chunk: Uint8Array) => chunks.push(chunk)).on("error", reject)
        answer.on("end", () => resolve({ headers: answer.headers, bytes: Buffer.concat(chunks) }))
      })
      call.on("error", reject).end()
    })
    const text = headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes
    assert.equal((JSON.parse(text.toString("utf8")) as { object: string }).object, "list")
    if (headers["content-length"] !== undefined) assert.equal(Number(headers["content-length"]), bytes.length)
  })

  test("a request that loops through the gateway is refused: 508", async () => {
    const id = harness.nextCase()
    const passed = await echo({ "x-basegate-hop": "3", "x-simulator-case": id })
    await passed.text()
    assert.deepEqual([passed.status, harness.headersOf(id).get("x-basegate-hop")], [200, "4"])
    const refused = await echo({ "x-basegate-hop": "4" })
    assert.equal(refused.status, 508)
    assert.equal((await refused.json() as { internalCode: number }).internalCode, 9508)
  })
}
