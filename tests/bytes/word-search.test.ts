import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { WordSearch } from "../../lib/bytes/word-search.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)

/** All words that a search finds, each with the index behind it. */
const foundIn = (search: WordSearch, bytes: Uint8Array, from = 0, to = bytes.length) => {
  const found: Array<readonly [word: number, end: number]> = []
  for (let at = from; (at = search.next(bytes, at, to)) !== -1;) found.push([search.word, at])
  return found
}

test("WordSearch finds the words that a search at each place finds", () => {
  const letters = fc.constantFrom(..."ababé")
  const word = fc.string({ unit: fc.constantFrom(..."ab"), minLength: 2, maxLength: 5 })
  const text = fc.string({ unit: letters, minLength: 20, maxLength: 60, size: "max" })
  let seen = 0
  fc.assert(
    fc.property(
      fc.uniqueArray(word, { minLength: 1, maxLength: 4 }),
      text,
      fc.nat(20),
      fc.integer({ min: 20, max: 90 }),
      (words, text, from, last) => {
        const bytes = bytesOf(text)
        const to = Math.min(last, bytes.length)
        const expected: Array<readonly [number, number]> = []
        for (let at = from; at < to; at++) {
          const index = words.findIndex((word) =>
            at + word.length <= to && bytesOf(word).every((byte, offset) => bytes[at + offset] === byte)
          )
          const found = words[index]
          if (found === undefined) continue
          at += found.length - 1
          expected.push([index, at + 1])
        }
        seen += expected.length
        assert.deepEqual(foundIn(new WordSearch(words), bytes, from, to), expected)
      },
    ),
    { numRuns: 2000 },
  )
  assert.ok(seen > 1000, `${seen}`)
})
