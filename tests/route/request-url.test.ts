import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { urlOf } from "../../lib/route/request-url.ts"

const hosts = [
  "localhost:8787",
  "GATEWAY.test",
  "127.0.0.1",
  "127.1",
  "0x7f.1",
  "[::1]:80",
  "a.test:443",
  "a.test:080",
]
const odd = [
  "a_b",
  "xn--a",
  "a..b",
  "1.2.3.4.5",
  "a.test:",
  "a.test:99999",
  "%41",
  "a b",
  "é",
  "a@b",
  "a/b",
  "",
  "~",
  "-",
]
const host = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...hosts) },
  fc.constantFrom(...odd),
  fc.stringMatching(/^[\w.~:[\]-]{1,12}$/),
)
const segment = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[\w!$&()*+,;=:@%.~-]{0,8}$/) },
  fc.constantFrom("v1", "a", "chat", ".", "..", "%2e", "%2E%2e", ".%2e", ".well-known", "...", "%2", "%zz"),
  fc.constantFrom("'", "\\", "\t", " ", "é", '"', "<", "{", "^", "`", "|", "[", "#x", "a\nb", "\u{1f600}"),
)
const path = fc.array(segment, { maxLength: 5 }).map((segments) =>
  segments.map((part) => `/${part}`).join("")
)
const search = fc.oneof(
  fc.constant(""),
  fc.constant("?"),
  segment.map((part) => `?a=${part}`),
  segment.map((part) => `?${part}?`),
)
const scheme = fc.constantFrom("http", "http", "http", "https", "HTTP")

const seen = (url: Pick<URL, "protocol" | "hostname" | "host" | "pathname" | "search"> | undefined) =>
  url && [url.protocol, url.hostname, url.host, url.pathname, url.search]

test("urlOf() reads what URL reads, for any URL that has a sound authority", () => {
  let sound = 0
  fc.assert(
    fc.property(scheme, host, path, search, (scheme, host, path, search) => {
      const text = `${scheme}://${host}${path}${search}`
      const isSound = /^https?:\/\/(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d{0,5})?(?:[/?#]|$)/i.test(text)
      const expected = isSound && URL.canParse(text) ? new URL(text) : undefined
      if (expected !== undefined) sound++
      const headers = new Headers()
      assert.deepEqual(seen(urlOf({ url: text, headers })), seen(expected), text)
      // A second time it is known.
      assert.deepEqual(seen(urlOf({ url: text, headers })), seen(expected), text)
    }),
    { numRuns: 20_000 },
  )
  assert.ok(sound > 8_000, `${sound} sound URLs`)
})

test("urlOf() refuses what a Host could choose a path with", () => {
  const url = "http://a.test/v1/a/g/baseten/models"
  const of = (host: string) => urlOf({ url, headers: new Headers({ host }) })
  for (const host of ["a.test", "a.test:8787", "[::1]", ""]) {
    assert.equal(of(host)?.pathname, host === "" ? undefined : "/v1/a/g/baseten/models", host)
  }
  for (const host of ["a.test/v1", "a?b", "a#b", "a@b", "a\\b", "a b", "a,b"]) {
    assert.equal(of(host), undefined, host)
  }
})

test("urlOf() reads the target alone of a client that knows no Host", () => {
  assert.deepEqual(seen(urlOf({ url: "/livez?a=b", headers: new Headers() })), [
    "http:",
    "localhost",
    "localhost",
    "/livez",
    "?a=b",
  ])
})
