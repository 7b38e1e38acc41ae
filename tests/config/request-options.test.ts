import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import fc from "fast-check"
import { readSettings } from "../../lib/config/environment.ts"
import { parseOptionHeaders } from "../../lib/config/option-headers.ts"
import { configOptions, type RequestedOptions, requestOptions } from "../../lib/config/request-options.ts"
import { HeaderFields } from "../../lib/headers/header-fields.ts"

const requested = (headers: Record<string, string>): RequestedOptions =>
  Result.getOrThrow(parseOptionHeaders(HeaderFields.of(new Headers(headers))))
const gatewayOf = (entry: object) => {
  const env = { BASEGATE_CONFIG: { gateways: { "*": entry } } }
  const gateway = Result.getOrThrow(readSettings(env)).gateway("a", "g")
  assert.ok(gateway)
  return gateway
}

test("parseOptionHeaders() clamps every whole number to its range", () => {
  const ranges: ReadonlyArray<readonly [string, keyof RequestedOptions, number, number]> = [
    ["cf-aig-cache-ttl", "cacheTtl", 60, 2_592_000],
    ["cf-cache-ttl", "cacheTtl", 60, 2_592_000],
    ["cf-aig-max-attempts", "maxAttempts", 1, 5],
    ["cf-aig-retry-delay", "retryDelay", 0, 60_000],
    ["cf-aig-request-timeout", "requestTimeout", 1, 86_400_000],
  ]
  fc.assert(
    fc.property(
      fc.constantFrom(...ranges),
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      (range, value) => {
        const [header, option, lowest, highest] = range
        const expected = option === "cacheTtl" && value === 0n
          ? 0
          : Math.min(Math.max(Number(value), lowest), highest)
        assert.equal(requested({ [header]: String(value) })[option], expected)
      },
    ),
  )
})

test("parseOptionHeaders() takes an empty value for none, and a newer name before the older", () => {
  assert.deepEqual(requested({ "cf-aig-max-attempts": "", "cf-aig-metadata": "" }), {})
  assert.deepEqual(requested({ "cf-aig-cache-ttl": "90", "cf-cache-ttl": "70" }), { cacheTtl: 90 })
  assert.deepEqual(requested({ "cf-skip-cache": "TRUE" }), { skipCache: true })
})

test("parseOptionHeaders() reads any text as an option or as an error that names the header, and never throws", () => {
  const headers = [
    "cf-aig-cache-ttl",
    "cf-aig-skip-cache",
    "cf-aig-cache-key",
    "cf-aig-max-attempts",
    "cf-aig-retry-delay",
    "cf-aig-backoff",
    "cf-aig-request-timeout",
    "cf-aig-byok-alias",
    "cf-aig-metadata",
    "cf-aig-custom-cost",
  ]
  const value = fc.oneof(fc.string(), fc.json()).filter((text) => /^[\x20-\xff]*$/.test(text))
  fc.assert(fc.property(fc.constantFrom(...headers), value, (header, text) => {
    const options = parseOptionHeaders(HeaderFields.of(new Headers({ [header]: text })))
    if (Result.isFailure(options)) {
      assert.match(options.failure.detail, new RegExp(`^Cannot read ${header}: it takes `))
    }
  }))
})

test("parseOptionHeaders() keeps metadata to five flat entries, without Cloudflare's own keys", () => {
  const keys = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom("cf.x", "cf.", "__proto__", "constructor"),
  )
  const values = fc.oneof(
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.constant({}),
    fc.constant([1]),
  )
  fc.assert(fc.property(fc.array(fc.tuple(keys, values), { maxLength: 12 }), (entries) => {
    const ascii = (text: string) =>
      text.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    const given = Object.fromEntries(entries) as Record<string, unknown>
    const kept = Object.entries(JSON.parse(JSON.stringify(given)) as object)
      .filter(([key, value]) => !key.startsWith("cf.") && typeof value !== "object")
    const { metadata } = requested({ "cf-aig-metadata": ascii(JSON.stringify(given)) })
    assert.deepEqual(Object.entries(metadata ?? {}), kept.slice(0, 5))
  }))
})

test("requestOptions(): the step goes before the request, and the request before the gateway", () => {
  const gateway = gatewayOf({
    retry_max_attempts: 2,
    retry_delay: 10,
    retry_backoff: "linear",
    cache_ttl: 100,
  })
  const none = requestOptions(gateway, {}, {}, true)
  assert.deepEqual(none.retry, { maxAttempts: 2, delay: 10, backoff: "linear" })
  assert.equal(none.cache.ttl, 100)
  const byRequest = requestOptions(gateway, { maxAttempts: 3, cacheTtl: 60 }, {}, true)
  assert.deepEqual(byRequest.retry, { maxAttempts: 3, delay: 10, backoff: "linear" })
  assert.equal(byRequest.cache.ttl, 60)
  const byStep = requestOptions(gateway, { maxAttempts: 3, retryDelay: 20 }, { maxAttempts: 1 }, true)
  assert.deepEqual(byStep.retry, { maxAttempts: 1, delay: 20, backoff: "linear" })
})

test("requestOptions() decides once for each gateway what a request gets that requests nothing", () => {
  const gateway = gatewayOf({ cache_ttl: 100, retry_max_attempts: 2 })
  const other = gatewayOf({ cache_ttl: 200 })
  const first = requestOptions(gateway, requested({}), {}, true)
  assert.equal(requestOptions(gateway, requested({ "user-agent": "x", "cf-ray": "y" }), {}, true), first)
  assert.equal(requestOptions(gateway, requested({}), {}, false).retry.maxAttempts, 1)
  assert.equal(requestOptions(other, requested({}), {}, true).cache.ttl, 200)
  assert.notEqual(requestOptions(gateway, requested({}), { maxAttempts: 2 }, true), first)
  assert.deepEqual(requestOptions(gateway, {}, { maxAttempts: 2 }, true), first)
})

test("requestOptions() retries what may act twice only where the caller asks for it", () => {
  const gateway = gatewayOf({ retry_max_attempts: 2 })
  assert.equal(requestOptions(gateway, {}, {}, false).retry.maxAttempts, 1)
  assert.equal(requestOptions(gateway, { maxAttempts: 4 }, {}, false).retry.maxAttempts, 4)
})

test("configOptions() clamps as headers are clamped, and says nothing of what is not there", () => {
  assert.deepEqual(configOptions({}), {})
  assert.deepEqual(
    configOptions({ requestTimeout: 0, maxAttempts: 9, retryDelay: 1e6, backoff: "constant" }),
    { requestTimeout: 1, maxAttempts: 5, retryDelay: 60_000, backoff: "constant" },
  )
})
