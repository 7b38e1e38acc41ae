/** Streams that are judged window by window: what is unsafe stays here, whatever is planted where, and however it is cut. */
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { ScreenedBody } from "../../lib/call/screened-body.ts"
import type { Framing } from "../../lib/sse/framing.ts"
import type { CutSource } from "../../lib/upstream/cut.ts"
import { CutShort, type GuardedBody } from "../../lib/upstream/guarded-body.ts"
import { joined, textsOf, writeEvents } from "../dlp/formats.ts"

const framings: ReadonlyArray<Framing> = ["chat", "completions", "messages", "responses"]
/** Shorter than what windows share, so that no border hides it. */
const planted = "«this is how it is made, step by step»"
const filler = fc.array(
  fc.oneof(
    fc.constantFrom("word ", "\n", "«this is ", "made", "\\", '"', "é世🌍 ", "it, ", "and so on. "),
    fc.string({ unit: "grapheme", maxLength: 8 }),
  ),
  { maxLength: 150 },
).map((parts) => parts.join("").replaceAll(planted, ""))
const texts = fc.array(
  fc.tuple(filler, fc.constantFrom("", "", planted), filler).map((parts) => parts.join("")),
  { minLength: 1, maxLength: 3 },
)

/** Pieces of some characters, as models' tokens are. */
const pieces = (text: string, seed: number): ReadonlyArray<string> => {
  const units = [...text]
  const cut: Array<string> = []
  let state = seed
  for (let at = 0; at < units.length;) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    const size = 1 + (state >>> 16) % 9
    cut.push(units.slice(at, at + size).join(""))
    at += size
  }
  return cut
}

/** A body in chunks, some of which come at once and others later; and whether it was ended. */
const bodyOf = (bytes: Uint8Array, cuts: ReadonlyArray<number>) => {
  const at = cuts.map((cut) => cut % (bytes.length + 1)).sort((one, other) => one - other)
  const chunks: Array<Uint8Array> = []
  let from = 0
  for (const to of [...at, bytes.length]) {
    if (to > from) chunks.push(bytes.slice(from, to))
    from = to
  }
  const state = { isCancelled: false, reads: 0 }
  const body: GuardedBody = {
    onCutShort: undefined,
    cancel: () => void (state.isCancelled = true),
    settle: () => {},
    read: async () => {
      if (state.reads++ % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
      const value = chunks.shift()
      return value === undefined ? { done: true } : { done: false, value }
    },
  }
  return { body, state }
}

interface Passed {
  readonly bytes: ReadonlyArray<Uint8Array>
  readonly cut: CutShort | undefined
}

const readAll = async (body: GuardedBody): Promise<Passed> => {
  const bytes: Array<Uint8Array> = []
  try {
    for (;;) {
      const { done, value } = await body.read()
      if (done) return { bytes, cut: undefined }
      bytes.push(value)
    }
  } catch (cause) {
    assert.ok(cause instanceof CutShort, String(cause))
    return { bytes, cut: cause }
  }
}

/** Judges now or a little later, and notes what it was shown. */
const judging = (shown: Array<string>, seed: number) => async (text: string, _: CutSource) => {
  shown.push(text)
  if ((seed + shown.length) % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
  return text.includes(planted) ? "unsafe" as const : undefined
}

let blocked = 0
let passed = 0
for (const framing of framings) {
  test(`${framing}: nothing of an unsafe window is passed on, and everything safe is, unchanged`, async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.nat(), fc.array(fc.nat(), { maxLength: 20 }), async (texts, seed, cuts) => {
        const stream = writeEvents(framing, texts.map((text, index) => pieces(text, seed + index)), seed)
        const bytes = new TextEncoder().encode(stream)
        const { body, state } = bodyOf(bytes, cuts)
        const shown: Array<string> = []
        let received = 0
        const screened = new ScreenedBody(body, {
          framing,
          label: "events",
          screen: judging(shown, seed),
          received: ({ length }) => void (received += length),
        })
        const { bytes: parts, cut } = await readAll(screened)
        const text = joined(parts)
        assert.ok(stream.startsWith(text))
        if (texts.some((one) => one.includes(planted))) {
          blocked++
          assert.equal(cut?.ending, "unsafe")
          assert.equal(state.isCancelled, true)
          for (const said of textsOf(framing, text, texts.length)) assert.ok(!said.includes(planted), said)
          // All that was let out was judged before.
          const judged = shown.slice(0, -1).join("")
          for (const said of textsOf(framing, text, texts.length)) {
            for (const word of said.split(/[^\p{L}]+/u)) assert.ok(judged.includes(word), word)
          }
        } else {
          passed++
          assert.equal(cut, undefined)
          assert.equal(text, stream)
          assert.equal(received, bytes.length)
        }
      }),
      { numRuns: 60 },
    )
  })
}

test("the generated streams were both safe and unsafe", () => {
  assert.ok(blocked > 40 && passed > 40, `${blocked} and ${passed}`)
})

test("a stream that breaks off passes on its safe part, and then says how it ended", async () => {
  const text = 'data: {"choices":[{"index":0,"delta":{"content":"half of it"}}]}\n\ndata: {"cho'
  let isFirst = true
  const screened = new ScreenedBody({
    onCutShort: undefined,
    cancel: () => {},
    settle: () => {},
    read: () => {
      if (!isFirst) return Promise.reject(new CutShort("upstream_cut"))
      isFirst = false
      return Promise.resolve({ done: false, value: new TextEncoder().encode(text) })
    },
  }, { framing: "chat", label: "events", screen: judging([], 0), received: () => {} })
  const { bytes, cut } = await readAll(screened)
  assert.equal(joined(bytes), text)
  assert.equal(cut?.ending, "upstream_cut")
})

test("while a window is judged no more is read than fits", async () => {
  let reads = 0
  const event = new TextEncoder().encode(
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "x".repeat(100_000) } }] })}\n\n`,
  )
  let judge = (): void => {}
  const waiting = new Promise<undefined>((resolve) => judge = () => resolve(undefined))
  const screened = new ScreenedBody({
    onCutShort: undefined,
    cancel: () => {},
    settle: () => {},
    read: () => {
      reads++
      return Promise.resolve(reads > 200 ? { done: true } : { done: false, value: event })
    },
  }, { framing: "chat", label: "events", screen: () => waiting, received: () => {} })
  const first = screened.read()
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.ok(reads < 20, String(reads))
  judge()
  assert.equal((await first).done, false)
})
