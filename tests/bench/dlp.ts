/** How fast texts are scanned: `bun tests/bench/dlp.ts`, or `node --import tsx tests/bench/dlp.ts`. */
import { compileMatcher, type DetectorSpec } from "../../lib/dlp/matcher.ts"
import { editsOf } from "../../lib/dlp/text-channel.ts"
import { EventRewriter } from "../../lib/dlp/event-rewriter.ts"
let state = 7
const random = (): number => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) / 2 ** 32
const word = (): string =>
  Array.from(
    { length: 3 + Math.floor(random() * 8) },
    () => String.fromCharCode(97 + Math.floor(random() * 26)),
  ).join("")
const literals = Array.from({ length: 10_000 }, () => `${word()} ${word()}`)
const regexes = Array.from(
  { length: 50 },
  () => ({ regex: `${word().toUpperCase().slice(0, 3)}-\\d{4,8}(?:-[a-z]{2})?` }),
)
const all = ["email", "phone", "card", "iban", "ssn", "ip", "secret"] as const
const text =
  "The quick brown fox jumps over the lazy dog, and 12 others in 2024. It was, they say, a fine day for foxes.\n"
    .repeat(20_000)
const run = (name: string, specs: ReadonlyArray<DetectorSpec>): void => {
  const matcher = compileMatcher(specs)
  const rules = { matcher, found: () => {}, replaces: () => true, replacement: () => "#" }
  let best = 0
  for (let r = 0; r < 6; r++) {
    const t = performance.now()
    editsOf(rules, text, 0)
    best = Math.max(best, text.length / 1e3 / (performance.now() - t))
  }
  console.log(name.padEnd(44), best.toFixed(0), "MB/s")
}
run("7 detectors", [...all])
run("10,000 literals", [{ literals }])
run("50 regexes", regexes)
run("10,000 literals + 50 regexes", [{ literals }, ...regexes])
run("all of them", [...all, { literals }, ...regexes])
const matcher = compileMatcher([...all])
const rules = { matcher, found: () => {}, replaces: () => true, replacement: () => "#" }
const enc = new TextEncoder()
const events = Array.from(
  { length: 4000 },
  () =>
    enc.encode(
      `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":" ${word()}"},"finish_reason":null}]}\n\n`,
    ),
)
let best = Infinity
for (let r = 0; r < 6; r++) {
  const g = new EventRewriter(rules, "chat", true)
  const t = performance.now()
  for (const e of events) g.push(e)
  best = Math.min(best, (performance.now() - t) / events.length * 1000)
}
console.log("an event of a chat:", best.toFixed(1), "µs")
