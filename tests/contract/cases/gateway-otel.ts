/** Collectors of single gateways: each gets the spans of its own, in JSON or protobuf. */
import { Buffer } from "node:buffer"
import assert from "node:assert/strict"
import { createServer } from "node:http"
import { test } from "node:test"
import { messagesAt, textAt } from "../../support/read-protobuf.ts"
import { itemsOf, type OtlpSpan } from "../../telemetry/otlp/reader.ts"
import { chat, type Configured, eventually, type Harness, json } from "../harness.ts"
import { adminToken } from "./log-api.ts"

interface Export {
  readonly type: string | undefined
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly body: Buffer
}

/** A collector for each path. It listens at once, and does not keep the tests from ending. */
const openCollectors = () => {
  const exports = new Map<string, Array<Export>>()
  const server = createServer(({ url = "", headers }, response) => {
    const chunks: Array<Uint8Array> = []
    response.req.on("data", (chunk: Uint8Array) => chunks.push(chunk))
    response.req.on("end", () => {
      const all = exports.get(url) ?? []
      exports.set(url, all)
      all.push({ type: headers["content-type"], headers, body: Buffer.concat(chunks) })
      response.writeHead(url === "/broken" ? 400 : 200).end()
    })
  })
  server.listen(0).unref()
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : assert.fail("no port")
  return { url: `http://127.0.0.1:${port}`, exports: (path: string) => exports.get(path) ?? [] }
}

let collectors: ReturnType<typeof openCollectors>

/** What these cases need configured. */
export const gatewayOtelEntries = (): Configured => {
  collectors = openCollectors()
  const { url } = collectors
  return {
    entries: {
      "otel-json": {
        otel: [
          {
            url: `${url}/json`,
            headers: { "x-team": "one", "x-api-key": "env:KEY_OF_GATEWAY_OTEL" },
            authorization: "env:AUTHORIZATION_OF_GATEWAY_OTEL",
          },
          { url: `${url}/broken` },
        ],
      },
      "otel-protobuf": { otel: [{ url: `${url}/protobuf`, content_type: "protobuf" }] },
    },
    variables: {
      KEY_OF_GATEWAY_OTEL: "key-of-gateway-otel-1",
      AUTHORIZATION_OF_GATEWAY_OTEL: "Basic b3RlbDpvZi1hLWNvbGxlY3Rvci0x",
    },
  }
}

export const gatewayOtelCases = (harness: Harness): void => {
  const call = async (entry: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${harness.entry(entry)}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, "x-simulator-case": harness.nextCase(), ...headers },
      body: chat(),
    })
    await response.text()
    assert.equal(response.status, 200)
    return response
  }

  test("a gateway's collector gets the spans of its calls, and of no other gateway's", async () => {
    await call("otel-protobuf")
    await call("plain")
    const trace = "0af7651916cd43dd8448eb211c80319c"
    const response = await call("otel-json", {
      traceparent: `00-${trace}-b7ad6b7169203331-01`,
      "cf-aig-metadata": '{"team":"search"}',
    })
    await eventually("an export", () => collectors.exports("/json").length > 0, 15_000)
    const spans = collectors.exports("/json").flatMap(({ body }) =>
      itemsOf<OtlpSpan>(body.toString("utf8"), "Spans", "spans")
    )
    assert.equal(spans.length, 2)
    assert.ok(spans.every(({ traceId }) => traceId === trace))
    const attributes = new Map(
      spans.flatMap(({ attributes }) => attributes).map(({ key, value }) => [key, Object.values(value)[0]]),
    )
    assert.equal(attributes.get("basegate.request.id"), response.headers.get("cf-aig-request-id"))
    assert.equal(attributes.get("gen_ai.model.provider"), "baseten")
    assert.equal(attributes.get("team"), "search")
    const [{ type, headers }] = collectors.exports("/json") as [Export]
    assert.deepEqual(
      [type, headers["x-team"], headers["x-api-key"], headers["authorization"]],
      ["application/json", "one", "key-of-gateway-otel-1", "Basic b3RlbDpvZi1hLWNvbGxlY3Rvci0x"],
    )
    // A collector that refuses is no reason to keep anything from another, or from the caller.
    await eventually("a refused export", () => collectors.exports("/broken").length > 0, 15_000)
  })

  test("it gets them in protobuf if configured", async () => {
    await eventually("an export", () => collectors.exports("/protobuf").length > 0, 15_000)
    const [{ type, body }] = collectors.exports("/protobuf") as [Export]
    assert.equal(type, "application/x-protobuf")
    assert.equal(messagesAt(body, 1, 2, 2).length, 2)
    assert.match(textAt(body, 1, 2, 2, 5), /POST/)
  })

  test("the management API shows collectors without the values of their headers", async () => {
    const url = `${harness.configured.url}/client/v4/accounts/account/ai-gateway/gateways/otel-json`
    const response = await fetch(url, { headers: { authorization: `Bearer ${adminToken}` } })
    const text = await response.text()
    assert.match(text, /"otel":\[\{"url":"http:\/\/127/)
    assert.doesNotMatch(text, /key-of-gateway|b3RlbDpn/)
  })
}
