/** No byte of a match leaves a stream, and everything else does: for random texts, splits and formats. */
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { EventRewriter } from "../../lib/dlp/event-rewriter.ts"
import type { BodyRewriter } from "../../lib/dlp/body-rewriter.ts"
import { compileMatcher, type DetectorSpec } from "../../lib/dlp/matcher.ts"
import { edited, editsOf, type TextRules } from "../../lib/dlp/text-channel.ts"
import { TextRewriter } from "../../lib/dlp/text-rewriter.ts"
import type { Framing } from "../../lib/sse/framing.ts"
import { joined, textsOf, writeEvents } from "./formats.ts"

const detectors: ReadonlyArray<DetectorSpec> = [
  "email",
  "phone",
  "card",
  "iban",
  "ssn",
  "ip",
  "secret",
  { regex: "EMP-\\d{3,6}(?:-[a-z]+?)?\\b" },
  { regex: "(?i)projekt\\s+\\p{Lu}\\w*" },
  { literals: ["Falcon", "Falconry", "北京市", 'O"Brien'] },
]
// So few states that they are thrown away again and again.
const matcher = compileMatcher(detectors, 20_000)
const rules: TextRules = {
  matcher,
  found: () => {},
  replaces: () => true,
  replacement: (detector) => `<${detector}>`,
}

const planted: ReadonlyArray<string> = [
  "jane.doe+x@mail.example.co.uk",
  "ｊａｎｅ＠example.com",
  "jo\u200bhn@exa\u00admple.com",
  "+49 30 901820",
  "(555) 123-4567",
  "4111 1111 1111 1111",
  "４１１１-1111-1111-1111",
  "DE89 3704 0044 0532 0130 00",
  "123-45-6789",
  "192.168.0.1",
  "2001:db8::ff00:42:8329",
  "sk-proj-abc123def456ghi789",
  "ghp_0123456789abcdefghijABCDEFGHIJ012345",
  "-----BEGIN PRIVATE KEY-----\nMIIBVgIBADANBg\n-----END PRIVATE KEY-----",
  "EMP-12345-abc",
  "Projekt Xenon",
  "Falconry",
  "北京市",
  'O"Brien',
]
const filler = fc.oneof(
  fc.constantFrom(
    " ",
    "\n",
    ", ",
    ". ",
    "the ",
    "EMP-",
    "Falc",
    "4111 ",
    "2024 ",
    "é世🌍",
    "\\",
    '"',
    "{",
    "\t",
    "@",
    "+",
    "0",
  ),
  fc.string({ unit: "grapheme", maxLength: 6 }),
)
const words = fc.array(
  fc.oneof({ weight: 3, arbitrary: filler }, { weight: 2, arbitrary: fc.constantFrom(...planted) }),
  {
    maxLength: 12,
  },
).map((parts) => parts.join(" "))

/** The text as a check of the whole leaves it. */
const masked = (text: string): string => {
  const written = JSON.stringify(text).slice(1, -1)
  return JSON.parse(`"${edited(written, editsOf(rules, written, 1))}"`)
}

const pass = (guard: BodyRewriter, bytes: Uint8Array, cuts: ReadonlyArray<number>): string => {
  const at = [...cuts].map((cut) => cut % (bytes.length + 1)).sort((one, other) => one - other)
  const parts: Array<Uint8Array> = []
  let from = 0
  for (const to of [...at, bytes.length]) {
    parts.push(guard.push(bytes.subarray(from, to)))
    from = to
  }
  parts.push(guard.finish())
  return joined(parts)
}

/** Cuts a text between any two of its UTF-16 code units, as models' tokens do not, but providers may. */
const pieces = (text: string, seed: number): ReadonlyArray<string> => {
  const units = [...text]
  const cut: Array<string> = []
  let state = seed
  for (let at = 0; at < units.length;) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    const size = 1 + (state >>> 16) % 7
    cut.push(units.slice(at, at + size).join(""))
    at += size
  }
  return cut
}

const eventsOf = (stream: string): ReadonlyArray<string> => stream.split("\n\n").sort()

let matches = 0
const framings: ReadonlyArray<Framing | "own"> = ["chat", "completions", "messages", "responses", "own"]
for (const framing of framings) {
  test(`${framing}: the pieces of each text are masked as the whole would be`, () => {
    fc.assert(
      fc.property(
        fc.array(words, { minLength: 1, maxLength: 3 }),
        fc.nat(),
        fc.array(fc.nat(), { maxLength: 12 }),
        (texts, seed, cuts) => {
          const channels = texts.map((text, index) => pieces(text, seed + index))
          const bytes = new TextEncoder().encode(writeEvents(framing, channels, seed))
          const guard = new EventRewriter(rules, framing === "own" ? undefined : framing, false)
          const passed = pass(guard, bytes, cuts)
          const said = textsOf(framing, passed, texts.length)
          const expected = texts.map(masked)
          assert.deepEqual(said, expected)
          if (expected.every((text, index) => text === texts[index])) {
            // A text that stays open may be passed by the others.
            assert.deepEqual(eventsOf(passed), eventsOf(new TextDecoder().decode(bytes)))
          } else matches++
        },
      ),
      { numRuns: 150 },
    )
  })
}

test("a text of its own is masked as the whole would be", () => {
  fc.assert(
    fc.property(words, fc.array(fc.nat(), { maxLength: 30 }), (text, cuts) => {
      const passed = pass(new TextRewriter(rules), new TextEncoder().encode(text), cuts)
      assert.equal(passed, edited(text, editsOf(rules, text, 0)))
    }),
    { numRuns: 300 },
  )
})

test("the generated texts contained matches", () => {
  assert.ok(matches > 200, String(matches))
})

test("a planted match on its own is found whole", () => {
  for (const text of planted) assert.match(masked(text), /^<\d>$/, text)
})
