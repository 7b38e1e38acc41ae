import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { HeaderFields } from "../../lib/headers/header-fields.ts"
import { isForwarded, nextHop, requestHeaders } from "../../lib/headers/request-headers.ts"
import { anyHeaders, linesOf } from "./any-headers.ts"

const neverSent =
  /^(?:connection|keep-alive|proxy-(?:authenticate|authorization|connection)|te|trailer|transfer-encoding|upgrade|host|content-length|expect|cookie2?|origin|access-control-request-(?:method|headers|private-network)|forwarded(?:-for)?|via|(?:x-real|x-client|x-cluster-client|true-client|fastly-client|fly-client)-ip|x-forwarded|cdn-loop|x-original-forwarded-for|x-envoy-external-address|x-azure-(?:clientip|socketip)|referer|http2-settings|accept-encoding|cf-.*|x-forwarded-.*|sec-fetch-.*)$/s

/** The same by the runtime's own means, one header after the other. */
const plainly = (incoming: Headers, hop: number, requestId: string): Headers => {
  const named = (incoming.get("connection") ?? "").toLowerCase().split(",").map((name) => name.trim())
  const headers = new Headers()
  for (const [name, value] of incoming) {
    if (!neverSent.test(name) && !named.includes(name)) headers.append(name, value)
  }
  headers.set("accept-encoding", "identity")
  headers.set("x-basegate-hop", String(hop))
  if (!headers.has("x-baseten-customer-request-id")) headers.set("x-baseten-customer-request-id", requestId)
  return headers
}

test("requestHeaders() sends what the rules say, for any headers", () => {
  fc.assert(
    fc.property(anyHeaders, fc.integer({ min: 1, max: 4 }), (list, hop) => {
      const headers = new Headers()
      for (const [name, value] of list) headers.append(name, value)
      const expected = linesOf(plainly(headers, hop, "id"))
      for (const fields of [HeaderFields.of(headers), HeaderFields.from(headers)]) {
        assert.deepEqual(linesOf(requestHeaders(fields, hop, "id")), expected)
        assert.deepEqual(linesOf(fields), linesOf(headers))
      }
    }),
    { numRuns: 10_000 },
  )
})

test("requestHeaders() sends what its caller lets pass, and nothing that a Connection header names", () => {
  const fields = HeaderFields.from([
    ["connection", "X-One, keep-alive"],
    ["x-one", "1"],
    ["x-two", "2"],
    ["x-three", "3"],
    ["host", "h"],
  ])
  const sent = requestHeaders(fields, 1, "id", (name) => isForwarded(name) && name !== "x-three")
  assert.deepEqual(linesOf(sent), [
    "accept-encoding: identity",
    "x-basegate-hop: 1",
    "x-baseten-customer-request-id: id",
    "x-two: 2",
  ])
})

test("nextHop() counts gateways, and ends where there are too many", () => {
  const after = (value: string) => nextHop(new HeaderFields({ "x-basegate-hop": value }))
  assert.deepEqual(["0", "3", "4", "9999", "-1", "x", ""].map(after), [1, 4, undefined, undefined, 1, 1, 1])
  assert.equal(nextHop(new HeaderFields()), 1)
})
