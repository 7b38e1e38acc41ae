import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { redact, redactionMark, secretsIn, secretsOf } from "../../lib/redaction/secrets.ts"
import { takesInProportion } from "../support/in-proportion.ts"

const hex = (char: string, digits: number) => char.charCodeAt(0).toString(16).padStart(digits, "0")
const upper = (text: string) => text.replace(/[\da-f]/g, (digit) => digit.toUpperCase())

/** What serializers, form encoders and their misuse make of a text. */
const encodings: ReadonlyArray<(text: string) => string> = [
  (text) => text,
  (text) => JSON.stringify(text).slice(1, -1),
  (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
  (text) => JSON.stringify(text).slice(1, -1).replaceAll("/", "\\/"),
  encodeURIComponent,
  (text) => encodeURIComponent(encodeURIComponent(text)),
  (text) => encodeURIComponent(JSON.stringify(text).slice(1, -1)),
  (text) => JSON.stringify(text).slice(1, -1).replaceAll(/[<>&+='/]/g, (char) => `\\u${hex(char, 4)}`),
  (text) => [...text].map((char) => `\\u${upper(hex(char, 4))}`).join(""),
  (text) => [...text].map((char) => `%${hex(char, 2)}`).join(""),
]

const visible = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    fc.constantFrom("\\", '"', "/", "%", "+", "=", "u", "25"),
  ),
  minLength: 12,
  maxLength: 40,
  // A secret that reads as an escape itself cannot be told from what that stands for, nor one's last backslash from
  // that of what follows.
}).filter((text) => !/%[0-7][\da-f]|\\u[\da-f]{4}|\\$/i.test(text))
const around = fc.constantFrom("", " ", '{"a":"', "…", "\\n", "👩‍💻", "100% ", "user\\", "x")

test("a secret is replaced in every form, and the text around it is kept", () => {
  fc.assert(
    fc.property(visible, fc.constantFrom(...encodings), around, around, (secret, encode, before, after) => {
      const known = secretsOf([secret])
      const text = `${before} ${encode(secret)} ${after}`
      assert.ok(known.contains(text))
      const blotted = redact(text, known)
      assert.equal(blotted, `${before} ${redactionMark} ${after}`)
    }),
    { numRuns: 2000 },
  )
})

test("a text without a secret stays as it is, whatever it escapes", () => {
  const known = secretsOf(["sk-0123456789abcdef", 'odd/"+\\secret'])
  fc.assert(fc.property(fc.array(around), (parts) => {
    const text = parts.join('\\"%20\\u00e9 sk-0123456789abcde_ ')
    assert.equal(redact(text, known), text)
  }))
})

test("many secrets are found as well as a few", () => {
  const many = Array.from({ length: 50 }, (_, index) => `token.${index}+(of)[a]$`)
  const known = secretsOf(many)
  for (const secret of many) assert.equal(redact(`a ${secret} b`, known), `a ${redactionMark} b`)
  assert.ok(!known.contains("token.7+(of)[a]"))
})

test("of two secrets the one that holds the other goes first, wherever they are known from", () => {
  const [one, other] = [secretsOf(["secret-one"]), secretsOf(["secret-one-two"])]
  assert.equal(redact("secret-one-two", one, other), redactionMark)
  assert.equal(redact("secret-one-two", other, one), redactionMark)
})

test("text too short to be a secret is kept", () => {
  assert.equal(redact("a token of mine", secretsOf(["token", ""])), "a token of mine")
})

test("a secret is found however deeply JSON is nested in JSON, and JSON stays JSON", () => {
  const secret = '/a"b"c\\d"e"f'
  let text = JSON.stringify({ secret })
  let expected = JSON.stringify({ secret: redactionMark })
  for (let level = 0; level < 6; level++) {
    text = JSON.stringify({ text })
    expected = JSON.stringify({ text: expected })
    assert.equal(redact(text, secretsOf([secret])), expected)
  }
})

test("overlapping secrets leave one mark, others one each", () => {
  const known = secretsOf(["abcdef", "defghi", "123456"])
  assert.equal(redact("abcdefghi abcdef123456", known), `${redactionMark} ${redactionMark}${redactionMark}`)
})

test("the longest of several secrets is replaced whole", () => {
  const secret = "k".repeat(16_000)
  assert.equal(redact(`{"key":"${secret}"}`, secretsOf([secret])), `{"key":"${redactionMark}"}`)
})

test("escapes without end take time in proportion to their length", () => {
  const known = secretsOf(["sk-0123456789abcdef"])
  for (const part of ["\\", "%25", "%", "\\u", "\\\\u00"]) {
    takesInProportion((count) => {
      assert.ok(redact(`sk-0123456789abcdef${part.repeat(count)}`, known).startsWith(redactionMark), part)
    }, 25_000)
  }
})

test("secretsIn() knows a key by its scheme or without, several in one value, and what Basic encodes", () => {
  const of = (value: string) => secretsIn(value).filter((secret) => secret !== value)
  assert.deepEqual(of("Bearer one"), ["one"])
  assert.deepEqual(of("Bearer one, Api-Key two"), ["one", "two"])
  assert.deepEqual(secretsIn("one"), ["one", "one"])
  assert.deepEqual(of(`Basic ${btoa("name:pass:word")}`), [
    btoa("name:pass:word"),
    "name:pass:word",
    "pass:word",
  ])
  assert.deepEqual(of(`Basic ${btoa("key:")}`), [btoa("key:"), "key:", "key"])
  assert.deepEqual(of("Basic !"), ["!"])
  assert.deepEqual(secretsIn("Bearer api-key"), ["Bearer api-key"])
})
