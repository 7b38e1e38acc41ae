import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import fc from "fast-check"
import { keptAnswerFraming } from "../../lib/route/llm-calls.ts"
import { findPath, findPathWithin, forMethod } from "../../lib/route/routes.ts"

const urls = {
  inferenceUrl: "https://inference.baseten.co",
  modelUrl: "https://model-{model_id}.api.baseten.co",
  chainUrl: "https://chain-{chain_id}.api.baseten.co",
}

const urlOf = (method: string, path: string) => {
  const route = Result.merge(forMethod(findPath(urls, `/v1/a/g${path}`, ""), method))
  return "url" in route ? route.url : route
}

test("findPath() maps Cloudflare's paths to Baseten's", () => {
  assert.equal(urlOf("POST", "/baseten/chat/completions"), "https://inference.baseten.co/v1/chat/completions")
  assert.equal(urlOf("GET", "/baseten/models"), "https://inference.baseten.co/v1/models")
  assert.equal(
    urlOf("GET", "/baseten/v1/models/openai%2Fgpt"),
    "https://inference.baseten.co/v1/models/openai%2Fgpt",
  )
  assert.equal(
    urlOf("POST", "/baseten/model/wx4g5r5q"),
    "https://model-wx4g5r5q.api.baseten.co/production/predict",
  )
  assert.equal(
    urlOf("PUT", "/baseten/model/wx4g5r5q/environments/e/sync/v1/x"),
    "https://model-wx4g5r5q.api.baseten.co/environments/e/sync/v1/x",
  )
  assert.equal(
    urlOf("POST", "/baseten/chain/qvmz15j"),
    "https://chain-qvmz15j.api.baseten.co/production/run_remote",
  )
})

test("findPath() knows chat completions of dedicated deployments", () => {
  for (
    const rest of ["production/sync/v1/chat/completions", "v1/chat/completions", "sync/v1/chat/completions"]
  ) {
    const route = Result.merge(
      forMethod(findPath(urls, `/v1/a/g/baseten/model/wx4g5r5q/${rest}`, ""), "POST"),
    )
    assert.equal("framing" in route && route.framing, "chat", rest)
  }
})

test("findPath() looks at the body of a chat, however its path is spelt", () => {
  const paths = [
    "/baseten/v1/%63hat/completions",
    "/baseten/v1/%2563hat/completions",
    "/baseten/v1/chat%2Fcompletions",
    "/baseten/v1//chat/completions",
    "/baseten/v1/chat/completions/",
    "/baseten/chat/completions/",
    "/baseten/model/wx4g5r5q/sync/v1/chat//completions",
    "/custom-x/v1/%63hat/completions",
  ]
  const gateway = () => ({ customProviders: new Map([["custom-x", { baseUrl: "https://x.example" }]]) })
  for (const path of paths) {
    const route = Result.merge(forMethod(findPath({ ...urls, gateway }, `/v1/a/g${path}`, ""), "POST"))
    assert.equal("body" in route && route.body, "viewed", path)
  }
})

test("findPath() looks for the model of embeddings and completions", () => {
  const gateway = () => ({ customProviders: new Map([["custom-x", { baseUrl: "https://x.example" }]]) })
  const names = {
    "/baseten/v1/embeddings": "embeddings",
    "/baseten/completions": "completions",
    "/baseten/model/wx4g5r5q/production/sync/v1/embeddings": "model.embeddings",
    "/baseten/model/wx4g5r5q/sync/v1/completions": "model.completions",
    "/custom-x/v1/embeddings": "custom.embeddings",
  }
  for (const [path, name] of Object.entries(names)) {
    const route = Result.merge(forMethod(findPath({ ...urls, gateway }, `/v1/a/g${path}`, ""), "POST"))
    assert.ok("body" in route, path)
    const framing = name.endsWith("completions") ? "completions" : undefined
    assert.deepEqual([route.name, route.body, route.framing], [name, "viewed", framing])
  }
})

test("findPath() never leaves Baseten's hosts, whatever the path", () => {
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
      "production",
      "predict",
    ),
    fc.string({ maxLength: 8 }),
  )
  const kinds = fc.constantFrom(
    "/baseten/v1/",
    "/baseten/model/",
    "/baseten/model/abcd1234/",
    "/baseten/chain/",
  )
  fc.assert(fc.property(kinds, fc.array(piece, { maxLength: 5 }), (kind, pieces) => {
    const path = new URL(`http://gateway.test/v1/a/g${kind}${pieces.join("/")}`).pathname
    const route = Result.merge(forMethod(findPath(urls, path, ""), "POST"))
    if (!("url" in route)) return
    const { host, username } = new URL(route.url)
    assert.match(host, /^(inference|(model|chain)-[a-z0-9]{4,32}\.api)\.baseten\.co$/)
    assert.equal(username, "")
  }))
})

test("findPathWithin() finds what a request finds whose URL names the gateway and the provider", () => {
  const gateway = () => ({ customProviders: new Map([["custom-x", { baseUrl: "https://x.example/base" }]]) })
  const destinations = { ...urls, gateway }
  const provider = fc.oneof(
    fc.constantFrom("baseten", "compat", "custom-x", "custom-y"),
    fc.stringMatching(/^[a-z0-9-]{1,71}$/),
  )
  const below = fc.oneof(
    fc.constantFrom(
      "/v1/chat/completions",
      "/chat/completions",
      "/models",
      "/model/abcd1234/predict",
      "/",
      "//v1//x",
    ),
    fc.string({ maxLength: 12 }).map((text) => new URL(`http://gateway.test/${text}`).pathname),
  )
  const method = fc.constantFrom("POST", "GET", "DELETE")
  fc.assert(
    fc.property(provider, below, fc.constantFrom("", "?a=b"), method, (provider, path, search, method) => {
      const url = new URL(`http://gateway.test/v1/a/g/${provider}${path}${search}`)
      const place = { account: "a", gateway: "g" }
      assert.deepEqual(
        Result.merge(forMethod(findPathWithin(destinations, place, provider, path, search), method)),
        Result.merge(forMethod(findPath(destinations, url.pathname, url.search), method)),
      )
    }),
    { numRuns: 1_000 },
  )
})

test("paths that name an answer which is kept have its framing, and no others do", () => {
  const framings: ReadonlyArray<readonly [string, string | undefined]> = [
    ["/v1/responses/resp_1", "responses"],
    ["/v1/responses/resp_1/cancel", "responses"],
    ["/V1/Responses/resp_1/", "responses"],
    ["/v1/v1/responses%2Fresp_1", "responses"],
    ["/environments/production/sync/v1/chat/completions/chatcmpl_1", "chat"],
    ["/chat/completions/chatcmpl_1", "chat"],
    ["/v1/responses", undefined],
    ["/v1/responses/compact", undefined],
    ["/v1/responses/resp_1/input_items", undefined],
    ["/v1/chat/completions/chatcmpl_1/messages", undefined],
    ["/v1/completions/cmpl_1", undefined],
    ["/v1/models/responses", undefined],
  ]
  for (const [path, framing] of framings) assert.equal(keptAnswerFraming(path), framing, path)
})
