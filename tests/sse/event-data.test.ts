import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { eventReader } from "../../lib/sse/event-data.ts"
import { takesInProportion } from "../support/in-proportion.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)

/** The data of a text's events, the text in pieces of the given sizes, over and over. */
const dataOf = (text: string, sizes: ReadonlyArray<number> = []) => {
  const bytes = bytesOf(text)
  const reader = eventReader()
  const all: Array<string> = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length
    all.push(...reader.push(bytes.subarray(at, at + size)))
    at += size
  }
  return all
}

const text =
  "\ufeffretry: 5\nid: 1\nevent: x\ndata: {é 🌍\ndata:b}\n\n: ping\n\ndata\n\ndata: 2\n\nevent: y\n\n"
const events = ["{é 🌍\nb}", "2"]

test("eventReader() reads the same events however they are split and whatever ends their lines", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: 9 })),
    fc.constantFrom("\n", "\r\n", "\r"),
    (sizes, newline) => assert.deepEqual(dataOf(text.replaceAll("\n", newline), sizes), events),
  ))
})

for (const rest of ["data: 3", "data: 3\n", "data: 3\r", "da"]) {
  test(`what a stream ends within is no event (${JSON.stringify(rest)})`, () => {
    assert.deepEqual(dataOf(text + rest), events)
  })
}

for (const open of ["data: " + "x".repeat(100), "data: x\n".repeat(20), "x".repeat(101)]) {
  test(`what is held of an event that is yet to end is known (${open.slice(0, 9)}…)`, () => {
    const reader = eventReader()
    assert.deepEqual(reader.push(bytesOf(`data: 1\n\n${open}`)), ["1"])
    assert.ok(reader.held() > 100)
    reader.push(bytesOf("\n\n"))
    assert.equal(reader.held(), 0)
  })
}

test("an unfinished event costs time in proportion to its length", () => {
  const chunk = bytesOf("x".repeat(64))
  takesInProportion((chunks) => {
    const reader = eventReader()
    for (let at = 0; at < chunks; at++) reader.push(chunk)
    reader.push(bytesOf("\n\n"))
  }, 50_000)
})
