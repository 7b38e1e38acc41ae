/**
 * Inputs that are nearly right: what is wholly random never gets past a parser's first byte.
 *
 * @module
 */
import { Buffer } from "node:buffer"
import type { Random } from "./random.ts"

/** What breaks parsers of any format: ends of ranges, halves of characters, signs that nest. */
const troublesome: ReadonlyArray<Uint8Array> = [
  ...[
    "",
    "\0",
    "\r",
    "\n",
    "\r\n",
    "\n\n",
    '"',
    "\\",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "%",
    "%2e",
    "..",
    "/",
    "?",
    "#",
  ],
  ...[
    "\ufeff",
    "\u2028",
    "é",
    "🌍",
    "-0",
    "1e999",
    "9007199254740993",
    "0.1e-400",
    "null",
    "__proto__",
    "\\ud800",
  ],
].map((text) => Buffer.from(text)).concat([
  Buffer.from([0x80]),
  Buffer.from([0xff]),
  Buffer.from([0xf0, 0x9f]),
])

const longest = 65_536

/**
 * Changes bytes at some places.
 *
 * @param words what the format is made of
 */
export const mutate = (bytes: Uint8Array, words: ReadonlyArray<string>, random: Random): Uint8Array => {
  let mutated: Uint8Array = bytes
  for (let change = random.below(4); change >= 0; change--) {
    const at = random.below(mutated.length + 1)
    const to = Math.min(mutated.length, at + random.below(random.pick([2, 8, 64])))
    const put = [
      () => Buffer.alloc(0),
      () => random.pick(troublesome),
      () => Buffer.from(words.length === 0 ? "" : random.pick(words)),
      () => Buffer.from([random.below(256)]),
      () => Buffer.concat(Array(1 + random.below(30)).fill(mutated.slice(at, to))),
      () => mutated.slice(random.below(mutated.length + 1)),
    ]
    const inserted = random.pick(put)()
    const from = random.below(2) === 0 ? to : at
    mutated = Buffer.concat([mutated.slice(0, at), inserted, mutated.slice(from)]).subarray(0, longest)
  }
  // A copy: a Buffer may be a part of memory that others use.
  return new Uint8Array(mutated)
}
