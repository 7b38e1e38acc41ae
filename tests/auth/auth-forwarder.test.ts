import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { forwardedHeaders } from "../../lib/auth/forwarded-headers.ts"
import { readSettings } from "../../lib/config/environment.ts"
import { HeaderFields } from "../../lib/headers/header-fields.ts"
import { newTokenText } from "../../lib/redaction/token-form.ts"
import { takesInProportion } from "../support/in-proportion.ts"

const settingsOf = (env: Record<string, string>) => Result.getOrThrow(readSettings(env))

const forward = (
  env: Record<string, string>,
  headers: Record<string, string>,
  options: {
    loopback?: boolean
    hostname?: string
    hasToken?: boolean
    tokenHeaders?: Array<string>
    keyAlias?: string
  } = {},
) => {
  const settings = settingsOf({ BASETEN_API_KEY: "sk-stored", ...env })
  const gateway = settings.gateway("a", "g")
  assert.ok(gateway)
  const result = forwardedHeaders(settings, {
    headers: HeaderFields.of(new Headers(headers)),
    hostname: options.hostname ?? "127.0.0.1",
    loopback: options.loopback ?? true,
    request: HeaderFields.of(new Headers(headers)),
    hasToken: options.hasToken ?? false,
    tokenHeaders: new Set(options.tokenHeaders),
    provider: "baseten",
    keyAlias: options.keyAlias ?? "default",
    acceptsCallerKey: true,
    gateway,
    requestId: "id",
  })
  return Result.isSuccess(result) ? result.success.headers.get("authorization") : result.failure.status
}

test("the request's own key wins, in the configured scheme", () => {
  assert.equal(forward({}, { authorization: "Api-Key mine" }), "Bearer mine")
  assert.equal(forward({}, { authorization: "bearer mine", "x-api-key": "other" }), "Bearer mine")
  assert.equal(
    forward({ BASEGATE_CONFIG: '{"gateways":{"*":{"auth_scheme":"api-key"}}}' }, { "x-api-key": "mine" }),
    "Api-Key mine",
  )
})

test("a token made by the management API is no Baseten key, and is not forwarded", () => {
  const token = newTokenText()
  for (const header of ["authorization", "x-api-key"]) assert.equal(forward({}, { [header]: token }), 401)
  assert.equal(forward({}, { authorization: "Bearer bgt_mine" }), "Bearer bgt_mine")
})

test("the stored key serves only trusted callers", () => {
  assert.equal(forward({}, {}), "Bearer sk-stored")
  assert.equal(forward({}, {}, { loopback: false }), 401)
  assert.equal(forward({}, {}, { loopback: false, hasToken: true }), "Bearer sk-stored")
  assert.equal(forward({ BASEGATE_OPEN: "true" }, {}, { loopback: false }), "Bearer sk-stored")
})

test("a web page cannot spend the stored key", () => {
  assert.equal(forward({}, { origin: "https://evil.test" }), 401)
  assert.equal(forward({ BASEGATE_OPEN: "true" }, { origin: "https://evil.test" }), 401)
  assert.equal(forward({}, { "sec-fetch-site": "cross-site" }), 401)
  assert.equal(forward({}, {}, { hostname: "rebound.evil.test" }), 401)
  assert.equal(
    forward({ BASEGATE_CORS_ORIGINS: "https://app.test" }, { origin: "https://app.test" }),
    "Bearer sk-stored",
  )
})

test("the gateway's own page may spend it, unless it was loaded under a name that is not this machine's", () => {
  const own = { origin: "http://localhost:8787", "sec-fetch-site": "same-origin" }
  assert.equal(forward({}, own), "Bearer sk-stored")
  assert.equal(forward({}, own, { loopback: false }), 401)
  assert.equal(forward({}, own, { loopback: false, hasToken: true }), "Bearer sk-stored")
  for (const open of [{}, { BASEGATE_OPEN: "true" }]) {
    assert.equal(forward(open, own, { hostname: "rebound.evil.test" }), 401)
  }
  assert.equal(forward({}, { ...own, "sec-fetch-site": "same-site" }), 401)
})

test("several keys in one value are refused, but not the parameters of one", () => {
  for (
    const authorization of [
      "Bearer a, Bearer b",
      "Bearer a b",
      "Bearer a,b",
      "a, b",
      "a,Bearer b",
      "Basic a, Bearer b",
      'Digest a="b", Bearer c',
    ]
  ) {
    assert.equal(forward({}, { authorization }), 400, authorization)
    assert.equal(
      forward({}, { authorization: "Bearer mine", "x-api-key": authorization }),
      400,
      authorization,
    )
  }
  for (const authorization of ['Digest a="b, c", d=e', "Basic YTpi==", "AWS4 Credential=a/b, Signature=c"]) {
    assert.equal(forward({}, { authorization }), authorization)
  }
})

test("a hostile value takes time in proportion to its length", () => {
  const hard: ReadonlyArray<(count: number) => string> = [
    (count) => "a= ,".repeat(count),
    (count) => "a= , ".repeat(count),
    (count) => `a=${" ".repeat(4 * count)}x y`,
    (count) => `a=b,${" ".repeat(4 * count)}`,
    (count) => "a=,".repeat(count),
  ]
  for (const value of hard) {
    takesInProportion(
      (count) => assert.equal(forward({}, { authorization: `Digest ${value(count)}=` }), 400),
      5000,
    )
  }
})

test("an unknown alias is reported to trusted callers", () => {
  assert.equal(forward({}, {}, { keyAlias: "other" }), 400)
  assert.equal(forward({ BASETEN_API_KEY: "" }, {}, { keyAlias: "other" }), 400)
  assert.equal(forward({ BASETEN_API_KEY: "" }, {}), 401)
  assert.equal(forward({}, {}, { keyAlias: "other", loopback: false }), 401)
})

test("a gateway token is never forwarded", () => {
  const options = { hasToken: true, tokenHeaders: ["authorization"] }
  assert.equal(forward({}, { authorization: "Bearer gateway-token" }, options), "Bearer sk-stored")
})

test("a request that has passed through too many gateways is refused", () => {
  assert.equal(forward({}, { authorization: "Bearer k", "x-basegate-hop": "9" }), 508)
})
