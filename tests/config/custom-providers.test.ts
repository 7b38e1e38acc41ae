import assert from "node:assert/strict"
import { test } from "node:test"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { CustomProviders, customProviders } from "../../lib/config/custom-providers.ts"
import { resolveIn } from "../../lib/config/stored-keys.ts"

const read = (value: unknown) =>
  Schema.decodeUnknownResult(CustomProviders)(value, { errors: "all", onExcessProperty: "error" })

const base = (base_url: string, more: object = {}) => read({ x: { base_url, ...more } })

test("CustomProviders takes https bases, and http ones to loopback when told so", () => {
  for (const url of ["https://api.example.com", "https://api.example.com:8443/v2/", "https://[::1]/"]) {
    assert.ok(Result.isSuccess(base(url)), url)
  }
  for (const url of ["http://localhost:9100", "http://127.0.0.1", "http://[::1]:1", "http://a.localhost"]) {
    assert.ok(Result.isSuccess(base(url, { allow_http: true })), url)
    assert.ok(Result.isFailure(base(url)), url)
    assert.ok(Result.isFailure(base(url, { allow_http: false })), url)
  }
})

test("CustomProviders refuses other bases, and never shows them", () => {
  const wrong = [
    "",
    "api.example.com",
    "ftp://secret.test",
    "http://secret.test",
    "http://127.0.0.1.secret.test",
    "http://localhost@secret.test",
    "https://user:secret@host",
    "https://@secret.test",
    "https://secret.test/?a",
    "https://secret.test/#",
    "https://secret.test\\a",
    " https://secret.test",
  ]
  for (const url of wrong) {
    const result = base(url, { allow_http: true })
    assert.ok(Result.isFailure(result), url)
    assert.match(result.failure.message, /Expected an https URL/)
    assert.doesNotMatch(result.failure.message, /secret/)
  }
})

test("CustomProviders holds slugs to lower-case letters, digits and single dashes", () => {
  const base_url = "https://api.example.com"
  for (const slug of ["a", "my-llm-2", "a".repeat(64)]) {
    assert.ok(Result.isSuccess(read({ [slug]: { base_url } })), slug)
  }
  for (const slug of ["", "-a", "a-", "a--b", "A", "a.b", "a/b", "a\n", "a".repeat(65)]) {
    const result = read({ [slug]: { base_url } })
    assert.ok(Result.isFailure(result), slug)
    assert.match(result.failure.message, /slugs of at most/)
  }
})

test("CustomProviders refuses header names and values that cannot be sent, references without a name", () => {
  const wrong: ReadonlyArray<Record<string, unknown>> = [
    { "a b": "v" },
    { "": "v" },
    { a: "" },
    { a: "secret\r\nb: c" },
    { a: " secret" },
    { a: "secrét" },
    { a: "env:" },
    { a: "env:1X" },
    { a: { b: "secret" } },
    { a: 1 },
  ]
  for (const headers of wrong) {
    const result = base("https://api.example.com", { headers })
    assert.ok(Result.isFailure(result), JSON.stringify(headers))
    assert.doesNotMatch(result.failure.message, /secr/)
  }
  assert.ok(Result.isFailure(base("https://api.example.com", { header: {} })), "unknown setting")
})

test("customProviders() names them as requests do, resolves references, and hides header values", () => {
  const entries = Result.getOrThrow(read({
    "my-llm": {
      base_url: "https://API.example.com/v2//",
      headers: { authorization: "env:LLM_KEY", "x-team": "a b" },
    },
    plain: { base_url: "https://plain.test" },
  }))
  const providers = customProviders(entries, resolveIn({ LLM_KEY: "Bearer sk-llm" }))
  const mine = providers.get("custom-my-llm")
  assert.equal(mine?.baseUrl, "https://api.example.com/v2")
  assert.deepEqual(
    mine?.headers.map(({ name, value, stored }) => [name, Redacted.value(value), stored]),
    [["authorization", "Bearer sk-llm", true], ["x-team", "a b", false]],
  )
  assert.doesNotMatch(JSON.stringify(mine), /sk-llm/)
  assert.deepEqual(providers.get("custom-plain"), { baseUrl: "https://plain.test", headers: [] })
})
