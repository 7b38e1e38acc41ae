import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import fc from "fast-check"
import { GatewayError } from "../../lib/errors.ts"
import { isPlainPath, plainlySpelt } from "../../lib/route/path-spelling.ts"
import { findPath, forMethod } from "../../lib/route/routes.ts"

const destinations = {
  inferenceUrl: "https://inference.baseten.co",
  modelUrl: "https://model-{model_id}.api.baseten.co",
  chainUrl: "https://chain-{chain_id}.api.baseten.co",
  adminTokens: ["token"],
  gateway: () => ({ customProviders: new Map([["custom-x", { baseUrl: "https://x.example/base" }]]) }),
}

const found = (path: string, method = "POST") => {
  const route = Result.merge(
    forMethod(findPath(destinations, new URL(`http://gateway.test${path}`).pathname, ""), method),
  )
  if (route instanceof GatewayError) return route.status
  return route.kind === "upstream" ? route.url : route.kind === "admin" ? `admin ${route.name}` : route.kind
}

/** Below each of these stands the path that a provider is asked for. */
const forms = [
  ["/v1/a/g/baseten/v1", "https://inference.baseten.co/v1"],
  ["/v1/a/g/baseten/model/abcd1234/sync", "https://model-abcd1234.api.baseten.co/sync"],
  [
    "/v1/a/g/baseten/model/abcd1234/environments/e/sync",
    "https://model-abcd1234.api.baseten.co/environments/e/sync",
  ],
  [
    "/v1/a/g/baseten/chain/abcd1234/production/run_remote",
    "https://chain-abcd1234.api.baseten.co/production/run_remote",
  ],
  ["/v1/a/g/custom-x/v1", "https://x.example/base/v1"],
] as const

test("slashes in a row are one, wherever they are and whatever the URL's form", () => {
  for (const [from, to] of forms) {
    for (const below of ["/a/b", "//a/b", "/a//b", "///a////b"]) {
      assert.equal(found(`${from}${below}`), `${to}/a/b`)
    }
    assert.equal(found(`${from.replaceAll("/", "//")}/a/b`), `${to}/a/b`)
    assert.equal(found(`${from}/a/`), `${to}/a/`)
  }
  const chat = "https://inference.baseten.co/v1/chat/completions"
  for (
    const path of [
      "/v1/a/g/baseten//chat/completions",
      "/v1/a/g/baseten//v1/chat/completions",
      "/v1/a/g/baseten/v1//chat//completions",
      "//v1/a/g/baseten/v1/chat/completions",
      "/v1//a//g//baseten//v1/chat/completions",
      "/v1/a/g//baseten/v1/chat/completions",
      "/v1/a/g/compat//chat/completions",
      "/v1/a/g/compat//v1//chat/completions",
    ]
  ) assert.equal(found(path), chat, path)
  assert.equal(
    found("/v1/a/g//baseten//model//abcd1234//"),
    "https://model-abcd1234.api.baseten.co/production/predict",
  )
  assert.equal(found("/v1/a//g//"), "universal")
  assert.equal(found("//livez", "GET"), "own")
  assert.equal(found("//metrics", "GET"), "admin metrics")
  assert.equal(found("//client//v4/accounts//a/ai-gateway/gateways/", "GET"), 404)
  assert.equal(found("/client//v4/accounts//a/ai-gateway/gateways", "GET"), "admin gateways")
})

test("dot segments that a URL keeps, encoded backslashes and NULs are 400, whatever the URL's form", () => {
  const strays = [
    "%252e%252e",
    "%25%32%65.",
    "..%2fb",
    "b%2f..",
    "b%2F..%2Fc",
    "..;x",
    "%5c",
    "%255C..%255cb",
    "%00",
  ]
  for (const [from] of forms) {
    for (const stray of strays) {
      assert.equal(found(`${from}/a/${stray}`), 400, `${from}/a/${stray}`)
      assert.equal(found(`${from}/a/${stray}/b`), 400, `${from}/a/${stray}/b`)
    }
  }
})

test("an encoded slash goes on as it was sent, within its segment, whatever the URL's form", () => {
  for (const [from, to] of forms) {
    for (const below of ["/models/openai%2Fgpt", "/a%2f%2Fb", "/a%252Fb"]) {
      assert.equal(found(`${from}${below}`), `${to}${below}`)
    }
  }
  assert.equal(found("/v1/a/g/baseten%2Fv1/chat/completions"), 400)
  assert.equal(found("/v1/a/g/baseten/v1%2Fchat/completions"), 404)
})

test("plainlySpelt() decodes as often as anybody could, in one pass", () => {
  const reference = (path: string): string => {
    const once = path.replaceAll(
      /%([0-7][0-9a-f])/gi,
      (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
    )
    return once === path ? path : reference(once)
  }
  const piece = fc.constantFrom("%", "2", "5", "e", "3", "%25", "%2e", "%35", "a", "é", "%C3", "g")
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const path = `x${pieces.join("")}x`
      const plain = plainlySpelt(path)
      assert.equal(plain, reference(plain), "nothing is left to decode")
      assert.equal(plain.replaceAll(/\/+/g, "/"), reference(path).replaceAll(/\/+/g, "/"))
    }),
    { numRuns: 3000 },
  )
  assert.equal(plainlySpelt(`${"%3".repeat(100_000)}%35`), "5")
  const dot = `%${"25".repeat(100_000)}2e`
  assert.equal(isPlainPath(`a/${dot}${dot}/b`), false)
})
