/** Operators' regular expressions: refused by name, or the same matches wherever the text is cut, in linear time. */
import assert from "node:assert/strict"
import { RegexProblem } from "../../../lib/dlp/regex/syntax.ts"
import { compileMatcher } from "../../../lib/dlp/matcher.ts"
import { Scan, type Span } from "../../../lib/dlp/scan.ts"
import { chunksOf } from "../random.ts"
import type { Target } from "../target.ts"

const spansOf = (pattern: string, pieces: ReadonlyArray<string>): ReadonlyArray<Span> => {
  const scan = new Scan(compileMatcher([{ regex: pattern }]))
  for (const piece of pieces) scan.push(piece, false)
  scan.push("", true)
  return scan.spans
}

/** A pattern, a line end, and the text to be searched. */
export const patterns: Target = {
  name: "patterns",
  corpus: [
    "(a+)+$\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
    "\\b[A-Z]{2}\\d{4,6}\\b\nthe code AB12345 and CD99",
    "(?:foo|fo|f)o{0,3}x?\nfoooxfofx",
    "[^\\s@]+@[\\w.-]+\\.(com|org)\nann@a.example.org, bob@b.com",
    "^x|y$|\\u00e9.\nx éa y",
  ],
  words: [
    "(?:",
    "(",
    ")",
    "|",
    "*",
    "+?",
    "{2,5}",
    "{1000}",
    "[^",
    "]",
    "\\d",
    "\\b",
    ".",
    "^",
    "$",
    "(?i)",
    "\\p{L}",
  ],
  check: (input, random) => {
    const [pattern = "", ...rest] = new TextDecoder().decode(input).split("\n")
    const text = rest.join("\n").slice(0, 4096)
    let whole: ReadonlyArray<Span>
    try {
      whole = spansOf(pattern, [text])
    } catch (error) {
      assert.ok(error instanceof RegexProblem, String(error))
      return
    }
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
    const pieces = chunksOf(new TextEncoder().encode(text), random).map((chunk) =>
      decoder.decode(chunk, { stream: true })
    )
    if (!text.includes("\ufffd")) assert.deepEqual(spansOf(pattern, [...pieces, decoder.decode()]), whole)
    for (const { start, end } of whole) assert.ok(start <= end && end <= text.length)
  },
}
