import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import fc from "fast-check"
import { GatewayError } from "../../lib/errors.ts"
import { maxSteps, universalSteps } from "../../lib/body/universal-steps.ts"

const read = (text: string) => Result.merge(universalSteps(new TextEncoder().encode(text)))
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

const steps = (...bodies: ReadonlyArray<unknown>) => {
  const result = read(JSON.stringify(bodies))
  assert.ok(!(result instanceof GatewayError), result instanceof GatewayError ? result.detail : "")
  return result
}

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, "1"]))

const nested = (levels: number): unknown => levels === 0 ? 1 : [nested(levels - 1)]

const step = (over: object = {}) => ({
  provider: "baseten",
  endpoint: "chat/completions",
  headers: { authorization: "Bearer k" },
  query: { model: "m" },
  ...over,
})

test("universalSteps() takes an array of steps or one bare step, and query's bytes as received", () => {
  const query = '{ "model":"m", "seed": 12345678901234567890, "temperature": 1.10, "s": "\\u00e9" }'
  const bare = `{"provider":"baseten","endpoint":"chat/completions","query": ${query} }`
  for (const text of [bare, ` [${bare}]\n`]) {
    const result = read(text)
    assert.ok(!(result instanceof GatewayError))
    assert.equal(result.length, 1)
    assert.deepEqual(result.map(({ body }) => textOf(body)), [query])
  }
})

test("universalSteps() cuts out any JSON value as a query, without a change", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { minLength: 1, maxLength: 4 }), fc.nat(4), (queries, indent) => {
      const texts = queries.map((query) => JSON.stringify(query, null, indent))
      const result = read(
        `[${texts.map((text) => `{"query":${text},"provider":"a","endpoint":"e"}`).join()}]`,
      )
      assert.ok(!(result instanceof GatewayError))
      assert.deepEqual(result.map(({ body }) => textOf(body)), texts)
    }),
  )
})

test("universalSteps() accepts the malformed endpoints that clients are known to send", () => {
  const cases: ReadonlyArray<readonly [provider: string, endpoint: string, path: string, search: string]> = [
    ["baseten", "/chat/completions", "/chat/completions", ""],
    ["baseten", "v1/chat/completions?a=b/../c", "/v1/chat/completions", "?a=b/../c"],
    ["baseten", "model/wx4g5r5q/production/predict", "/model/wx4g5r5q/production/predict", ""],
    ["compat", "chat/completion", "/chat/completions", ""],
    ["compat", "/v1/chat/completions?x=1", "/chat/completions", "?x=1"],
    ["custom-x", "v1/chat/completion", "/v1/chat/completion", ""],
    ["custom-x", "aéb", "/a%C3%A9b", ""],
  ]
  for (const [provider, endpoint, path, search] of cases) {
    const [found] = steps(step({ provider, endpoint }))
    assert.deepEqual([found?.path, found?.search], [path, search], endpoint)
  }
})

test("universalSteps() never lets an endpoint climb out of its provider", () => {
  const piece = fc.oneof(
    fc.constantFrom("..", ".", "%2e", "%2E%2e", "\\", "\t", "#", "?", "//", "a"),
    fc.string({ maxLength: 3 }),
  )
  fc.assert(fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
    const result = read(JSON.stringify(step({ endpoint: pieces.join("/") })))
    if (result instanceof GatewayError) return
    const base = "http://gateway.test/v1/a/g/baseten"
    const url = new URL(`${base}${result[0]?.path}${result[0]?.search}`)
    assert.ok(url.href.startsWith(`${base}/`))
    assert.equal(url.pathname, `/v1/a/g/baseten${result[0]?.path}`)
  }))
})

test("universalSteps() writes header values as the Workers binding does, and numbers digit by digit", () => {
  const result = read(
    '{"provider":"a","endpoint":"e","query":1,"headers":{"CF-AIG-Metadata":{"a":1},"x-n":1.10,"x-b":false,"x-t":"t"}}',
  )
  assert.ok(!(result instanceof GatewayError))
  assert.deepEqual(Object.fromEntries(result[0]?.headers ?? []), {
    "cf-aig-metadata": '{"a":1}',
    "x-n": "1.10",
    "x-b": "false",
    "x-t": "t",
  })
})

test("universalSteps() writes an object in a header digit by digit, on one line", () => {
  const written =
    '{ "user" : 9007199254740993,\n\t"price": 1.10, "text": " a \\" b\\u0020" , "é": [ 1e400 ] }'
  const result = read(`{"provider":"a","endpoint":"e","query":1,"headers":{"cf-aig-metadata":${written}}}`)
  assert.ok(!(result instanceof GatewayError))
  assert.equal(
    result[0]?.headers.get("cf-aig-metadata"),
    '{"user":9007199254740993,"price":1.10,"text":" a \\" b\\u0020","\\u00e9":[1e400]}',
  )
})

test("universalSteps() takes a hundred headers, and objects in them as deep as any JSON may be", () => {
  const [found] = steps(step({ headers: { ...many(99), "x-deep": nested(400) } }))
  assert.equal([...found?.headers ?? []].length, 100)
  assert.equal(found?.headers.get("x-deep"), `${"[".repeat(400)}1${"]".repeat(400)}`)
})

test("universalSteps(): legacy authorization counts where the headers have none", () => {
  const found = steps(step({ headers: {}, authorization: "old" }), step({ authorization: "old" }), step())
  assert.deepEqual(found.map(({ headers }) => headers.get("authorization")), ["old", "Bearer k", "Bearer k"])
})

test("universalSteps() hands config on, without keys it does not know", () => {
  const config = { requestTimeout: 10_000, maxAttempts: 9, retryDelay: 0, backoff: "linear" }
  const [first, second] = steps(step({ config: { ...config, later: true } }), step())
  assert.deepEqual(first?.config, config)
  assert.deepEqual(second?.config, {})
})

test("universalSteps() says which step and which key is wrong, and shows no value", () => {
  const twice = (key: string, value: string) => JSON.stringify(step()).replace("{", `{"${key}":${value},`)
  const cases: ReadonlyArray<readonly [text: string, pattern: RegExp]> = [
    ["", /not valid JSON/],
    ["[", /not valid JSON/],
    ['[{"provider":nope}]', /not valid JSON/],
    ["1", /neither an array of steps nor one step/],
    ["[]", /no steps/],
    [JSON.stringify(Array.from({ length: maxSteps + 1 }, () => step())), /21 steps\. Send at most 20/],
    [JSON.stringify([step(), 1]), /^Step 2 is not an object/],
    [JSON.stringify([step(), step({ provider: 1 })]), /^Step 2 has no "provider" string/],
    [JSON.stringify([step({ provider: "../secret" })]), /^Step 1 has a "provider"/],
    [JSON.stringify([step({ endpoint: undefined })]), /^Step 1 has no "endpoint" string/],
    [JSON.stringify([step({ endpoint: "/?x" })]), /^Step 1 has an empty "endpoint"/],
    [JSON.stringify([step({ endpoint: "a/../secret" })]), /^Step 1 has an "endpoint" with a dot segment/],
    [JSON.stringify([step({ query: undefined })]), /^Step 1 has no "query"/],
    [JSON.stringify([step({ headers: ["secret"] })]), /^Step 1 has "headers"/],
    [JSON.stringify([step({ headers: { a: null } })]), /^Step 1 has the header "a" with null/],
    [JSON.stringify([step({ headers: { "a b": "secret" } })]), /^Step 1 has the header "a b", whose/],
    [JSON.stringify([step({ headers: { a: "secret\nx" } })]), /^Step 1 has the header "a", whose/],
    [
      JSON.stringify([step({ headers: { a: "secret", A: "b" } })]),
      /^Step 1 has the header "a" more than once/,
    ],
    [JSON.stringify([step({ headers: many(101) })]), /^Step 1 has more than 100 headers\. Send fewer/],
    [
      JSON.stringify([step({ headers: { a: "x".repeat(32_768) } })]),
      /^Step 1 has "headers" of more than 32768 bytes/,
    ],
    [
      JSON.stringify([step({ endpoint: "e".repeat(8_192) })]),
      /^Step 1 has "endpoint" of more than 8192 bytes/,
    ],
    [
      JSON.stringify([step({ config: { later: "x".repeat(4_096) } })]),
      /^Step 1 has "config" of more than 4096/,
    ],
    [JSON.stringify([step({ headers: { a: nested(600) } })]), /nests deeper than 512 levels/],
    [JSON.stringify([step({ query: nested(600) })]), /nests deeper than 512 levels/],
    [JSON.stringify([step({ headers: {}, authorization: 1 })]), /^Step 1 has an "authorization"/],
    [JSON.stringify([step({ config: [] })]), /^Step 1 has a "config"/],
    [JSON.stringify([step({ config: { maxAttempts: "secret" } })]), /^Step 1 has a "config\.maxAttempts"/],
    [JSON.stringify([step({ config: { retryDelay: -1 } })]), /^Step 1 has a "config\.retryDelay"/],
    [JSON.stringify([step({ config: { backoff: "secret" } })]), /^Step 1 has an unknown "config\.backoff"/],
    ...["provider", "endpoint", "query", "headers"].map((key) =>
      [twice(key, '"secret"'), new RegExp(`^Step 1 has "${key}" more than once`)] as const
    ),
  ]
  for (const [text, pattern] of cases) {
    const result = read(text)
    assert.ok(result instanceof GatewayError, text)
    assert.equal(result.reason, "bad_request")
    assert.match(result.detail, pattern)
    assert.doesNotMatch(result.detail, /secret/)
  }
})
