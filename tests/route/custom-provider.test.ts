import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import fc from "fast-check"
import { customProviderUrl } from "../../lib/route/custom-provider.ts"

const providers = new Map([
  ["custom-root", { baseUrl: "https://api.example.com" }],
  ["custom-below", { baseUrl: "https://api.example.com:8443/v2" }],
])

test("customProviderUrl() appends path and query to the base", () => {
  const url = (rest: string, search = "") =>
    Result.getOrThrow(customProviderUrl(providers, "custom-below", rest, search))
  assert.equal(url("chat/completions"), "https://api.example.com:8443/v2/chat/completions")
  assert.equal(url("v1/models/a%20b", "?x=/../1"), "https://api.example.com:8443/v2/v1/models/a%20b?x=/../1")
  assert.equal(url(""), "https://api.example.com:8443/v2/")
})

test("customProviderUrl() fails for a provider that is not set, and for paths that could leave the base", () => {
  const reason = (name: string, rest: string) => {
    const url = customProviderUrl(providers, name, rest, "")
    return Result.isFailure(url) ? url.failure.reason : url.success
  }
  assert.equal(reason("custom-other", "x"), "invalid_provider")
  assert.equal(reason("root", "x"), "invalid_provider")
  for (
    const rest of [
      "../x",
      "a/..",
      "./a",
      "%2e%2e/a",
      "%252e%252e/a",
      ".\t./a",
      "a\\b",
      "a%2f..%2fb",
      "a/..;x/b",
      "a%5Cb",
      "%00",
      "a#b",
      "a?b",
    ]
  ) {
    assert.equal(reason("custom-root", rest), "bad_request", rest)
  }
})

test("customProviderUrl() never leaves the host nor the base, whatever the path and the query", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "..",
      ".",
      "%2e%2e",
      "%2F",
      "\\",
      "@evil.test",
      ":80",
      "//",
      "evil.test",
      "\t",
      "\n",
      "#",
      "?",
    ),
    fc.string({ maxLength: 6, unit: "binary" }),
  )
  const path = fc.array(piece, { maxLength: 6 }).chain((pieces) =>
    fc.constantFrom(pieces.join("/"), pieces.join(""))
  )
  fc.assert(
    fc.property(fc.constantFrom(...providers.keys()), path, path, (name, rest, query) => {
      const url = customProviderUrl(providers, name, rest, query === "" ? "" : `?${query}`)
      if (Result.isFailure(url)) return
      const base = new URL(`${providers.get(name)?.baseUrl}/`)
      const { host, username, password, pathname, protocol } = new URL(url.success)
      assert.deepEqual([protocol, host, username, password], ["https:", base.host, "", ""])
      assert.ok(pathname.startsWith(base.pathname))
    }),
    { numRuns: 500 },
  )
})
