import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { keyNotice } from "../../lib/auth/key-notice.ts"
import { readSettings } from "../../lib/config/environment.ts"

const notice = (variables: Readonly<Record<string, string>>, host = "127.0.0.1"): string => {
  const settings = readSettings(variables)
  assert.ok(Result.isSuccess(settings), Result.isFailure(settings) ? settings.failure : "")
  return keyNotice(settings.success, host) ?? ""
}
const config = (...entries: ReadonlyArray<readonly [string, object]>): string =>
  JSON.stringify({ gateways: Object.fromEntries(entries) })

test("a stored key that is open on loopback is reported, with the risk of a proxy", () => {
  for (const host of ["127.0.0.1", "::1", "localhost"]) {
    assert.match(
      notice({ BASETEN_API_KEY: "k" }, host),
      /every caller on this machine .*proxy.*nginx.*BASEGATE_TOKENS/,
    )
  }
  const spare = { base_url: "https://llm.example.com", headers: { "x-key": "env:K" } }
  for (
    const entry of [
      { provider_keys: { baseten: { research: "env:K" } } },
      { tokens: ["t"], authentication: false, provider_keys: { baseten: { default: "env:K" } } },
      { custom_providers: { spare } },
    ]
  ) {
    assert.match(notice({ K: "k", BASEGATE_CONFIG: config(["a/g", entry]) }), /every caller on this machine/)
  }
})

test("on another address the keys serve nobody without a token; with BASEGATE_OPEN they serve anyone", () => {
  assert.match(notice({ BASETEN_API_KEY: "k" }, "0.0.0.0"), /nobody here without a gateway token/)
  for (const host of ["0.0.0.0", "127.0.0.1"]) {
    assert.match(notice({ BASETEN_API_KEY: "k", BASEGATE_OPEN: "true" }, host), /everyone who can reach/)
  }
})

test("nothing is reported without a key, or where every gateway with one requires a token", () => {
  assert.equal(notice({}), "")
  assert.equal(notice({ BASEGATE_OPEN: "true" }), "")
  assert.equal(notice({ BASETEN_API_KEY: "k", BASEGATE_TOKENS: "t" }), "")
  const guarded = { tokens: ["t"], provider_keys: { baseten: { default: "env:K" } } }
  assert.equal(notice({ K: "k", BASEGATE_CONFIG: config(["a/g", guarded], ["a/h", {}]) }), "")
})
