/** Numbers are found where an expression and their check digits say, and every detector takes time in proportion. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { isCard, isIban } from "../../lib/dlp/checks.ts"
import { type DetectorName, detectorNames } from "../../lib/dlp/detectors.ts"
import { compileMatcher, type Matcher } from "../../lib/dlp/matcher.ts"
import { findCard, findIban } from "../../lib/dlp/number-search.ts"
import { Scan } from "../../lib/dlp/scan.ts"
import { edited, editsOf } from "../../lib/dlp/text-channel.ts"
import { takesInProportion } from "../support/in-proportion.ts"

const masked = (detectors: ReadonlyArray<DetectorName>, text: string): string =>
  edited(
    text,
    editsOf(
      { matcher: compileMatcher(detectors), found: () => {}, replaces: () => true, replacement: () => "#" },
      text,
      0,
    ),
  )

/** The longest number that begins at each place at which one may, by regular expressions alone. */
const expected = (
  text: string,
  begins: RegExp,
  takes: (compact: string) => boolean,
): { readonly start: number; readonly end: number } | undefined => {
  for (let start = 0; start < text.length; start++) {
    if (/\w/.test(text[start - 1] ?? " ")) continue
    const [run = ""] = begins.exec(text.slice(start)) ?? []
    for (let end = start + run.length; end > start; end--) {
      const compact = text.slice(start, end).replaceAll(/[ .-]/g, "")
      const isWhole = /\w$/.test(text.slice(start, end)) && !/\w/.test(text[end] ?? " ")
      if (isWhole && takes(compact)) return { start, end }
    }
  }
  return undefined
}

const pieces = (numbers: ReadonlyArray<string>) =>
  fc.array(
    fc.oneof(
      fc.constantFrom(...numbers, " ", "-", ".", "  ", "_", "a", "1", "0", "é", "DE", "\n"),
      fc.constantFrom(...numbers).map((number) => number.replaceAll(/(.{4})(?!$)/g, "$1 ")),
      fc.tuple(fc.constantFrom(...numbers), fc.nat(20)).map(([number, length]) => number.slice(0, length)),
    ),
    { maxLength: 8 },
  ).map((parts) => parts.join(""))

test("cards are found wherever their digits, length and check digit say", () => {
  const cards = ["4111111111111111", "378282246310005", "6011111111111117", "4222222222222", "30569309025904"]
  fc.assert(
    fc.property(pieces(cards), (text) => {
      assert.deepEqual(
        findCard(text, 0, text.length, 0),
        expected(text, /^\d(?:[ .-]?\d){0,18}/, (digits) => /^\d{13,19}$/.test(digits) && isCard(digits)),
      )
    }),
    { numRuns: 2000 },
  )
})

test("IBANs are found wherever their country, length and check digits say", () => {
  const ibans = [
    "DE89370400440532013000",
    "NO9386011117947",
    "gb82WEST12345698765432",
    "MT84MALT011000012345MTLCAST001S",
  ]
  fc.assert(
    fc.property(pieces(ibans), (text) => {
      assert.deepEqual(
        findIban(text, 0, text.length, 0),
        expected(
          text,
          /^[a-z]{2}\d\d(?:[ -]?[a-z\d]){0,30}/i,
          (compact) => /^[a-z]{2}\d\d[a-z\d]+$/i.test(compact) && isIban(compact.toUpperCase()),
        ),
      )
    }),
    { numRuns: 2000 },
  )
})

test("a number cut off by the end of the text is no match, nor is one right after a letter", () => {
  assert.equal(findCard("4111 1111 1111 1111", 0, 19, "x".charCodeAt(0)), undefined)
  assert.deepEqual(findCard("4111 1111 1111 1111", 0, 19, " ".charCodeAt(0)), { start: 0, end: 19 })
  assert.equal(findCard("4111 1111 1111 111", 0, 18, 0), undefined)
})

test("a private key is found whole, whatever surrounds it", () => {
  const key =
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A\n\nMIIE\n-----END RSA PRIVATE KEY-----"
  assert.equal(masked(["secret"], `a ${key} b ${key}-----`), "a # b #-----")
  assert.equal(masked(["secret"], "-----BEGIN PRIVATE KEY-----\\nMIIE-----END PRIVATE KEY-----"), "#")
  assert.equal(masked(["secret"], "-----BEGIN PRIVATE KEY-----\nMIIE"), "#")
})

test("numbers are found one by one, whatever else is searched for in a long text", () => {
  const filler = "and so on, ".repeat(30_000)
  const text = `a@b.co ${"4111 1111 1111 1111, ".repeat(40)}${filler}`
  assert.equal(masked(["email", "card"], text), `# ${"#, ".repeat(40)}${filler}`)
})

/** What looks like the beginning of many matches, or of one that does not end. */
const units: Readonly<Record<DetectorName, ReadonlyArray<string>>> = {
  email: ["a@", "a@a.", "a@a.a", "a.b-c_d%e+", "@"],
  phone: ["+1 1 ", "01 23 45 ", "(01) 23 ", "001 1 1 ", "+49 30 1234 ", "1-"],
  card: ["1.", "1 ", "1-", "4111 ", "1", "4111111111111112 "],
  iban: ["DE11", "DE11 ", "DE1", "GB82 W", "DE11a-"],
  ssn: ["123-45-", "123-45-6789-", "000-45-6789 "],
  ip: ["1.", "1.1.1.1.", "a:", "::", "1.2.3.4:", "::1.2"],
  secret: [
    "sk-",
    "sk-a ",
    "aaaaaaaa.",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\n",
    "-----BEGIN A ",
    "-----END PRIVATE KEY-----",
    "eyJaaaaa.",
    "eyJaaaaa-",
    "xoxb-",
    "aws_secret_key=",
  ],
}

for (const name of detectorNames) {
  test(`${name}: a text that is full of beginnings takes time in proportion to its length`, () => {
    const matcher = compileMatcher([name])
    const rules = { matcher, found: () => {}, replaces: () => true, replacement: () => "#" }
    for (const unit of units[name]) {
      takesInProportion((length) => void editsOf(rules, unit.repeat(length / unit.length), 0), 25_000)
    }
  })
}

/** What is left of a text that comes in pieces, as in a stream. */
const leftOfPieces = (matcher: Matcher, text: string): string => {
  const scan = new Scan(matcher)
  let left = ""
  for (let at = 0; at <= text.length; at += 1_000) {
    const decided = scan.push(text.slice(at, at + 1_000), at + 1_000 > text.length)
    let from = 0
    for (const { start, end } of scan.spans) {
      if (start >= decided) continue
      left += scan.text.slice(from, Math.max(from, start))
      from = Math.max(from, end)
    }
    left += scan.text.slice(from, Math.max(from, decided))
    scan.drop(decided)
  }
  return left
}

test("a match that begins after an abandoned one is found in a stream too", () => {
  const matcher = compileMatcher(["secret", "email"])
  const filler = "and so on, and on. ".repeat(500)
  const text =
    `-----BEGIN PRIVATE KEY-----\nMII! ${filler} ann@example.com ${filler} bob@example.com ${filler}`
  const left = leftOfPieces(matcher, text)
  assert.ok(!left.includes("BEGIN") && !left.includes("example"), "something is left in the stream")
  assert.ok(left.includes("! and so on, and on."), "all of the stream is masked")
})

for (
  const [regex, unit] of [["x(?:[^]*y)?", "x"], ["x[^]*?y|x", "x"], ["\\bkey(?:.*end)?", "key "]] as const
) {
  test(`${regex}: what would be looked for to the end of the text, each time, costs no more than the text is long`, () => {
    const matcher = compileMatcher([{ regex: regex.replaceAll("[^]", "[\\s\\S]") }])
    const rules = { matcher, found: () => {}, replaces: () => true, replacement: () => "#" }
    assert.equal(
      edited(unit.repeat(5), editsOf(rules, unit.repeat(5), 0)),
      unit.replace(/\w+/, "#").repeat(5),
    )
    const text = unit.repeat(20_000)
    assert.equal(edited(text, editsOf(rules, text, 0)).replaceAll("#", "").trim(), "")
    assert.equal(leftOfPieces(matcher, text).trim(), "")
    // Without a bound the fewer of these take a minute.
    takesInProportion((count) => void editsOf(rules, unit.repeat(count), 0), 20_000)
    takesInProportion((count) => void leftOfPieces(matcher, unit.repeat(count)), 20_000)
  })
}
