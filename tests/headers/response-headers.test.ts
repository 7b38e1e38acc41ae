import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { HeaderFields } from "../../lib/headers/header-fields.ts"
import { isRedirect, responseHeaders } from "../../lib/headers/response-headers.ts"
import { anyHeaders, linesOf } from "./any-headers.ts"

const neverReturned =
  /^(?:connection|keep-alive|proxy-(?:authenticate|authorization|connection)|te|trailer|transfer-encoding|upgrade|alt-svc|refresh|access-control-.*|cf-aig-.*)$/s

/** The same by the runtime's own means, one header after the other. */
const plainly = (incoming: Headers, status: number, decoded: ReadonlySet<string>): Headers => {
  const named = (incoming.get("connection") ?? "").toLowerCase().split(",").map((name) => name.trim())
  const undone = decoded.has((incoming.get("content-encoding") ?? "").trim())
  const headers = new Headers()
  for (const [name, value] of incoming) {
    if (neverReturned.test(name) || named.includes(name)) continue
    if (undone && (name === "content-encoding" || name === "content-length")) continue
    if (name === "location" && status === 304) continue
    headers.append(name, value)
  }
  if (status === 204 || incoming.has("transfer-encoding")) headers.delete("content-length")
  if (status === 205 && headers.has("content-length")) headers.set("content-length", "0")
  return headers
}

test("responseHeaders() returns what the rules say, for any headers", () => {
  const status = fc.constantFrom(200, 201, 204, 205, 301, 304, 404, 500)
  const decoded = fc.constantFrom(new Set<string>(), new Set(["gzip", "br"]), new Set(["gzip", "GZIP"]))
  fc.assert(
    fc.property(anyHeaders, status, decoded, (list, status, decoded) => {
      const headers = new Headers()
      for (const [name, value] of list) headers.append(name, value)
      const expected = linesOf(plainly(headers, status, decoded))
      for (const given of [headers, HeaderFields.from(headers)]) {
        assert.deepEqual(linesOf(responseHeaders({ status, headers: given }, decoded)), expected)
        assert.deepEqual(linesOf(given), linesOf(headers))
      }
    }),
    { numRuns: 10_000 },
  )
})

test("isRedirect() is any 3xx with a Location, but a 304", () => {
  const headers = new HeaderFields({ location: "https://elsewhere.test/" })
  const all = [200, 300, 302, 304, 308, 399, 400]
  assert.deepEqual(all.filter((status) => isRedirect({ status, headers })), [300, 302, 308, 399])
  assert.equal(isRedirect({ status: 302, headers: new HeaderFields() }), false)
})
